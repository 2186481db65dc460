import { openControlStore } from "@oroboros/control-store";
import { openRunQueue } from "@oroboros/run-queue";
import { freePort } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { useApi } from "../testing/use-api.ts";

const api = useApi();
const onError = (): void => undefined;

test("health is for everybody and asks nobody else", async () => {
  for (const path of ["/health", "/api/health"]) {
    expect(await api.call(path, { as: null })).toMatchObject({ status: 200, body: { status: "ok", service: "api" } });
  }
});

test("the api is ready when PostgreSQL and the queue answer", async () => {
  const ready = await api.call("/health/ready", { as: null });
  expect(ready).toMatchObject({ status: 200, body: { status: "ok", postgres: true, dispatcher: true } });
});

test("the api is not ready without PostgreSQL, and says so", async () => {
  const control = openControlStore({ databaseUrl: `postgresql://nobody@127.0.0.1:${await freePort()}/none`, onError });
  onTestFinished(() => control.close());
  const answer = await api.call("/health/ready", { as: null, api: api.with({ store: control.db }) });
  expect(answer).toMatchObject({ status: 503, body: { status: "unavailable", postgres: false, dispatcher: true } });
});

test("the api is not ready without its queue, and says so", async () => {
  const queue = openRunQueue({ kind: "redis", url: `redis://127.0.0.1:${await freePort()}` }, { onError });
  onTestFinished(() => queue.close());
  const answer = await api.call("/health/ready", { as: null, api: api.with({ queue }) });
  expect(answer).toMatchObject({ status: 503, body: { status: "unavailable", postgres: true, dispatcher: false } });
});
