import type { RuntimeContract } from "@oroboros/slot-contract";
import type { NamedUnit } from "./unit-file.ts";
import { apiUnits } from "./units/api.ts";
import { caddyUnits } from "./units/caddy.ts";
import { commitUnits } from "./units/commits.ts";
import { maintenanceUnits } from "./units/maintenance.ts";
import { nftablesUnits } from "./units/nftables.ts";
import { packagesUnits } from "./units/packages.ts";
import { postgresDropIns } from "./units/postgres.ts";
import { backendTemplate } from "./units/preview-backend.ts";
import { slotDropIns } from "./units/slot-drop-ins.ts";
import { stepTemplates } from "./units/steps.ts";
import { targetUnits } from "./units/target.ts";
import { webUnits } from "./units/web.ts";
import { workerUnits } from "./units/worker.ts";

/** Every unit and drop-in of a host, as data. */
export const hostUnits = (contract: RuntimeContract): NamedUnit[] => [
  ...targetUnits(contract),
  ...apiUnits(contract),
  ...workerUnits(contract),
  ...webUnits(contract),
  ...caddyUnits(contract),
  ...nftablesUnits(contract),
  ...backendTemplate(contract),
  ...stepTemplates(contract),
  ...packagesUnits(contract),
  ...commitUnits(contract),
  ...maintenanceUnits(contract),
  ...slotDropIns(contract),
  ...postgresDropIns(),
];
