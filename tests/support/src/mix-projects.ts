import { BaseSequencer, type TestSpecification } from "vitest/node";

// Those of one kind wait for the same things; files of different kinds side by side leave neither cores nor time unused.
const KINDS = ["systemd", "control", "e2e"];

/** Lets test files of all kinds run side by side, long ones first, and those of one package after each other. */
export class MixProjects extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // By how long they took the last time, or else by size.
    const sorted = await super.sort(files);
    const queues = Object.values(Object.groupBy(sorted, kindOf)).flatMap((queue) => (queue ? [byProject(queue)] : []));
    const longest = Math.max(0, ...queues.map(({ length }) => length));
    return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
  }
}

const kindOf = ({ project }: TestSpecification): string => (KINDS.includes(project.name) ? project.name : "package");

/** A worker that has a package's modules goes on with that package. */
const byProject = (files: TestSpecification[]): TestSpecification[] =>
  Object.values(Object.groupBy(files, ({ project }) => project.name)).flatMap((ofProject) => ofProject ?? []);
