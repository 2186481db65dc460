import * as z from "zod";
import { slotSurfaces, surfaceLink } from "../paths.ts";
import { slotNumberOfFrontendPort, webMainPort } from "../ports.ts";
import type { RuntimeContract } from "../runtime-contract.ts";
import { slotIds, type SlotId } from "../slot-id.ts";
import { webRoot } from "../static-roots.ts";
import { claimedContract, installationVariables, type InstallationEnvironment } from "./installation.ts";
import { always, pathVariable, portVariable } from "./variables.ts";

export const webSurfaceVariables = {
  ...installationVariables,
  WEB_ROOT: pathVariable,
  WEB_PORT: portVariable,
  WEB_API_PROXY_TARGET: z.string().regex(/^http:\/\/127\.0\.0\.1:[1-9][0-9]{0,4}$/, "must be http://127.0.0.1:<port>"),
};

/** `web-preview<n>.env` and `web-main.env`. */
export const webSurfaceEnvironmentSchema = z
  .object(webSurfaceVariables)
  .superRefine(refuseOtherSlotsRoot, { when: always });
export type WebSurfaceEnvironment = z.output<typeof webSurfaceEnvironmentSchema>;

function refuseOtherSlotsRoot(
  env: Partial<InstallationEnvironment> & { WEB_ROOT?: string; WEB_PORT?: number },
  context: z.RefinementCtx,
): void {
  const contract = claimedContract(env);
  if (contract === undefined || typeof env.WEB_ROOT !== "string" || typeof env.WEB_PORT !== "number") return;
  // 0: what production serves is no branch's either.
  const own = env.WEB_PORT === webMainPort(contract) ? 0 : slotNumberOfFrontendPort(contract, env.WEB_PORT);
  const owner = slotIds(contract).find((slot) => isRootOf(contract, slot, env.WEB_ROOT));
  if (own === undefined || owner === undefined || owner === slotIds(contract)[own - 1]) return;
  context.addIssue({
    code: "custom",
    path: ["WEB_ROOT"],
    message: `must not be a root of ${owner} on the port of another surface`,
  });
}

function isRootOf(contract: RuntimeContract, slot: SlotId, path = ""): boolean {
  const roots = [webRoot(contract, slot), surfaceLink(contract, slot), slotSurfaces(contract, slot)];
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}
