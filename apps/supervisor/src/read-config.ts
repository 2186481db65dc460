import { readConfined } from "@oroboros/host";
import { etcPath, OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { type SupervisorConfig, supervisorConfigSchema } from "@oroboros/slot-contract/environments";

const MAX_BYTES = 1_048_576;

/** @throws OperatorError `not_installed` where `supervisor.json` is missing, is another user's, or is not what it should be. */
export async function readConfig(contract: RuntimeContract): Promise<SupervisorConfig> {
  const path = `${etcPath(contract)}/supervisor.json`;
  try {
    const text = await readConfined(path, { maxBytes: MAX_BYTES, ownerUids: [process.geteuid?.() ?? -1] });
    return supervisorConfigSchema.parse(JSON.parse(text.toString("utf8")));
  } catch (cause) {
    throw new OperatorError(
      "not_installed",
      `${path} can not be used: ${cause instanceof Error ? cause.message : "unreadable"}`,
      {
        hint: "Install with: oroboros runtime up",
        cause,
      },
    );
  }
}
