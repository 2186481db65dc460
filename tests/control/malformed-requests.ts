import { ENDPOINTS, type Endpoint } from "@oroboros/slot-contract";

/** One hostile request: what it is for a report, its bytes, and the method its answer is read by. */
export interface HostileRequest {
  kind: string;
  method: string;
  bytes: Buffer;
  /** Whether the server may wait for more of it. */
  mayLackTheRest: boolean;
}

export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface Surroundings {
  host: string;
  tokens: readonly string[];
  runIds: readonly string[];
}

interface Draft {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  /** Latin-1: one character for each byte. */
  body: string;
}

const endpoints: Endpoint[] = Object.values<Endpoint>(ENDPOINTS);
const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)] as T;
const utf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const ODD_NAMES = [
  "__proto__",
  "constructor",
  "title",
  "run_id",
  "commit_sha",
  "status",
  "to_status",
  "metadata",
  "",
  "a.b",
  "\0",
  "ü",
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53 + 2,
  2 ** 63,
  "",
  " ",
  "x",
  "\0",
  "\ud800",
  "\udfff",
  "'; drop table runs; --",
  "../../etc/passwd",
  "00000000-0000-4000-8000-000000000000",
  "x".repeat(300),
  "\u202e\u0000",
  "9".repeat(400),
  [],
  {},
  [[]],
  { a: { b: [1] } },
  "2026-13-45T99:99:99Z",
  "{}",
  "-1",
  "NaN",
];
const ODD_TEXTS = [
  "{",
  "}",
  "[",
  '"',
  "{]",
  "nul",
  "NaN",
  "Infinity",
  "undefined",
  "{'a':1}",
  '{"a":1,}',
  "1e9999",
  "-",
  '{"a":01}',
  '"\\u12"',
  '"\t"',
  "//x",
  "{}{}",
  " ",
  "\u00ff\u00fe",
  "\u00ef\u00bb\u00bf{}",
  '{"title":"x","title":"y"}',
  '{"__proto__":{"a":1}}',
  "9".repeat(4_000),
  `{"title":${"9".repeat(2_000)}}`,
];
const ODD_PIECES = [
  "%00",
  "%2e%2e",
  "..",
  ".",
  "%2F",
  "%5c",
  "%",
  "%zz",
  "%ff",
  "%c0%af",
  ";",
  "//",
  "\u00fc",
  "%F0%9F%92%A9",
  "x".repeat(3_000),
  "%25",
  "preview-1",
  "preview-01",
  "preview-99",
  "preview1",
  "PREVIEW-1",
  "__proto__",
  "constructor",
  "%27%20or%201=1",
  "*",
  "~",
  "{id}",
  "-1",
  "0",
];
const ODD_QUERIES = [
  "limit=-1",
  "limit=1e9",
  "limit=99999999999999999999",
  "limit=1&limit=2",
  "limit=%00",
  "offset=-0",
  "offset=9007199254740993",
  "offset=2147483648",
  "since_id=x",
  "since_id=-1",
  "since_id=99999999999999999999",
  "status=odd",
  "status=queued&status=failed",
  "status[]=queued",
  "status=",
  "route=%00",
  "route=%ff",
  "order=up",
  "follow=maybe",
  "follow=false&since_id=999999999999",
  "uri=../../etc/passwd",
  "uri=artifact:x/..",
  "uri=%00",
  "__proto__=1",
  "constructor=1",
  "a=%",
  "=",
  "&&&",
  "?",
  `x=${"y".repeat(4_000)}`,
];
const ODD_HEADERS: [string, string][] = [
  ["content-type", "text/plain"],
  ["content-type", "application/json; charset=utf-16"],
  ["content-type", "application/jsonx"],
  ["content-type", ""],
  ["content-type", "multipart/form-data"],
  ["content-type", "application/x-www-form-urlencoded"],
  ["content-encoding", "gzip"],
  ["content-encoding", "br, gzip"],
  ["host", "evil.example"],
  ["host", ""],
  ["host", "127.0.0.1"],
  ["origin", "null"],
  ["origin", "http://evil.example"],
  ["cookie", "a=b"],
  ["cookie", "__Host-oroboros_session=x"],
  ["authorization", "Bearer"],
  ["authorization", "Bearer ".padEnd(9_000, "x")],
  ["authorization", "Basic ="],
  ["authorization", "\u00ff"],
  ["transfer-encoding", "chunked"],
  ["transfer-encoding", "identity"],
  ["transfer-encoding", "gzip"],
  ["content-length", "0"],
  ["content-length", "-1"],
  ["content-length", "1e3"],
  ["content-length", "99999999999999999999"],
  ["content-length", "0x10"],
  ["expect", "100-continue"],
  ["expect", "miracles"],
  ["upgrade", "h2c"],
  ["upgrade", "websocket"],
  ["connection", "close, x"],
  ["connection", "upgrade"],
  ["if-none-match", "*"],
  ["if-none-match", "W/\u00ff"],
  ["last-event-id", "x"],
  ["last-event-id", "-1"],
  ["range", "bytes=0-"],
  ["x-trace-id", "a b"],
  ["x-trace-id", "x".repeat(9_000)],
  ["accept", "\u00ff"],
  ["x-http-method-override", "DELETE"],
  ["x".repeat(17_000), "1"],
  ["te", "trailers"],
  ["trailer", "host"],
  ["access-control-request-method", "DELETE"],
  ["x-forwarded-for", "127.0.0.1"],
  ["forwarded", "for=x"],
];
const ODD_METHODS = [
  "TRACE",
  "CONNECT",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "HEAD",
  "get",
  "PROPFIND",
  "QUERY",
  "M-SEARCH",
  "PURGE",
  "FOO",
  "G\u00ffT",
  "X".repeat(2_000),
  "PRI",
];
const GARBAGE = [
  "",
  "\r\n\r\n",
  "\0\0\0\0",
  "GET",
  "GET /",
  "GET / HTTP/1.1",
  "GET / HTTP/0.9\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "GET  / HTTP/1.1\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000",
  "GET / HTTP/1.1\nhost: 127.0.0.1\n\n",
  "GET / HTTP/1.1\r\nhost 127.0.0.1\r\n\r\n",
  "GET / HTTP/1.1\r\n: x\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n",
  "GET / HTTP/1.1\r\nho\0st: a\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n",
  "GET / HTTP/1.1\rhost: a\r\r",
  "SSH-2.0-x\r\n",
  "*1\r\n$4\r\nPING\r\n",
  "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
];

