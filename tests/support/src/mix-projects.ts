import { BaseSequencer, type TestSpecification } from "vitest/node";

// Those of one kind wait for the same things; files of different kinds side by side leave neither cores nor time unused.
const KINDS = ["systemd", "control", "e2e"];

/** Lets test files of all kinds run side by side, long ones first: the last file is then a short one. */
export class MixProjects extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // By how long they took the last time, or else by size.
    const sorted = await super.sort(files);
    const queues = Object.values(Object.groupBy(sorted, kindOf)).filter((queue) => queue !== undefined);
    const longest = Math.max(0, ...queues.map(({ length }) => length));
    return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
  }
}

function kindOf({ project, moduleId }: TestSpecification): string {
  if (KINDS.includes(project.name)) return project.name;
  return moduleId.endsWith(".integration.test.ts") ? "integration" : "unit";
}
