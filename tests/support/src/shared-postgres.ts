import type { TestProject } from "vitest/node";
import { startPostgres, type TestPostgres } from "./start-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    sharedPostgres: { host: string; port: number; superuserUrl: string };
  }
}

interface Shared {
  server: Promise<TestPostgres>;
  users: number;
}

// Each project loads its own copy of this module, in one process: only globalThis is common to them.
const slot = globalThis as typeof globalThis & { oroborosTestPostgres?: Shared };

/** vitest's global setup: the first project that needs PostgreSQL starts it, the last one stops it. */
export default async function sharePostgres(project: TestProject): Promise<() => Promise<void>> {
  const shared = (slot.oroborosTestPostgres ??= { server: startPostgres(), users: 0 });
  shared.users += 1;
  const { host, port, superuserUrl } = await shared.server;
  project.provide("sharedPostgres", { host, port, superuserUrl: superuserUrl() });
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete slot.oroborosTestPostgres;
    await (await shared.server).stop();
  };
}