type Spoil = (draft: Draft, random: Random) => void;

/** What makes a request hostile; each works on what a client of ours would send. */
const SPOILED: Record<string, Spoil> = {
  "broken JSON": (draft, random) => {
    const at = random(draft.body.length + 1);
    draft.body = draft.body.slice(0, at) + pick(random, ODD_TEXTS) + draft.body.slice(at + random(4));
  },
  "odd JSON": (draft, random) => void (draft.body = utf8(pick(random, ODD_TEXTS))),
  "wrong types": (draft, random) => {
    const fields = Array.from(
      { length: 1 + random(4) },
      () => [pick(random, ODD_NAMES), pick(random, ODD_VALUES)] as const,
    );
    draft.body = utf8(JSON.stringify({ ...(random(2) === 0 ? { title: "x" } : {}), ...Object.fromEntries(fields) }));
  },
  "no object": (draft, random) => void (draft.body = utf8(JSON.stringify(pick(random, ODD_VALUES)))),
  "deep JSON": (draft, random) => {
    const depth = pick(random, [33, 1_000, 50_000, 400_000]);
    draft.body =
      random(2) === 0 ? "[".repeat(depth) + "]".repeat(depth) : `${'{"metadata":'.repeat(Math.min(depth, 50_000))}1`;
  },
  "huge body": (draft, random) => {
    draft.body = `{"title":"x","prompt":"${"x".repeat(pick(random, [20_001, 1_048_576, 3_000_000]))}"}`;
  },
  "bad UTF-8": (draft, random) => {
    const bytes = pick(random, [
      "\u00ff",
      "\u00c0\u00af",
      "\u00ed\u00a0\u0080",
      "\u00f8\u0088\u0080\u0080\u0080",
      "\u0080",
    ]);
    draft.body = `{"title":"a${bytes}"}`;
  },
  "odd header": (draft, random) => void draft.headers.push(pick(random, ODD_HEADERS)),
  "doubled header": (draft, random) => void draft.headers.push(pick(random, draft.headers)),
  "replaced header": (draft, random) => {
    const [name, value] = pick(random, ODD_HEADERS);
    draft.headers = [...draft.headers.filter(([known]) => known !== name), [name, value]];
  },
  "many headers": (draft, random) => {
    for (let header = 0; header < 100 + random(2_500); header += 1) draft.headers.push([`x-${header}`, "1"]);
  },
  "odd path": (draft, random) => {
    const pieces = draft.target.split("/");
    pieces.splice(1 + random(pieces.length), random(2), pick(random, ODD_PIECES));
    draft.target = pieces.join("/");
  },
  "odd target": (draft, random) => {
    const oddities = [
      "*",
      "http://evil.example/",
      "http://127.0.0.1:8000/health",
      "//evil",
      "\\evil",
      "",
      "?",
      "#",
      "/ /",
      "/\u0000",
      "/health#x",
      "/%",
    ];
    draft.target = pick(random, oddities);
  },
  "odd query": (draft, random) => void (draft.target += `?${pick(random, ODD_QUERIES)}&${pick(random, ODD_QUERIES)}`),
  "odd method": (draft, random) => void (draft.method = pick(random, ODD_METHODS)),
  "bad chunks": (draft, random) => {
    const chunks = [
      "zz\r\n",
      "5\r\nab\r\n",
      "-1\r\n",
      "ffffffffffffffff\r\n",
      "2\r\n{}\r\n0\r\nhost: x\r\n\r\n",
      "2;x=y\r\n{}\r\n0\r\n\r\n",
      "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
      "2\n{}\n0\n\n",
      "0\r\n",
    ];
    draft.headers.push(["transfer-encoding", "chunked"]);
    draft.body = pick(random, chunks);
  },
  "wrong length": (draft, random) => {
    draft.headers.push([
      "content-length",
      String(Math.max(0, draft.body.length + pick(random, [-1, 1, 10, 1_000, 2_000_000]))),
    ]);
  },
};
/** What says, rightly or not, whether and how more follows. */
const FRAMING = ["content-length", "transfer-encoding"];
const KINDS = Object.keys(SPOILED);

