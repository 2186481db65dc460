import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { appendEvent, recordArtifact } from "@oroboros/control-store";
import { artifactsPath, artifactUri, artifactViewSchema, eventListSchema, type RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { aRun, useApi } from "../testing/use-api.ts";

const api = useApi();

test("a run's events are read from where a client left off", async () => {
  const { runId } = await aRun(api.store);
  for (const step of ["checkout", "migration"]) {
    await appendEvent(api.store, { runId, eventType: "step_started", detail: { step } });
  }
  await aRun(api.store);
  const all = await eventsOf(runId);
  expect(all.map(({ event_type, run_id }) => [event_type, run_id])).toEqual([
    ["run_created", runId],
    ["step_started", runId],
    ["step_started", runId],
  ]);
  expect(await eventsOf(runId, "?limit=1")).toEqual(all.slice(0, 1));
  expect(await eventsOf(runId, `?since_id=${all[0]?.event_id}`)).toEqual(all.slice(1));
  expect(await eventsOf(runId, `?since_id=${all[0]?.event_id}&limit=1`)).toEqual(all.slice(1, 2));
  expect(await eventsOf(runId, `?since_id=${all[2]?.event_id}`)).toEqual([]);
  expect(await eventsOf(runId, `?since_id=${"9".repeat(18)}`)).toEqual([]);
});

test.each(["since_id=-1", "since_id=x", `since_id=${"9".repeat(19)}`, "limit=0", "limit=1001"])(
  "events with %s are refused",
  async (query) => {
    const { runId } = await aRun(api.store);
    expect(await api.call(`/api/runs/${runId}/events?${query}`)).toMatchObject({
      status: 400,
      body: { code: "invalid_request" },
    });
  },
);

test("a recorded artifact is listed, and its content is plain text to every browser", async () => {
  const { runId } = await aRun(api.store);
  const uri = await record(runId, "checkout.log", "<script>alert(1)</script> grün\n");
  const { items } = (await api.call(`/api/runs/${runId}/artifacts`, { as: "viewer" })).body as { items: unknown[] };
  expect(artifactViewSchema.array().parse(items)).toMatchObject([
    { uri, artifact_type: "preview_checkout_log", size_bytes: 32 },
  ]);
  const content = await contentOf(runId, uri);
  expect(content).toMatchObject({ status: 200, text: "<script>alert(1)</script> grün\n" });
  expect(content.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(content.headers.get("x-content-type-options")).toBe("nosniff");
});

test("a file nobody recorded is not an artifact", async () => {
  const { runId } = await aRun(api.store);
  write(runId, "secret.log", "swordfish");
  await expectNotFound(runId, artifactUri(runId, "secret.log"));
});

test("an artifact is read through its own run only, whatever is recorded for another", async () => {
  const { runId } = await aRun(api.store);
  const { runId: other } = await aRun(api.store);
  await expectNotFound(other, await record(runId, "checkout.log", "mine"));
  const uri = artifactUri(runId, "migration.log");
  await recordArtifact(api.store, {
    runId: other,
    artifactType: "preview_migration_log",
    attempt: 1,
    uri,
    sizeBytes: 1,
  });
  for (const run of [runId, other]) write(run, "migration.log", "x");
  await expectNotFound(other, uri);
});

test.each(["../secret", "..%2Fsecret", "/etc/passwd", "a/b", "..", "", ".hidden"])(
  "the file name %j is no artifact's, recorded or not",
  async (file) => {
    const { runId } = await aRun(api.store);
    const uri = artifactUri(runId, file);
    await expectNotFound(runId, uri);
    await recordArtifact(api.store, { runId, artifactType: "preview_checkout_log", attempt: 1, uri, sizeBytes: 1 });
    await expectNotFound(runId, uri);
  },
);

test.each([
  ["", 400],
  ["uri=", 404],
  ["uri=file:///etc/passwd", 404],
  ["uri=a%00b", 400],
])("an artifact asked for with %j is answered with %s", async (query, status) => {
  const { runId } = await aRun(api.store);
  expect(await api.call(`/api/runs/${runId}/artifacts/content?${query}`)).toMatchObject({ status });
});

test("an artifact that became a link is refused, and so is a directory of a run that became one", async () => {
  const { runId } = await aRun(api.store);
  write(runId, "beside.log", "swordfish");
  const uri = await record(runId, "checkout.log", undefined);
  symlinkSync(pathOf(runId, "beside.log"), pathOf(runId, "checkout.log"));
  const { runId: linked } = await aRun(api.store);
  symlinkSync(dirname(pathOf(runId, "beside.log")), dirname(pathOf(linked, "beside.log")));
  const linkedUri = await record(linked, "beside.log", undefined);
  for (const answer of [await contentOf(runId, uri), await contentOf(linked, linkedUri)]) {
    expect(answer).toMatchObject({ status: 403, body: { code: "path_refused" } });
    expect(answer.text).not.toContain("swordfish");
  }
});

test("an artifact whose file is gone is not found", async () => {
  const { runId } = await aRun(api.store);
  await record(runId, "here.log", "here");
  await expectNotFound(runId, await record(runId, "gone.log", undefined));
});

async function eventsOf(runId: RunId, query = "") {
  return eventListSchema.parse((await api.call(`/api/runs/${runId}/events${query}`, { as: "viewer" })).body).items;
}

const contentOf = (runId: RunId, uri: string) =>
  api.call(`/api/runs/${runId}/artifacts/content?uri=${encodeURIComponent(uri)}`, { as: "viewer" });

async function expectNotFound(runId: RunId, uri: string): Promise<void> {
  expect(await contentOf(runId, uri)).toMatchObject({ status: 404, body: { code: "artifact_not_found" } });
}

/** Notes an artifact down; without `text` the file is somebody else's business. */
async function record(runId: RunId, file: string, text: string | undefined): Promise<string> {
  if (text !== undefined) write(runId, file, text);
  const uri = artifactUri(runId, file);
  const sizeBytes = Buffer.byteLength(text ?? "");
  await recordArtifact(api.store, { runId, artifactType: "preview_checkout_log", attempt: 1, uri, sizeBytes });
  return uri;
}

const pathOf = (runId: RunId, file: string): string => join(artifactsPath(api.contract), runId, file);

function write(runId: RunId, file: string, text: string): void {
  mkdirSync(dirname(pathOf(runId, file)), { recursive: true });
  writeFileSync(pathOf(runId, file), text);
}
