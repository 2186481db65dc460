import { drain, runMain } from "@oroboros/service-kit";
import { readSurfaceSettings } from "./env.ts";
import { createSurfaceServer } from "./surface-server.ts";

await runMain({
  service: "web-surface",
  main: async ({ environment, log, signal, listen, notifier }) => {
    const settings = readSurfaceSettings(environment, process.argv.slice(2));
    const server = createSurfaceServer(settings, log);
    await listen(server, settings.port);
    notifier.ready(`answers on 127.0.0.1:${settings.port}`, () => server.listening || signal.aborted);
    log.info({ slot_id: settings.slot, port: settings.port, upstream_port: settings.upstreamPort }, "listening");
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
      if (signal.aborted) resolve(undefined);
    });
    await drain(server, { lingerMs: 2_000, deadlineMs: 10_000 });
  },
});
