import { expandSlotTemplate, type ErrorCode, type SlotId } from "@oroboros/slot-contract";

export type HostileTarget = Readonly<{ family: string; url: string; code: ErrorCode }>;
type Address = Readonly<{ host: string; port: number }>;
type Row = readonly [url: string, code: ErrorCode];

/** Stands in every target in place of a password, also encoded; no answer may repeat it. */
export const PASSWORD = "s3cret";
export const ENCODED_PASSWORD = "s3%63ret";

/**
 * Spellings that some driver or client somewhere takes for another database than the slot's, and what each is refused with.
 *
 * @param ours where the slot's database is: `app_preview_1` for the first slot.
 * @param production a server that answers on another port of the same host.
 */
export function hostileTargets(slot: SlotId, ours: Address, production: Address): readonly HostileTarget[] {
  const [we, they] = [`${ours.host}:${ours.port}`, `${production.host}:${production.port}`];
  const families: Record<string, Row[]> = {
    production: productionRows(we, they),
    "another server": otherServerRows(ours, production),
    "several hosts": severalHostsRows(we, they),
    parameters: parameterRows(we, production),
    "percent-encoding": encodingRows(we, they),
    "control characters": controlRows(we, they),
    nesting: nestingRows(we, they),
    sockets: socketRows(),
    "spellings of a host": hostRows(ours.port),
    ports: portRows(ours.host),
    "look-alikes": lookAlikeRows(ours),
    "names of databases": nameRows(we),
    schemes: schemeRows(we),
    "user and password": userRows(we, they),
    "not URLs": keywordRows(ours, production),
    "left to the environment": gapRows(ours),
    templates: templateRows(slot, ours, production),
  };
  return Object.entries(families).flatMap(([family, rows]) => rows.map(([url, code]) => ({ family, url, code })));
}

const at = (rest: string): string => `postgresql://u:${PASSWORD}@${rest}`;
const all = (code: ErrorCode, urls: readonly string[]): Row[] => urls.map((url) => [url, code]);

function productionRows(we: string, they: string): Row[] {
  const names = ["builder_control", "postgres", "template0", "template1", "app_production", "dreichor_prod"];
  return all("production_target", [
    ...names.flatMap((name) => [at(`${we}/${name}`), at(`${they}/${name}`)]),
    at(`${we}/APP_PRODUCTION`),
    at(`${we}/Builder_Control`),
    at("db.internal:5432/app_production"),
    at("[::1]:5432/builder_control"),
    `postgresql+psycopg://postgres:postgres@${they}/postgres`,
  ]);
}

function otherServerRows({ host, port }: Address, production: Address): Row[] {
  return [
    ...all("port_mismatch", [
      at(`${production.host}:${production.port}/app_preview_1`),
      `postgresql+psycopg://postgres:${ENCODED_PASSWORD}@${production.host}:${production.port}/app_preview_1`,
      at(`${production.host}:${production.port}/customers`),
      at(`${host}/app_preview_1`),
    ]),
    ...all("host_mismatch", [
      at(`10.0.0.9:${port}/app_preview_1`),
      at(`db.example:${port}/app_preview_1`),
      at(`${host}.evil.example:${port}/app_preview_1`),
      at(`evil-${host}:${port}/app_preview_1`),
      `postgresql://${host}:${port}@evil/app_preview_1`,
      `postgresql://${PASSWORD}:${port}/app_preview_1`,
    ]),
  ];
}

function severalHostsRows(we: string, they: string): Row[] {
  const [host = "", port = ""] = we.split(":");
  return [
    ...all("multi_host", [
      at(`${we},${they}/app_preview_1`),
      at(`${they},${we}/app_preview_1`),
      at(`${host},${they}/app_preview_1`),
      at(`${host},10.0.0.9:${port}/app_preview_1`),
      at(`${host}:${port},/app_preview_1`),
      at(`,${we}/app_preview_1`),
      at(`${we},%2Fvar%2Frun/app_preview_1`),
      `postgresql://${we},${they}/app_preview_1`,
      at(`${host}:${port},${they.split(":")[1]}/app_preview_1`),
    ]),
    ...all("query_override", [at(`${we},${they}/app_preview_1?target_session_attrs=read-write`)]),
    ...all("invalid_url", [at(`${we};${they}/app_preview_1`), at(`${we}|${they}/app_preview_1`)]),
  ];
}

