import { randomUUID } from "node:crypto";
import { eventually, queryRows, startPostgres, type TestPostgres } from "@oroboros/test-support";

const OWN = "application_name=witness";
const SETTINGS = ["log_connections = on", "log_statement = 'all'", "log_line_prefix = '<%p> '"];

export type Seen = Readonly<{
  /** `user@database` of whoever was let in. */
  logins: string[];
  /** Of whoever asked, `user@database`, let in or not. */
  attempts: string[];
  statements: string[];
}>;

/** A server that writes down who came in and what was said. */
export interface WitnessingServer extends TestPostgres {
  /** What happened since the last call, but for the test's own. */
  seen(): Promise<Seen>;
}

export async function startWitness(): Promise<WitnessingServer> {
  const postgres = await startPostgres();
  // A slot's database makes whoever comes in the slot's role.
  const superuserUrl = (database?: string): string => `${postgres.superuserUrl(database)}?${OWN}&options=-crole%3Dnone`;
  await queryRows(
    superuserUrl(),
    ...SETTINGS.map((setting) => `alter system set ${setting}`),
    "select pg_reload_conf()",
  );
  let from = 0;
  /** The log up to now: what was logged before this statement was, came through the same pipe before it. */
  const logged = (): Promise<string> => {
    const mark = randomUUID();
    return eventually(
      async () => {
        await queryRows(superuserUrl(), `select '${mark}'`);
        const log = postgres.log();
        return log.includes(mark) ? log : undefined;
      },
      { deadlineMs: 60_000 },
    );
  };
  const seen = async (): Promise<Seen> => {
    const log = await logged();
    const entries = [...log.slice(from).matchAll(/^<(\d+)> (.*(?:\n(?!<\d+> ).*)*)/gm)];
    from = log.length;
    return whatOthersDid(entries.map(([, pid = "", text = ""]) => ({ pid, text })));
  };
  await seen();
  return { ...postgres, superuserUrl, seen };
}

type Entry = Readonly<{ pid: string; text: string }>;

function whatOthersDid(entries: readonly Entry[]): Seen {
  const own = new Set(entries.filter(({ text }) => text.includes(OWN)).map(({ pid }) => pid));
  const texts = entries.filter(({ pid }) => !own.has(pid)).map(({ text }) => text);
  const found = (pattern: RegExp): string[] =>
    texts.flatMap((text) => {
      const [, first, second] = pattern.exec(text) ?? [];
      return first === undefined ? [] : [second === undefined ? first : `${first}@${second}`];
    });
  const logins = found(/^LOG: {2}connection authorized: user=(\S+) database=(\S+)/);
  const refused = found(/^FATAL: {2}(.*)/);
  return {
    logins,
    attempts: [...logins, ...refused],
    statements: found(/^LOG: {2}(?:statement|execute [^:]*): ([^]*)/),
  };
}
