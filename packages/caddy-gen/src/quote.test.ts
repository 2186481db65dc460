import { expect, test } from "vitest";
import { directive } from "./directive.ts";
import { quote } from "./quote.ts";
import { serializeCaddyfile } from "./serialize.ts";

test.each([
  ["127.0.0.1:3100", "127.0.0.1:3100"],
  ["unix//run/oroboros/caddy/admin.sock", "unix//run/oroboros/caddy/admin.sock"],
  ["-Forwarded", "-Forwarded"],
  ["", '""'],
  ["two words", '"two words"'],
  ["# no comment", '"# no comment"'],
  ["<<EOF", '"<<EOF"'],
  ["a\nb", '"a\nb"'],
  ['say "hi"', '"say \\"hi\\""'],
  ["back\\slash", '"back\\slash"'],
  ["ends\\", "`ends\\`"],
  ['\\"', '`\\"`'],
  ["a `b`", '"a `b`"'],
  ["open { only", '"open { only"'],
  ["$HOME", '"$HOME"'],
  ["{$HOME}", '"{$:{$}HOME}"'],
  ["{$A:{$B}}", '"{$:{$}A:{$:{$}B}}"'],
])("%j is written as %s", (text, written) => {
  expect(quote(text)).toBe(written);
});

test.each([
  "{",
  "}",
  "{host}",
  "{http.request.host}",
  "a {env.HOME} b",
  "both \\ends ` with\\",
  '\\" and `',
  "\0",
  "\ud800",
])("%j can stand in no Caddyfile", (text) => {
  expect(() => quote(text)).toThrow(expect.objectContaining({ code: "invalid_contract" }));
});

const site = (host: string, name: string) => ({
  options: [],
  sites: [{ address: { scheme: "http", host, port: 8088 } as const, block: [directive(name)] }],
});

test.each(["a b", "a,b", "{$HOME}", "a\n", "*", "a {", "É"])("a site can not be called %j", (host) => {
  expect(() => serializeCaddyfile(site(host, "respond"))).toThrow(
    expect.objectContaining({ code: "invalid_contract" }),
  );
});

test.each(["", "two words", "}", "respond\n", "{$X}", '"'])("a directive can not be called %j", (name) => {
  expect(() => serializeCaddyfile(site("a", name))).toThrow(expect.objectContaining({ code: "invalid_contract" }));
});
