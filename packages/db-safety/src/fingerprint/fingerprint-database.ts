import { sql } from "kysely";
import type { Session } from "../session.ts";
import { sha256 } from "../template-source.ts";
import { CODE_DEFINITIONS } from "./code-definitions.ts";
import { largeObjectParts, rowParts, sequenceParts } from "./content-parts.ts";
import { IS_CONTENT, type DefinitionQuery } from "./definition.ts";
import type { FingerprintPart } from "./fingerprint-part.ts";
import { inSteadySession } from "./in-steady-session.ts";
import { OTHER_DEFINITIONS } from "./other-definitions.ts";
import { RELATION_DEFINITIONS } from "./relation-definitions.ts";

/** More objects than any application has, and few enough to hold; a branch decides how many its database has. */
const MOST_OBJECTS = 100_000;
/** The name of a function names its arguments, of which there may be a hundred. */
const NAME_LENGTH = 400;

const DEFINITIONS = [...OTHER_DEFINITIONS, ...RELATION_DEFINITIONS, ...CODE_DEFINITIONS];

/**
 * Names a database's content (SHA-256, hexadecimal): every definition, row and sequence that an application could see in it. Two
 * copies of a template have the same one, whichever slot has them; owners' names, oids, the order of rows and the runtime's own schema
 * have no say in it. Nothing of what is read is executed, and rows never leave the server.
 */
export async function fingerprintDatabase(session: Session): Promise<string> {
  return fingerprintOf(await describeFingerprint(session));
}

/** The fingerprint that these parts are. */
export function fingerprintOf(parts: readonly FingerprintPart[]): string {
  const lines = parts.map(({ kind, name, hash }) => JSON.stringify([kind, name, hash]));
  return sha256(lines.toSorted().join("\n"));
}

/**
 * The parts of a fingerprint by object. A table whose policies hold for its owner too is locked while they are read.
 *
 * @throws Error where there are more than 100,000 of them.
 */
export function describeFingerprint(session: Session): Promise<FingerprintPart[]> {
  return inSteadySession(session, async () => {
    const parts: FingerprintPart[] = [];
    for (const query of DEFINITIONS) {
      parts.push(...(await definitionParts(session, query)));
      if (parts.length > MOST_OBJECTS) {
        throw new Error(`${session.backend.database} has more than ${MOST_OBJECTS} objects, which nobody compares`);
      }
    }
    await putPoliciesAside(session);
    await session.run(sql`set transaction read only`);
    parts.push(...(await rowParts(session)), ...(await sequenceParts(session)), ...(await largeObjectParts(session)));
    return parts;
  });
}

function definitionParts(session: Session, query: DefinitionQuery): Promise<FingerprintPart[]> {
  return session.run(sql<FingerprintPart>`
    select kind,
      case when pg_catalog.length(name) > ${sql.lit(NAME_LENGTH)}
        then pg_catalog.concat(pg_catalog."left"(name, ${sql.lit(NAME_LENGTH)}), '...', pg_catalog.md5(name)) else name end as name,
      pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(definition, ''), 'UTF8')), 'hex') as hash
    from (${query}) object limit ${sql.lit(MOST_OBJECTS + 1)}`);
}

/**
 * Policies would hide rows, and are code of whoever made them. Without row security a table whose policies hold for its owner too can
 * not be read at all, so for this transaction they hold for others only.
 */
async function putPoliciesAside(session: Session): Promise<void> {
  const forced = await session.run(sql<{ schema: string; name: string }>`
    select n.nspname as schema, c.relname as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relforcerowsecurity and ${IS_CONTENT}`);
  for (const { schema, name } of forced) {
    await session.run(sql`alter table only ${sql.id(schema, name)} no force row level security`);
  }
}
