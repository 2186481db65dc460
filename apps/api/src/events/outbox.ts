const HEARTBEAT = ": still here\n\n";

export interface OutboxLimits {
  /** As much may wait for a reader; with more it has `stallMs` to read some of it. */
  maxEvents: number;
  maxBytes: number;
  stallMs: number;
}

export interface Outbox {
  body: ReadableStream<Uint8Array>;
  /** Aborted when nobody reads any more. */
  signal: AbortSignal;
  /** Whether it was taken. Waits while too much waits already; false where the reader then does not read, or is gone. */
  put(frame: string): Promise<boolean>;
  /** Until there is news, or until a heartbeat was sent because there was none for so long. */
  pause(news: Promise<void>, heartbeatMs: number): Promise<void>;
  close(): void;
  /** Ends it without what still waits. */
  drop(): void;
}

/** What is on its way to one reader, and no more than a reader may be behind. */
export function openOutbox(options: { limits: OutboxLimits; signal: AbortSignal; onCancel: () => void }): Outbox {
  const { limits, signal } = options;
  const encoder = new TextEncoder();
  let room = Promise.withResolvers<void>();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isOver = false;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (started) => void (controller = started),
      pull: () => room.resolve(),
      cancel: () => {
        isOver = true;
        options.onCancel();
      },
    },
    // One measure for both limits: the larger share of either that a frame takes.
    { highWaterMark: 1, size: (frame) => Math.max(1 / limits.maxEvents, frame.byteLength / limits.maxBytes) },
  );
  const isFull = (): boolean => (controller.desiredSize ?? 0) <= 0;
  const end = (how: () => void): void => {
    if (!isOver) how();
    isOver = true;
  };

  return {
    body,
    signal,
    put: async (frame) => {
      if (isFull() && !isOver) {
        room = Promise.withResolvers();
        await race(room.promise, limits.stallMs, signal);
      }
      if (isOver || signal.aborted || isFull()) return false;
      controller.enqueue(encoder.encode(frame));
      return true;
    },
    pause: async (news, heartbeatMs) => {
      if (isOver || (await race(news, heartbeatMs, signal)) !== "timeout") return;
      if (!isOver && !isFull()) controller.enqueue(encoder.encode(HEARTBEAT));
    },
    close: () => end(() => controller.close()),
    drop: () => end(() => controller.error(new Error("The reader of this stream does not read."))),
  };
}

async function race(
  event: Promise<void>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<"event" | "timeout" | "aborted"> {
  const { promise, resolve } = Promise.withResolvers<"event" | "timeout" | "aborted">();
  const timer = setTimeout(() => resolve("timeout"), timeoutMs);
  const onAbort = (): void => resolve("aborted");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  void event.then(() => resolve("event"));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
