import { backend } from "./backend.ts";
import { unknownCommand } from "./env.ts";
import { packages } from "./packages.ts";
import { purge } from "./purge.ts";
import { sayError } from "./say.ts";
import { step } from "./step.ts";

/** sysexits(3), EX_CONFIG: what was to be done can not be. */
const NOT_DONE = 78;

async function run([command = "", ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case "step":
      return step(args[0]);
    case "backend":
      return backend();
    case "purge":
      return purge();
    case "packages":
      return packages();
    default:
      throw unknownCommand([command, ...args]);
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  sayError(error);
  process.exitCode = NOT_DONE;
}
// Whatever a step has left open is not waited for: systemd ends it with the unit.
process.exit();