function parameterRows(we: string, { host, port }: Address): Row[] {
  const parameters = [
    ...[`host=${host}`, `hostaddr=${host}`, `port=${port}`, `host=${host}&port=${port}`, "host=/var/run/postgresql"],
    ...["dbname=customers", "database=customers", "db=customers", "dbname=postgresql://x/customers", "user=postgres"],
    ...["service=production", "servicefile=/tmp/x", "options=-c%20role%3Dpostgres", "options=-csearch_path%3Devil"],
    ...["sslmode=disable", "sslrootcert=/tmp/x", "sslkey=/tmp/x", `password=${PASSWORD}`, "passfile=/tmp/x"],
    ...["application_name=x", "target_session_attrs=any", "replication=database", "ssl=true", "HOST=x", "%68ost=x", ""],
  ];
  return all("query_override", [
    ...parameters.map((parameter) => at(`${we}/app_preview_1?${parameter}`)),
    at(`${we}?dbname=app_preview_1`),
    at(`${we}/?dbname=app_preview_1`),
    `postgresql:///app_preview_1?host=${host}&port=${port}`,
    `postgresql://?host=${host}&port=${port}&dbname=customers`,
    `postgresql://u:${PASSWORD}?@${we}/app_preview_1`,
    at(`${we}/app_preview_1#?host=${host}`),
  ]);
}

function encodingRows(we: string, they: string): Row[] {
  return all("invalid_url", [
    at(`${we}/%61pp_preview_1`),
    at(`${we}/app_preview_%31`),
    at(`${we}/app%5Fpreview_1`),
    at(`${we}/%2561pp_preview_1`),
    at(`${we}/app_preview_1%3Fhost=x`),
    at(`${we}/app_preview_1%2F..%2Fcustomers`),
    at(`${we}/app_preview_1%23`),
    at(`${we}/app_preview_1%zz`),
    at(`${we}/app_preview_1%`),
    at(`%31%32%37.0.0.1:${we.split(":")[1]}/app_preview_1`),
    at(`${we.replace(":", "%3A")}/app_preview_1`),
    at(`${we}%2C${they}/app_preview_1`),
    at(`${we}%40${they}/app_preview_1`),
    `postgresql://u:%ff@${we}/app_preview_1`,
    `postgresql://u:%@${we}/app_preview_1`,
    `postgresql://u%3A${PASSWORD}%40${they}%2F@${we}/%63ustomers`,
  ]);
}

function controlRows(we: string, they: string): Row[] {
  const characters = [" ", "\0", "\n", "\r", "\t", "\x1b", "\x7f", "\u0085", "\u00a0", "\u2028", "\u2029", "\u3000"];
  const invisible = ["\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u00ad", "\ud800"];
  return all("control_character", [
    ...[...characters, ...invisible].map((character) => at(`${we}/app_preview_1${character}`)),
    ` ${at(`${we}/app_preview_1`)}`,
    at(`${we}/app_\tpreview_1`),
    at(`${we}/customers\0app_preview_1`),
    at(`${they}\0@${we}/app_preview_1`),
    at(`${we}/customers%00app_preview_1`),
    at(`${we}/app_preview_1%00`),
    at(`${we}/app_preview_1%0a`),
    `postgresql://slot%00postgres:${PASSWORD}@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}%0D%0A@${we}/app_preview_1`,
  ]);
}

function nestingRows(we: string, they: string): Row[] {
  return [
    ...all("invalid_url", [
      at(`${we}/${at(`${they}/customers`)}`),
      `postgresql://${at(`${they}/customers`)}`,
      `postgresql://postgresql://${we}/app_preview_1`,
      at(`${we}/customers/app_preview_1`),
      at(`${we}//app_preview_1`),
      at(`${we}/x/../app_preview_1`),
      at(`${we}/./app_preview_1`),
      at(`${we}/app_preview_1/`),
      at(`${we}/app_preview_1#x`),
      at(`${they}#@${we}/app_preview_1`),
      at(`${we}\\@${they}/app_preview_1`),
      at(`${they}\\@${we}/app_preview_1`),
      at(`${we}/app_preview_1\\..\\customers`),
      at(`${we}/app_preview_1;customers`),
      at(`${we}/app_preview_1'`),
      at(`${we}/app_preview_1"`),
      at(`${we}/"app_preview_1"`),
      at(`${we}/app_preview_1@${they}`),
      `"${at(`${we}/app_preview_1`)}"`,
    ]),
    ...all("unsupported_scheme", [`jdbc:postgresql://${we}/app_preview_1`, `url:${at(`${we}/app_preview_1`)}`]),
  ];
}

