import { Readable } from "node:stream";

export type BodyInit = string | Uint8Array<ArrayBuffer> | ArrayBuffer | ReadableStream<Uint8Array> | null | undefined;

/** What a request and a response of the fetch standard have in common: text, bytes or a stream, to be read once. */
export class LightBody {
  #kept: Exclude<BodyInit, undefined>;
  #isRead = false;

  constructor(init: BodyInit) {
    if (typeof init === "object" && init !== null && !isBytes(init) && !isText(init) && !isStream(init)) {
      throw new TypeError("a body is text, bytes or a stream here");
    }
    if (isStream(init) && (init.locked || Readable.isDisturbed(init as never))) {
      throw new TypeError("the body was read already");
    }
    this.#kept = isText(init) ? String(init) : (init ?? null);
  }

  /** The body as a stream, which is made of text or bytes when it is first asked for. */
  get body(): ReadableStream<Uint8Array> | null {
    if (this.#kept === null || isStream(this.#kept)) return this.#kept;
    this.#kept = this.#isRead ? readStream() : streamOf(toBytes(this.#kept));
    return this.#kept;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (isStream(this.#kept) && Readable.isDisturbed(this.#kept as never));
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const kept = this.#kept;
    if (this.bodyUsed || (isStream(kept) && kept.locked)) throw new TypeError("Body is unusable");
    if (kept === null) return new Uint8Array();
    this.#isRead = true;
    if (!isStream(kept)) return toBytes(kept);
    const chunks: Uint8Array[] = [];
    for await (const chunk of kept) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = await this.bytes();
    return buffer.slice(byteOffset, byteOffset + byteLength);
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** A second body with the same content; a stream is split in two. */
  protected copied(): BodyInit {
    if (this.bodyUsed || (isStream(this.#kept) && this.#kept.locked)) throw new TypeError("the body was read already");
    if (!isStream(this.#kept)) return this.#kept;
    const [mine, other] = this.#kept.tee();
    this.#kept = mine;
    return other;
  }
}

const isStream = (body: unknown): body is ReadableStream<Uint8Array> =>
  typeof body === "object" && body !== null && "getReader" in body;

/** A template of HTML is a `String`, which says of itself what it has escaped. */
export const isText = (body: unknown): body is string => typeof body === "string" || body instanceof String;

const isBytes = (body: object): body is Uint8Array<ArrayBuffer> | ArrayBuffer =>
  body instanceof Uint8Array || body instanceof ArrayBuffer;

const toBytes = (body: string | Uint8Array<ArrayBuffer> | ArrayBuffer): Uint8Array<ArrayBuffer> =>
  typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** What is left of a body that was read: a stream in somebody's hands. */
function readStream(): ReadableStream<Uint8Array> {
  const stream = streamOf(new Uint8Array());
  stream.getReader();
  return stream;
}
