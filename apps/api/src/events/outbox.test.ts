import { expect, test, vi } from "vitest";
import { openOutbox } from "./outbox.ts";

test("a pause listens to the news once, and is over after its heartbeat, so that nothing grows while nothing happens", async () => {
  const limits = { maxEvents: 10, maxBytes: 1_000, stallMs: 10 };
  const outbox = openOutbox({ limits, signal: new AbortController().signal, onCancel: () => undefined });
  const news = Promise.withResolvers<void>();
  const listened = vi.spyOn(news.promise, "then");
  await outbox.pause(news.promise, 5);
  expect(listened).toHaveBeenCalledTimes(1);
  const { value } = await outbox.body.getReader().read();
  expect(new TextDecoder().decode(value)).toMatch(/^: /);
});