function socketRows(): Row[] {
  return [
    ...all("invalid_url", [
      at("%2Fvar%2Frun%2Fpostgresql/app_preview_1"),
      at("%2Fvar%2Frun%2Fpostgresql:5432/app_preview_1"),
      at("@abstract:5432/app_preview_1"),
      at("/var/run/postgresql/app_preview_1"),
      "postgresql:///app_preview_1",
      "/var/run/postgresql",
    ]),
    ...all("unsupported_scheme", ["socket:/var/run/postgresql?db=app_preview_1", "unix:/var/run/postgresql"]),
    ["/var/run/postgresql app_preview_1", "control_character"],
  ];
}

function hostRows(port: number): Row[] {
  const others = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "127.0.0.2",
  ];
  const numbers = [
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.01",
    "127.0.0.1.nip.io",
  ];
  const six = ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]"];
  const unreadable = [
    "[::1%25lo]",
    "[127.0.0.1",
    "127.0.0.1]",
    "::1",
    "127.0.0.1:5432:5432",
    "127.0.0.1_",
    "*",
    "[]",
    "~",
  ];
  return [
    ...all(
      "host_mismatch",
      [...others, ...numbers, ...six].map((host) => at(`${host}:${port}/app_preview_1`)),
    ),
    ...all(
      "invalid_url",
      unreadable.map((host) => at(`${host}:${port}/app_preview_1`)),
    ),
  ];
}

function portRows(host: string): Row[] {
  const unreadable = [
    "",
    "0",
    "05432",
    "+5432",
    "-1",
    "5432.0",
    "0x1538",
    "70000",
    "99999",
    "100000",
    "5432x",
    "%35432",
    "\uff15432",
  ];
  return all(
    "invalid_url",
    unreadable.map((port) => at(`${host}:${port}/app_preview_1`)),
  );
}

function lookAlikeRows({ host, port }: Address): Row[] {
  const we = `${host}:${port}`;
  return all("invalid_url", [
    at(`${we}/app_preview_\uff11`),
    at(`${we}/app_preview_\u0661`),
    at(`${we}/app_preview_\u00b9`),
    at(`${we}/\u0430pp_preview_1`),
    at(`${we}/app\uff3fpreview_1`),
    at(`${we}/app_preview_1\u0301`),
    at(`${we}/app_previ\u0435w_1`),
    at(`127\u30020\u30020\u30021:${port}/app_preview_1`),
    at(`\u2460\u2461\u2466.0.0.1:${port}/app_preview_1`),
    at(`loc\u0430lhost:${port}/app_preview_1`),
    at(`${host}\uff1a${port}/app_preview_1`),
    at(`${we}\uff0fapp_preview_1`),
    at(`${we}\u2215app_preview_1`),
    `postgresql://u:${PASSWORD}\uff20${we}/app_preview_1`,
  ]);
}

function nameRows(we: string): Row[] {
  const name = (database: string): string => at(`${we}/${database}`);
  const numbered = ["0", "01", "100", "1e0", "-1", "1_", "1-", "1--", "1$", ""].map(
    (number) => `app_preview_${number}`,
  );
  const similar = [
    "APP_PREVIEW_1",
    "app-preview-1",
    "app_preview",
    "_app_preview_1",
    "app_preview_1_prod",
    "preview_1",
  ];
  const runtimes = ["spare_1", "kept_1", "retired_1", "seed_0123456789abcdef0123456789abcdef"];
  const foreign = ["customers", "appXpreview_1", "app_preview_prod", "1", "2147483648"];
  const cutAt63Bytes = [`app_preview_1${"x".repeat(64)}`, "app_preview_1".padStart(64, "_"), "a".repeat(64)];
  const others = [...numbered, ...similar, ...runtimes, ...foreign, ...cutAt63Bytes, ""].map(name);
  return [
    ...all("slot_database_mismatch", ["app_preview_2", "app_preview_11", "app_preview_99"].map(name)),
    ...all("non_preview_database_target", [...others, at(we)]),
    ...all("invalid_url", ["app_preview_1.0", "app_preview_1/*", "$(id)", "*", "app_preview_1|x"].map(name)),
    ...all("invalid_url", [name(`app_preview_1${"0".repeat(2_000)}`), at(`${"1".repeat(2_000)}/app_preview_1`)]),
  ];
}

