/** Keeps the last `limit` bytes of what is pushed into it. */
export class TailBuffer {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get truncated(): boolean {
    return this.#dropped > 0;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > this.#limit) {
      const first = this.#chunks.shift() ?? Buffer.alloc(0);
      const excess = Math.min(first.length, this.#size - this.#limit);
      if (excess < first.length) this.#chunks.unshift(first.subarray(excess));
      this.#size -= excess;
      this.#dropped += excess;
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
