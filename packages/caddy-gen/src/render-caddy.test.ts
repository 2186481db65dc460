import { defineContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { isGenerated } from "@oroboros/slot-contract/host";
import { expect, test } from "vitest";
import { renderCaddy } from "./render-caddy.ts";

const cases: { name: string; contract: RuntimeContractInput }[] = [
  { name: "documents", contract: {} },
  { name: "one-slot", contract: { slotCount: 1 } },
  {
    name: "ten-slots-elsewhere",
    contract: {
      root: "/var/tmp/oroboros-0-1000",
      slotCount: 10,
      portOffset: 1000,
      domain: "oroboros.example.org",
      previewDomain: "previews.example.net",
    },
  },
  { name: "public", contract: { publicTls: { email: "operator+caddy@example.org" } } },
];

test.each(cases)("the Caddyfile of $name is as committed", async ({ name, contract }) => {
  const [file] = renderCaddy(defineContract(contract));
  await expect(file?.text).toMatchFileSnapshot(`../golden/${name}/Caddyfile`);
});

test("one generated file is installed where Caddy's unit reads it", () => {
  const files = renderCaddy(defineContract());
  expect(files).toEqual([
    {
      path: "caddy/Caddyfile",
      kind: "file",
      installed: { path: "/etc/oroboros/Caddyfile", mode: 0o644 },
      text: expect.any(String) as string,
    },
  ]);
  expect(isGenerated(files[0]?.text ?? "")).toBe(true);
});

test("a public host's worker stays behind loopback", () => {
  const text = renderCaddy(defineContract({ publicTls: { email: "a@example.com" } }))[0]?.text;
  expect(text).toContain("https://api.example.com:443");
  expect(text).not.toContain("https://worker.");
});
