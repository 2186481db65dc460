import { appHost, caddyPort, defineContract, webMainPort } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { withCaddy } from "./caddy.ts";
import { ask, echo, listenOn } from "./upstream.ts";

const CLIENTS = 8;

// A program of its own, because it wants a network of its own: prints how often which status came while Caddy reloaded.
const reloads = Number(process.argv[2]);
const contract = defineContract({ slotCount: 1 });
const to = { port: caddyPort(contract), host: appHost(contract) };
await using _app = await listenOn(webMainPort(contract), echo("app"));
await withCaddy({ slotCount: 1 }, async ({ reloading }) => {
  const statuses: Record<string, number> = {};
  let answered = 0;
  let asking = true;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (asking) {
      const status = await ask(to).then((answer) => answer.status, String);
      statuses[status] = (statuses[status] ?? 0) + 1;
      answered += 1;
    }
  });
  for (let round = 0; round < reloads; round += 1) {
    const before = answered;
    await reloading();
    // On a busy machine, too, every reload meets every client.
    await eventually(() => answered > before + CLIENTS, { deadlineMs: 60_000 });
  }
  asking = false;
  await Promise.all(clients);
  process.stdout.write(JSON.stringify(statuses));
});
