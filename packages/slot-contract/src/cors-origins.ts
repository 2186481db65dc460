import { appHost, previewHost } from "./host-names.ts";
import { frontendPort, webMainPort } from "./ports.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import { slotIds } from "./slot-id.ts";

/**
 * The origins whose pages may call a backend directly: app and previews by their hosts, the same surfaces by their local ports
 * (a browser's origin is the name that was typed, so both of loopback's), and the contract's own. Being listed grants no identity.
 */
export function corsAllowedOrigins(contract: RuntimeContract): string[] {
  const slots = slotIds(contract);
  const ports = [webMainPort(contract), ...slots.map((slot) => frontendPort(contract, slot))];
  const origins = [
    `https://${appHost(contract)}`,
    ...slots.map((slot) => `https://${previewHost(contract, slot)}`),
    ...ports.flatMap((port) => [`http://127.0.0.1:${port}`, `http://localhost:${port}`]),
    ...contract.corsAllowedOrigins,
  ];
  return [...new Set(origins)];
}
