import type { RunEvent } from "@oroboros/slot-contract";

export interface ReadStream {
  /** What has come so far. */
  events: RunEvent[];
  /** Comments that have come so far. */
  comments: string[];
  /** Settles when the stream ends, or breaks off. */
  ended: Promise<void>;
}

/** Reads server-sent events as they come. */
export function readEventStream(response: Response): ReadStream {
  const events: RunEvent[] = [];
  const comments: string[] = [];
  const ended = read();
  // It may break off before whoever awaits it has come to that.
  ended.catch(() => undefined);
  return { events, comments, ended };

  async function read(): Promise<void> {
    let rest = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data === undefined) comments.push(frame);
        else events.push(JSON.parse(data) as RunEvent);
      }
    }
  }
}
