import { loadModule } from "libpg-query";
import { readMigration } from "./read-migration.ts";

/**
 * Reads migrations in a process of its own, which whoever starts it gives little memory and little time: a JSON array of texts on
 * stdin, and on stdout a line of JSON for each, in their order, as soon as it is read. Fewer lines than texts say that the one after
 * the last line was too much for it, or that the parser is not to be trusted with another text.
 */
await loadModule();
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
const texts: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
for (const text of Array.isArray(texts) ? texts : []) {
  const { isParserSound, ...read } = readMigration(String(text));
  process.stdout.write(`${JSON.stringify(read)}\n`);
  if (!isParserSound) break;
}
