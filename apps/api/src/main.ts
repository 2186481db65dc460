import { drain, listenLoopback, runMain } from "@oroboros/service-kit";
import { apiPort } from "@oroboros/slot-contract";
import { readApiEnvironment } from "./env.ts";
import { startApi } from "./start-api.ts";

await runMain({
  service: "api",
  main: async ({ environment, log, signal }) => {
    const { server, contract, close } = startApi(readApiEnvironment(environment), log);
    await listenLoopback(server, apiPort(contract));
    log.info({ port: apiPort(contract) }, "the api listens");
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
      if (signal.aborted) resolve(undefined);
    });
    await drain(server, { lingerMs: 500, deadlineMs: 10_000 });
    await close();
  },
});