function schemeRows(we: string): Row[] {
  const rest = `u:${PASSWORD}@${we}/app_preview_1`;
  const schemes = [
    "mysql",
    "http",
    "https",
    "file",
    "ftp",
    "sqlite",
    "POSTGRESQL",
    "Postgres",
    "postgresqls",
    "pg",
    "psql",
    "redis",
    "data",
  ];
  const drivers = [
    "postgresql+asyncpg",
    "postgresql+psycopg2",
    "postgresql+pg8000",
    "postgresql+psycopg+psycopg",
    "mysql+psycopg",
  ];
  return [
    ...all(
      "unsupported_scheme",
      [...schemes, ...drivers].map((scheme) => `${scheme}://${rest}`),
    ),
    ...all("unsupported_scheme", [
      `postgresql:${rest}`,
      `postgresql:/${rest}`,
      "postgresql:app_preview_1",
      "javascript:0",
    ]),
    ...all("invalid_url", [`postgresql:///${rest}`, `://${rest}`, `//${rest}`, `+postgresql://${rest}`, ""]),
  ];
}

function userRows(we: string, they: string): Row[] {
  return all("invalid_url", [
    `postgresql://u:${PASSWORD}@evil@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}@${they}@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}:x@${we}/app_preview_1`,
    `postgresql://:${PASSWORD}@${we}/app_preview_1`,
    `postgresql://@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}#@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}/@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}[@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}\\@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}{slot}@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}\u00e9@${we}/app_preview_1`,
    `postgresql://u,${they}:${PASSWORD}@${we}/app_preview_1`,
    `postgresql://u:${PASSWORD}@/app_preview_1`,
    `postgresql://u:${PASSWORD}@`,
    `postgresql://u:${PASSWORD}`,
  ]);
}

function keywordRows(ours: Address, { host, port }: Address): Row[] {
  return [
    ...all("control_character", [
      `host=${host} port=${port} dbname=app_preview_1 password=${PASSWORD}`,
      `host=${ours.host} port=${ours.port} dbname=app_preview_1`,
      `dbname=app_preview_1 service=production`,
      `hostaddr=${host} dbname='app_preview_1'`,
      `dbname = app_preview_1`,
      `{"host": "${host}"}`,
    ]),
    ...all("invalid_url", [
      "dbname=app_preview_1",
      "service=production",
      "app_preview_1",
      `${ours.host}:${ours.port}/app_preview_1`,
      `{"host":"${host}"}`,
      "undefined",
      "null",
      "[object\\Object]",
      "0",
    ]),
  ];
}

/** What a driver takes from PGHOST, PGPORT, PGDATABASE and PGUSER where the URL leaves it out. */
function gapRows({ host, port }: Address): Row[] {
  return [
    ["postgresql://", "invalid_url"],
    ["postgres://", "invalid_url"],
    [`postgresql://:${port}/app_preview_1`, "invalid_url"],
    [at(`:${port}/app_preview_1`), "invalid_url"],
    [`postgresql://${host}/app_preview_1`, "port_mismatch"],
    [`postgresql://${host}:${port}`, "non_preview_database_target"],
    [`postgresql://${host}:${port}/`, "non_preview_database_target"],
  ];
}

/** `PREVIEW_BACKEND_DATABASE_URL_TEMPLATE` for the first slot, filled in as the runtime does. */
function templateRows(slot: SlotId, ours: Address, production: Address): Row[] {
  const we = `${ours.host}:${ours.port}`;
  const templates: Row[] = [
    [at(`${we}/app_preview_{slot}{slot}`), "slot_database_mismatch"],
    [at(`${we}/app_preview_{slot}0`), "slot_database_mismatch"],
    [at(`${we}/app_preview_2{slot}`), "slot_database_mismatch"],
    [at(`${we}/app_preview_$\{slot}`), "non_preview_database_target"],
    [at(`${we}/app_preview_0{slot}`), "non_preview_database_target"],
    [at(`${we}/{slot}`), "non_preview_database_target"],
    [at(`${we}/app_preview_{SLOT}`), "invalid_url"],
    [at(`${we}/app_preview_{{slot}}`), "invalid_url"],
    [at(`${we}/app_preview_{slot`), "invalid_url"],
    [at(`${we}/app_preview_%7Bslot%7D`), "invalid_url"],
    [at(`${we}/app_preview_<slot>`), "invalid_url"],
    [at(`${we}/app_preview_{ slot }`), "control_character"],
    [at(`${ours.host}:1{slot}/app_preview_{slot}`), "port_mismatch"],
    [at(`{slot}.${we}/app_preview_{slot}`), "host_mismatch"],
    [at(`${production.host}:${production.port}/app_preview_{slot}`), "port_mismatch"],
    [at(`${we}/app_preview_{slot}?host=${production.host}`), "query_override"],
    ["{slot}", "invalid_url"],
  ];
  return templates.map(([template, code]) => [expandSlotTemplate(template, slot), code]);
}
