import { runMain } from "@oroboros/service-kit";
import { readWorkerEnvironment } from "./env.ts";
import { startWorker } from "./worker.ts";

await runMain({
  service: "worker",
  main: async ({ environment, ...main }) => {
    await startWorker(readWorkerEnvironment(environment), main);
  },
});
