import { appendFile, writeFile } from "node:fs/promises";
import { queryRows, startPostgres } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { settingsAwaitingRestart } from "./settings-awaiting-restart.ts";

test("what a file asks of the server is told once only a restart is missing, and not where another file overrides it", async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const superuserUrl = postgres.superuserUrl();
  const [[row] = []] = await queryRows(superuserUrl, "select current_setting('config_file') as main");
  const { main } = row as { main: string };
  const file = `${main.slice(0, main.lastIndexOf("/"))}/ours.conf`;
  await writeFile(file, "max_connections = 117\nauthentication_timeout = 7s\n");
  expect(await settingsAwaitingRestart({ superuserUrl, file })).toEqual([]);
  await appendFile(main, `include '${file}'\n`);
  expect(await settingsAwaitingRestart({ superuserUrl, file })).toEqual(["max_connections"]);
  const [[now] = []] = await queryRows(superuserUrl, "select current_setting('max_connections') as most");
  await appendFile(main, `max_connections = ${(now as { most: string }).most}\n`);
  expect(await settingsAwaitingRestart({ superuserUrl, file })).toEqual([]);
});
