import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { CLONE, WORKTREES } from "./driver/a-driver.ts";
import { BACKEND_JOB, backendJob } from "./driver/backend-job.ts";
import { bootDrivenHost } from "./driver/boot-driven-host.ts";

const UNIT = "ouroboros-worker.service";
const ANSWERS = "/var/log/oroboros/answers";
// The unit as it is, but for its program and where that one's requests come from.
const DROP_IN = `[Service]
ExecStart=
ExecStart=/srv/oroboros/current/bin/node --conditions=oroboros-source ${CLONE}/tests/systemd/programs/drive.ts
Type=exec
WatchdogSec=0
Restart=no
StandardInput=file:/srv/requests
StandardOutput=append:${ANSWERS}
`;
const KEY = "a".repeat(64);
const step = { kind: "build", argv: ["sh", "-c", "echo out; exit 3"], cwd: WORKTREES, env: {}, timeout_ms: 60_000 };
const REQUESTS = [
  ["step", { request: step, epoch: 1 }],
  ["backend", { command: "start", epoch: 1, healthTimeoutMs: 60_000 }],
  ["purge", { slot: "preview-2", epoch: 1 }],
  ["fill", { key: KEY, lockfiles: [{ oid: "1".repeat(40), text: "lockfileVersion: '9.0'\n" }] }],
  ["running", {}],
] as const;

test("everything that the driver does, it does within the worker's own unit", async () => {
  const pnpm = '#!/bin/sh\nfor store; do :; done\n[ "$1" = --version ] && echo 9.9.9 || mkdir -p "$store"\n';
  await using host = await bootDrivenHost({ pnpm });
  const { box } = host;
  const lines = REQUESTS.map(([op, args], index) => `${JSON.stringify({ id: index + 1, op, args })}\n`);
  await box.write("/srv/requests", lines.join(""));
  await box.write(`/etc/systemd/system/${UNIT}.d/driver.conf`, DROP_IN);
  await box.write(BACKEND_JOB, backendJob(), 0o640, "oroboros-worker:oroboros-preview-1");
  await box.systemctl("daemon-reload");
  await box.systemctl("start", UNIT);
  const ends = await eventually(
    async () => {
      const said = (await box.must(["cat", ANSWERS])).split("\n").filter((line) => line !== "");
      const answers = said.map(
        (line) => JSON.parse(line) as { id?: number; result?: object; error?: object; chunk?: string },
      );
      const done = answers.filter(({ id, chunk }) => id !== undefined && chunk === undefined);
      return done.length === REQUESTS.length ? done.toSorted((a, b) => Number(a.id) - Number(b.id)) : undefined;
    },
    { deadlineMs: 120_000 },
  );
  expect(ends).toMatchObject([
    { id: 1, result: { exitCode: 3, timedOut: false } },
    { id: 2, result: { ok: true, state: "running" } },
    { id: 3, result: null },
    { id: 4, result: { already: false } },
    { id: 5, result: expect.any(Number) },
  ]);
});