/** The next hostile request. Most are spoiled once, some twice, and a few are no HTTP at all. */
export function hostileRequest(random: Random, surroundings: Surroundings): HostileRequest {
  if (random(25) === 0) {
    return {
      kind: "no HTTP",
      method: "GET",
      bytes: Buffer.from(pick(random, GARBAGE), "latin1"),
      mayLackTheRest: true,
    };
  }
  const draft = draftOf(random, surroundings);
  const kinds = [pick(random, KINDS), ...(random(3) === 0 ? [pick(random, KINDS)] : [])];
  // Rarer, because each of them is a thousand times the size of the others.
  const chosen = kinds.map((kind) => (kind === "huge body" && random(4) !== 0 ? "broken JSON" : kind));
  for (const kind of chosen) SPOILED[kind]?.(draft, random);
  const mayLackTheRest = draft.headers.some(([name]) => FRAMING.includes(name)) || /[\s\0]/.test(draft.target);
  return { kind: chosen.join(" and "), method: draft.method, bytes: bytesOf(draft), mayLackTheRest };
}

function draftOf(random: Random, { host, tokens, runIds }: Surroundings): Draft {
  const endpoint = pick(random, endpoints);
  const target = endpoint.path
    .replace("{slot}", `preview-${1 + random(3)}`)
    .replace(/\{\w+\}/, () => pick(random, runIds));
  const token = pick(random, tokens);
  return {
    method: endpoint.method,
    target,
    headers: [
      ["host", host],
      ["content-type", "application/json"],
      ...(token === "" ? [] : [["authorization", `Bearer ${token}`] as [string, string]]),
    ],
    body: endpoint.method === "GET" ? "" : `{"title":"hostile"}`,
  };
}

function bytesOf({ method, target, headers, body }: Draft): Buffer {
  const isFramed = headers.some(([name]) => ["content-length", "transfer-encoding"].includes(name));
  const framed = isFramed || body === "" ? headers : [...headers, ["content-length", String(body.length)] as const];
  const lines = framed.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`, "latin1");
}
