import { expect, test } from "vitest";
import { caddyfileOf, formatted, validate } from "./testing/caddy.ts";

const publicTls = { email: "operator@example.com" };

test.each([1, 3, 10, 50])(
  "Caddy accepts the file of %i slots, and would not format it differently",
  async (slotCount) => {
    for (const text of [caddyfileOf({ slotCount }), caddyfileOf({ slotCount, publicTls })]) {
      await validate(text);
      expect(await formatted(text)).toBe(text);
    }
  },
);
