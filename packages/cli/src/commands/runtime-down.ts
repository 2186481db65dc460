import { downEmbedded } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { embeddedContract } from "../embedded.ts";

export const runtimeDown: RunCommand = async (context) => {
  const { input } = context;
  const contract = embeddedContract(context);
  const down = await downEmbedded({ contract, remove: input.flag("remove") });
  const stopped = down.stopped ? "Stopped." : "Nothing was running.";
  return {
    ok: true,
    fields: { root: contract.root, ...down },
    text: `${stopped}${down.removed ? ` ${contract.root} is removed.` : ""}`,
  };
};
