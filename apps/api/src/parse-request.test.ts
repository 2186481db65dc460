import { expect, test } from "vitest";
import { useApi } from "./testing/use-api.ts";

const api = useApi();
const title = "a run";

test.each<[body: unknown, problem: string]>([
  ["{", "the body is not JSON"],
  ['{"title":"a\\u0000b"}', "title: must not contain the character NUL or half of one"],
  ['{"title":"\\ud800"}', "title: must not contain the character NUL or half of one"],
  ['{"title":"x","a\\u0000":1}', "the body: must not have a key with the character NUL or half of one"],
  ['{"title":"x","__proto__":{"status":"approved"}}', "the body: must not have the key __proto__"],
  [`{"title":${"[".repeat(400_000)}${"]".repeat(400_000)}}`, "the body is nested more than 32 deep"],
  [[], "the body: must be an object"],
  ["null", "the body: must be an object"],
  [{}, "title: is required"],
  [{ title: 1 }, "title: must be text"],
  [{ title: "" }, "title: must not be empty"],
  [{ title: "x".repeat(201) }, "title: must be at most 200 characters long"],
  [{ title, prompt: "x".repeat(20_001) }, "prompt: must be at most 20000 characters long"],
  [{ title, slot: 1, state: 2 }, '"slot": is not a field here; "state": is not a field here'],
])("a body such as %.60j is answered in plain words", async (body, problem) => {
  const answer = await api.call("/api/runs", { method: "POST", body });
  expect(answer).toMatchObject({
    status: 400,
    body: { code: "invalid_request", detail: `The request can not be used: ${problem}.` },
  });
});

test.each([
  ["limit=0", "limit: must be at least 1"],
  ["limit=201", "limit: must be at most 200"],
  ["offset=-1", "offset: must be at least 0"],
])("so is the query %s", async (query, problem) => {
  const { body } = await api.call(`/api/runs?${query}`);
  expect(body).toMatchObject({ detail: `The request can not be used: ${problem}.` });
});

test("a query with what no database stores is refused", async () => {
  for (const query of ["route=%00", "limit=1&x=%00"])
    expect((await api.call(`/api/runs?${query}`)).status, query).toBe(400);
});

test("a body is read whatever its type says of the text", async () => {
  for (const type of ["application/json", "application/json; charset=utf-8", "Application/JSON"]) {
    const answer = await api.call("/api/runs", { body: { title }, headers: { "content-type": type } });
    expect([type, answer.status]).toEqual([type, 201]);
  }
});
