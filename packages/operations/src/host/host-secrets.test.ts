import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { hostSecrets } from "./host-secrets.ts";

const contract = defineContract();
const from = (files: Record<string, string>) => hostSecrets(contract, (path) => files[path]);

test("a host without env files gets new secrets, each time others", () => {
  const { secrets, byFile } = from({});
  expect(Object.keys(byFile)).toEqual(["/etc/oroboros/api.env", "/etc/oroboros/worker.env"]);
  expect(secrets.slotPasswordKey).toMatch(/^[0-9a-f]{64}$/);
  expect(from({}).secrets).not.toEqual(secrets);
});

test("the secrets of a host are read back as they were written", () => {
  const { secrets, byFile } = from({});
  const files = Object.fromEntries(
    Object.entries(byFile).map(([path, values]) => [
      path,
      Object.entries(values)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(""),
    ]),
  );
  expect(from(files).secrets).toEqual(secrets);
});

test("the documents' spelling of an address is understood", () => {
  const line = "DATABASE_URL=postgresql+psycopg://oroboros_api:it%2Fs@127.0.0.1:5432/builder_control\n";
  expect(from({ "/etc/oroboros/api.env": line }).secrets.passwords.api).toBe("it/s");
});

test.each([
  "postgresql://postgres:postgres@127.0.0.1:5432/builder_control",
  "postgresql://oroboros_api:secret@10.0.0.1:5432/builder_control",
  "postgresql://oroboros_api@127.0.0.1:5432/builder_control",
  "nonsense",
])("an address that is not the process's own is refused without being said: %s", (url) => {
  const asked = () => from({ "/etc/oroboros/api.env": `DATABASE_URL="${url}"\n` });
  expect(asked).toThrow(expect.objectContaining({ code: "invalid_environment" }));
  expect(asked).toThrow(/^DATABASE_URL in \/etc\/oroboros\/api\.env does not log oroboros_api into builder_control/);
});
