import type { RuntimeContract } from "@oroboros/slot-contract";
import { caddyfilePath, GENERATED_LINE, type GeneratedFile } from "@oroboros/slot-contract/host";
import { options } from "./options.ts";
import { serializeCaddyfile } from "./serialize.ts";
import { apiSites } from "./sites/api.ts";
import { appSites } from "./sites/app.ts";
import { previewSites } from "./sites/previews.ts";
import { unknownHost } from "./sites/unknown-host.ts";
import { workerSites } from "./sites/worker.ts";

/** The reverse proxy's configuration. */
export function renderCaddy(contract: RuntimeContract): GeneratedFile[] {
  const sites = [appSites, apiSites, workerSites, previewSites, unknownHost].flatMap((kind) => kind(contract));
  return [
    {
      path: "caddy/Caddyfile",
      text: `# ${GENERATED_LINE}\n${serializeCaddyfile({ options: options(contract), sites })}`,
      kind: "file",
      installed: { path: caddyfilePath(contract), mode: 0o644 },
    },
  ];
}
