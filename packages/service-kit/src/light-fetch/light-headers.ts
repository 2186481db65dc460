const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 9110, section 5.5, as the fetch standard reads it: bytes, and none that could end the line.
const VALUE = /^[^\0\r\n\u0100-\uffff]*$/;
const AROUND = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const SET_COOKIE = "set-cookie";

export type HeadersInit = Iterable<readonly string[]> | Readonly<Record<string, string>> | null | undefined;

/** The fetch standard's `Headers`, without a guard: nothing here is a forbidden header. */
export class LightHeaders {
  readonly #values = new Map<string, string>();
  readonly #cookies: string[] = [];

  constructor(init?: HeadersInit) {
    for (const [name = "", value = ""] of pairsIn(init)) this.append(name, value);
  }

  append(name: string, value: string): void {
    const [key, text] = [nameOf(name), valueOf(value)];
    if (key === SET_COOKIE) return void this.#cookies.push(text);
    const before = this.#values.get(key);
    this.#values.set(key, before === undefined ? text : `${before}${key === "cookie" ? "; " : ", "}${text}`);
  }

  set(name: string, value: string): void {
    const [key, text] = [nameOf(name), valueOf(value)];
    if (key === SET_COOKIE) this.#cookies.splice(0, this.#cookies.length, text);
    else this.#values.set(key, text);
  }

  delete(name: string): void {
    const key = nameOf(name);
    if (key === SET_COOKIE) this.#cookies.length = 0;
    else this.#values.delete(key);
  }

  get(name: string): string | null {
    const key = nameOf(name);
    if (key !== SET_COOKIE) return this.#values.get(key) ?? null;
    return this.#cookies.length === 0 ? null : this.#cookies.join(", ");
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
  }

  forEach(callback: (value: string, name: string, headers: this) => void, self?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }

  /** In the order of the names, each cookie for itself. */
  *entries(): Generator<[name: string, value: string], undefined> {
    const cookies = this.#cookies.map((value): [string, string] => [SET_COOKIE, value]);
    yield* [...this.#values, ...cookies].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[name: string, value: string], undefined> {
    return this.entries();
  }
}

function pairsIn(init: HeadersInit): Iterable<readonly string[]> {
  if (init === undefined || init === null) return [];
  return Symbol.iterator in init ? (init as Iterable<readonly string[]>) : Object.entries(init as object);
}

function nameOf(name: unknown): string {
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`${JSON.stringify(text)} is no name of a header`);
  return text.toLowerCase();
}

function valueOf(value: unknown): string {
  const text = String(value).replaceAll(AROUND, "");
  if (!VALUE.test(text)) throw new TypeError("a header's value is bytes in one line");
  return text;
}
