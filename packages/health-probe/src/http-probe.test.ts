import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { httpProbe } from "./http-probe.ts";

const never = new AbortController().signal;

test("a 2xx answer is healthy", async () => {
  const url = await serve((_request, response) => response.end("ok"));
  expect(await httpProbe({ name: "backend", url, fetch }).check(never)).toEqual({
    healthy: true,
    detail: `${url} answered 200`,
  });
});

test("any other answer is not", async () => {
  const url = await serve((_request, response) => response.writeHead(503).end());
  expect(await httpProbe({ name: "backend", url, fetch }).check(never)).toEqual({
    healthy: false,
    detail: `${url} answered 503`,
  });
});

test("what a probe accepts is up to it, but for a redirect", async () => {
  const status = { value: 404 };
  const url = await serve((_request, response) => response.writeHead(status.value, { location: "/x" }).end());
  const probe = httpProbe({ name: "api", url, fetch, accepts: (answered) => answered < 500 });
  expect(await probe.check(never)).toEqual({ healthy: true, detail: `${url} answered 404` });
  for (status.value of [307, 502]) expect(await probe.check(never)).toMatchObject({ healthy: false });
});

test("a redirect is never followed, whatever it leads to", async () => {
  const asked: string[] = [];
  const elsewhere = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.end("ok");
  });
  const url = await serve((_request, response) => response.writeHead(307, { location: elsewhere }).end());
  const answer = await httpProbe({ name: "backend", url, fetch }).check(never);
  expect(answer).toEqual({ healthy: false, detail: `${url} answered 307 to ${elsewhere}; redirects are not followed` });
  expect(asked).toEqual([]);
});

test("the judge sees status, headers and body, and its objection is the detail", async () => {
  const url = await serve((_request, response) => response.setHeader("x-slot", "preview-2").end("hello"));
  const probe = httpProbe({
    name: "backend",
    url,
    fetch,
    judge: ({ status, headers, body }) => `is ${headers.get("x-slot")}, said ${status} ${body}`,
  });
  expect(await probe.check(never)).toEqual({ healthy: false, detail: `${url} is preview-2, said 200 hello` });
});

test("a judge without objection leaves the answer healthy", async () => {
  const url = await serve((_request, response) => response.end());
  expect(await httpProbe({ name: "backend", url, fetch, judge: () => undefined }).check(never)).toMatchObject({
    healthy: true,
  });
});

test("an endless body is read only as far as a health answer can reach", async () => {
  const url = await serve((_request, response) => {
    const pour = (): void => {
      while (!response.destroyed && response.write("x".repeat(10_000)));
    };
    response.on("drain", pour);
    pour();
  });
  const probe = httpProbe({ name: "backend", url, fetch, judge: ({ body }) => `sent ${body.length}` });
  expect(await probe.check(never)).toMatchObject({ detail: `${url} sent 65536` });
});

test("a closed port is named by its error code", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const probe = httpProbe({ name: "backend", url, fetch });
  expect(await probe.check(never)).toEqual({ healthy: false, detail: `${url} did not answer: ECONNREFUSED` });
});

test("a server that never answers is left when the signal aborts", async () => {
  const stop = new AbortController();
  const url = await serve(() => stop.abort());
  expect(await httpProbe({ name: "backend", url, fetch }).check(stop.signal)).toMatchObject({ healthy: false });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
