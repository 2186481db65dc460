import { openControlStore } from "@oroboros/control-store";
import { openRunQueue } from "@oroboros/run-queue";
import { readinessSchema } from "@oroboros/slot-contract";
import { eventually, freePort } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { useApi, type Answer, type Call } from "../testing/use-api.ts";

const api = useApi();
const onError = (): void => undefined;

/** What the api says of itself in the end: a part that has no answer within a second, on a busy machine, is not there either. */
const comesToSay = (said: object, asked?: Call["api"]): Promise<Answer> =>
  eventually(
    async () => {
      const answer = await api.call("/health/ready", { as: null, ...(asked && { api: asked }) });
      expect(answer).toMatchObject(said);
      return answer;
    },
    { deadlineMs: 60_000 },
  );

test("health is for everybody and asks nobody else", async () => {
  for (const path of ["/health", "/api/health"]) {
    expect(await api.call(path, { as: null })).toMatchObject({ status: 200, body: { status: "ok", service: "api" } });
  }
});

test("the api is ready when PostgreSQL and the queue answer and the disk has room", async () => {
  const ready = await comesToSay({
    status: 200,
    body: { status: "ok", postgres: true, dispatcher: true, disk: true },
  });
  expect(readinessSchema.strict().parse(ready.body)).toEqual(ready.body);
});

test("the api is not ready without PostgreSQL, and says so", async () => {
  const control = openControlStore({ databaseUrl: `postgresql://nobody@127.0.0.1:${await freePort()}/none`, onError });
  onTestFinished(() => control.close());
  const body = { status: "unavailable", postgres: false, dispatcher: true, disk: true };
  await comesToSay({ status: 503, body }, api.with({ store: control.db }));
});

test("the api is not ready without its queue, and says so", async () => {
  const queue = openRunQueue({ kind: "redis", url: `redis://127.0.0.1:${await freePort()}` }, { onError });
  onTestFinished(() => queue.close());
  const body = { status: "unavailable", postgres: true, dispatcher: false, disk: true };
  await comesToSay({ status: 503, body }, api.with({ queue }));
});

const MB = 1_048_576;
test.each<[room: string, freeBytes: number, totalBytes: number, isReady: boolean]>([
  ["512 MB on a large disk", 512 * MB, 100_000 * MB, true],
  ["less than that and than a fiftieth", 511 * MB, 100_000 * MB, false],
  ["a fiftieth of a small disk", 20 * MB, 1_000 * MB, true],
  ["less than a fiftieth of a small disk", 19 * MB, 1_000 * MB, false],
  ["nothing", 0, 1_000 * MB, false],
])("with %s left the api is ready or says that the disk is full", async (_room, freeBytes, totalBytes, isReady) => {
  const diskRoom = () => Promise.resolve({ freeBytes, totalBytes });
  const body = { status: isReady ? "ok" : "unavailable", postgres: true, dispatcher: true, disk: isReady };
  await comesToSay({ status: isReady ? 200 : 503, body }, api.with({ diskRoom }));
});

test("a disk that can not be asked is not there", async () => {
  const contract = { ...api.contract, root: `${api.contract.root}/gone` };
  const answer = await api.call("/health/ready", { as: null, api: api.with({ contract }) });
  expect(answer).toMatchObject({ status: 503, body: { disk: false } });
});
