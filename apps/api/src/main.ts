import { drain, runMain } from "@oroboros/service-kit";
import { readMode, USAGE } from "./env.ts";
import { openServer } from "./open-server.ts";

await runMain({
  service: "api",
  main: async ({ environment, log, signal, listen, notifier }) => {
    const mode = readMode(process.argv.slice(2));
    if (mode === "help") {
      process.stdout.write(USAGE);
      return;
    }
    const { server, port, lingerMs, close } = await openServer(mode, environment, { log, closing: signal });
    await listen(server, port);
    notifier.ready(`answers on 127.0.0.1:${port}`, () => server.listening || signal.aborted);
    log.info({ port, mode }, "the api listens");
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
      if (signal.aborted) resolve(undefined);
    });
    await drain(server, { lingerMs, deadlineMs: 10_000 });
    await close();
  },
});
