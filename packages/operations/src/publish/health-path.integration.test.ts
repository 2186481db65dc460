import { requestAttempt } from "@oroboros/control-store";
import { frontendPort, loopbackUrl } from "@oroboros/slot-contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkSlots } from "../slots/check-slots.ts";
import { aRunningWorld } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { publishRun } from "./publish-run.ts";

const BRANCH = "feature/health";
const READY = "/ready";
let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** An application of its own kind: it knows no `/health` and nothing of the runtime. */
const app = (word: string, start = ""): Record<string, string> =>
  changedApp(word, ({ manifest, files }) => {
    Object.assign(manifest.backend, { health: READY, readyTimeoutSeconds: 60 });
    Object.assign(manifest, { smoke: { slotApi: false, routes: [] } });
    files["server/server.mjs"] = `import { createServer } from "node:http";
      ${start}
      const answers = { "${READY}": "ready", "/api/word": "${word}" };
      createServer(({ url }, response) => response.writeHead(url in answers ? 200 : 404).end(answers[url]))
        .listen(Number(process.env.SLOT_BACKEND_PORT), "127.0.0.1");`;
  });

const publish = async (runId: Parameters<typeof publishRun>[1]): Promise<string> =>
  (await publishRun(world.context, runId, new AbortController().signal)).outcome;
async function word(): Promise<string> {
  const response = await fetch(`${loopbackUrl(frontendPort(world.contract, world.slot))}/api/word`);
  return `${response.status} ${await response.text()}`;
}

test("a backend with a health path of its own comes back when a republish fails, and is checked there", async () => {
  const { context, slot } = world;
  await world.push(BRANCH, app("first"));
  const runId = await world.queueRun({ branch: BRANCH });
  expect(await publish(runId)).toBe("published");

  await world.push(BRANCH, app("second", "process.exit(3);"));
  await requestAttempt(context.store, { runId, commitSha: null });
  expect(await publish(runId)).toBe("failed");
  expect(await word()).toBe("200 first");

  const checked = (await checkSlots(context)).slots.find(({ slot_id }) => slot_id === slot);
  expect(checked?.checks).toMatchObject(["surface", "backend", "api"].map((name) => ({ name, healthy: true })));
});
