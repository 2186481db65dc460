import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { LightHeaders } from "./light-headers.ts";
import { LightRequest } from "./light-request.ts";
import { LightResponse } from "./light-response.ts";

// What Node has itself is the reference: nothing is installed in this process.
const NAMES = ["x-a", "X-A", "x-b", "cookie", "set-cookie", "content-type", "not a name", ""];
const VALUES = ["1", " 2\t", "", "a, b", "caf\u00e9", "\u20ac", "two\nlines", "nul\0"];
const OPERATIONS = [
  ...["append", "set"].flatMap((what) => NAMES.flatMap((name) => VALUES.map((value) => [what, name, value] as const))),
  ...["delete", "get", "has"].flatMap((what) => NAMES.map((name) => [what, name, ""] as const)),
];

test.each(OPERATIONS)("after %s %j %j, headers answer everything as Node's own do", (...first) => {
  for (const second of OPERATIONS) {
    const [light, own] = [new LightHeaders({ "x-a": "0" }), new Headers({ "x-a": "0" })];
    const told = [first, second].map(([what, name, value]) => [
      outcome(() => call(light, what, name, value)),
      outcome(() => call(own, what, name, value)),
    ]);
    for (const [mine, theirs] of told) expect(mine).toEqual(theirs);
    expect([[...light], light.getSetCookie()]).toEqual([[...own], own.getSetCookie()]);
  }
});

test("headers are gone through by name and by value, in the order of Node's own", () => {
  const pairs: [string, string][] = [
    ["x-b", "1"],
    ["set-cookie", "2"],
    ["a", "3"],
    ["set-cookie", "4"],
  ];
  const [light, own] = [new LightHeaders(pairs), new Headers(pairs)];
  expect([...light.keys()]).toEqual([...own.keys()]);
  expect([...light.values()]).toEqual([...own.values()]);
  const seen: string[][] = [];
  light.forEach((value, name) => seen.push([name, value]));
  expect(seen).toEqual([...own]);
});

function call(headers: LightHeaders | Headers, what: string, name: string, value: string): unknown {
  if (what === "append") return headers.append(name, value);
  if (what === "set") return headers.set(name, value);
  return what === "delete" ? headers.delete(name) : what === "get" ? headers.get(name) : headers.has(name);
}

function outcome(act: () => unknown): unknown {
  try {
    return { value: act() };
  } catch (error) {
    return { thrown: (error as Error).constructor };
  }
}

test("headers are made of pairs, of a record and of other headers", () => {
  for (const init of [[["a", "1"]], { a: "1" }, new LightHeaders({ a: "1" }), new Headers({ a: "1" })]) {
    expect([...new LightHeaders(init as Iterable<[string, string]>)]).toEqual([["a", "1"]]);
  }
});

const KINDS = { light: [LightResponse, LightRequest], "Node's": [Response, Request] } as const;
const streamOf = (text: string): ReadableStream<Uint8Array> => new Blob([text]).stream();

for (const [kind, [AnyResponse, AnyRequest]] of Object.entries(KINDS) as [string, (typeof KINDS)["Node's"]][]) {
  test(`a ${kind} response gives its body once, as whatever is asked for`, async () => {
    const template = (): string => Object("caf\u00e9") as string;
    const bodies = [
      template,
      () => "caf\u00e9",
      () => new TextEncoder().encode("caf\u00e9"),
      () => streamOf("caf\u00e9"),
    ];
    for (const body of bodies) {
      expect(await new AnyResponse(body()).text()).toBe("caf\u00e9");
      expect((await new AnyResponse(body()).arrayBuffer()).byteLength).toBe(5);
      expect(await new AnyResponse(new AnyResponse(body()).body).text()).toBe("caf\u00e9");
      const read = new AnyResponse(body());
      expect(read.bodyUsed).toBe(false);
      await read.text();
      expect(read.bodyUsed).toBe(true);
      await expect(read.text()).rejects.toThrow(TypeError);
      expect(() => read.clone()).toThrow(TypeError);
      expect(() => new AnyResponse(read.body)).toThrow(TypeError);
    }
  });

  test(`a clone of a ${kind} response has the same head and a body of its own`, async () => {
    const response = new AnyResponse(streamOf("twice"), { status: 201, statusText: "Made", headers: { "x-a": "1" } });
    const clone = response.clone();
    clone.headers.set("x-a", "2");
    expect([await response.text(), await clone.text()]).toEqual(["twice", "twice"]);
    expect([clone.status, clone.statusText, response.headers.get("x-a")]).toEqual([201, "Made", "1"]);
  });

  test(`a ${kind} response knows what its status and its body say of it`, async () => {
    expect(new AnyResponse("x").headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    expect(new AnyResponse("x", { headers: { "content-type": "a/b" } }).headers.get("content-type")).toBe("a/b");
    expect([...new AnyResponse(null, { status: 404 }).headers, new AnyResponse(null, { status: 404 }).ok]).toEqual([
      false,
    ]);
    expect(new AnyResponse().body).toBeNull();
    expect(await new AnyResponse().text()).toBe("");
    const json = AnyResponse.json({ a: 1 }, { status: 202 });
    expect([json.status, json.headers.get("content-type"), await json.json()]).toEqual([
      202,
      "application/json",
      { a: 1 },
    ]);
    expect(() => new AnyResponse(null, { status: 99 })).toThrow(RangeError);
    expect(() => new AnyResponse("x", { status: 204 })).toThrow(TypeError);
    expect(() => AnyResponse.json(undefined)).toThrow(TypeError);
  });

  test(`a ${kind} request is made of an address or of another request`, async () => {
    const post = new AnyRequest("http://a.test/x y", { method: "post", body: "1", headers: { "x-a": "1" } });
    expect([post.method, post.url, post.signal.aborted]).toEqual(["POST", "http://a.test/x%20y", false]);
    expect(post.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    const other = new AnyRequest(post, { body: new TextEncoder().encode("2") });
    expect([other.method, other.headers.get("x-a"), await other.text()]).toEqual(["POST", "1", "2"]);
    expect([await post.clone().text(), await post.text(), post.bodyUsed]).toEqual(["1", "1", true]);
    expect(new AnyRequest("http://a.test").body).toBeNull();
    expect(() => new AnyRequest("http://a.test", { body: "x" })).toThrow(TypeError);
    expect(() => new AnyRequest("no address")).toThrow(TypeError);
  });
}

const LOADS = "process.moduleLoadList.some((name) => name.includes('undici'))";

test("what a server needs of the fetch standard is there without undici, and fetch still is Node's", async () => {
  const installed = new URL("./install-light-fetch.ts", import.meta.url);
  const script = `
    const { installLightFetch } = await import(${JSON.stringify(installed.href)});
    installLightFetch();
    const answered = await new Response("x", { headers: new Headers({ a: "1" }) }).text();
    const before = ${LOADS};
    const fetched = await (await fetch("data:,y")).text();
    console.log(JSON.stringify({ answered, before, fetched, after: ${LOADS} }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  expect(JSON.parse(stdout)).toEqual({ answered: "x", before: false, fetched: "y", after: true });
});
