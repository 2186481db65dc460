import { expect, test } from "vitest";
import { otherPortError } from "./refuse-other-port.ts";

const row = (cluster: string, port: number): string => `${cluster} ${port} online postgres /var/lib /var/log`;

test("the cluster on its usual port is right, with others beside it", () => {
  expect(otherPortError(`${row("13  main   ", 5433)}\n${row("15  main   ", 5432)}\n`)).toBeUndefined();
});

test("one that listens on another port is told with what puts it right, and with who has its port", () => {
  expect(otherPortError(row("15 main", 5433))).toMatchObject({
    code: "port_taken",
    message: "PostgreSQL's cluster 15 main listens on port 5433, and not on 5432.",
    hint: "Put it right with: pg_conftool 15 main set port 5432 && pg_ctlcluster 15 main restart",
  });
  const both = otherPortError(`${row("13 main", 5432)}\n${row("15 main", 5433)}`);
  expect(both?.message).toContain("which cluster 13 main has");
  expect(both?.hint).toContain("pg_conftool 13 main set port 5499");
});
