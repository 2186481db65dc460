import type { ClusterFinding } from "./cluster-finding.ts";
import { judgeAccess } from "./judge-access.ts";
import { judgeFunctions } from "./judge-functions.ts";
import { judgeRoles } from "./judge-roles.ts";
import { judgeSettings, type ServerOrigin } from "./judge-settings.ts";
import type { ClusterFacts } from "./observe-cluster.ts";

/** Everything in the cluster that lets somebody do more than he should; connects to nothing. */
export const judgeCluster = (facts: ClusterFacts, origin?: ServerOrigin): ClusterFinding[] => [
  ...judgeRoles(facts),
  ...judgeAccess(facts),
  ...judgeFunctions(facts),
  ...judgeSettings({ settings: facts.settings, slotCount: facts.slots.length, origin }),
];
