import { defineContract, parseEnvFile, parseEnvironment, type RuntimeContractInput } from "@oroboros/slot-contract";
import {
  apiEnvironmentSchema,
  contractOf,
  webSurfaceEnvironmentSchema,
  workerEnvironmentSchema,
} from "@oroboros/slot-contract/environments";
import { isGenerated, SECRET_VARIABLES } from "@oroboros/slot-contract/host";
import { describe, expect, test } from "vitest";
import { renderHostFiles } from "./host-files.ts";

const elsewhere = {
  slotCount: 10,
  portOffset: 1000,
  domain: "oroboros.example.org",
  previewDomain: "previews.example.net",
  unitPrefix: "second",
  corsAllowedOrigins: ["https://design.example.org"],
  publicTls: { email: "operator@example.org" },
  slotNetworks: ["10.1.0.0/16"],
} satisfies RuntimeContractInput;
const cases: [name: string, contract: RuntimeContractInput][] = [
  ["one-slot", { slotCount: 1 }],
  ["documents", {}],
  ["ten-slots-elsewhere", elsewhere],
];
const secrets = {
  DATABASE_URL: "postgresql://oroboros_worker:pw@127.0.0.1:5432/builder_control",
  SLOT_DATABASE_PASSWORD_KEY: "a".repeat(64),
};

test.each(cases)("the files of %s are as committed", async (name, input) => {
  for (const { path, text } of renderHostFiles(defineContract(input)))
    await expect(text).toMatchFileSnapshot(`../golden/host-files/${name}/${path}`);
});

test("every file says that it is generated, and names no secret", () => {
  for (const { path, text } of renderHostFiles(defineContract())) {
    expect([path, isGenerated(text)]).toEqual([path, true]);
    for (const secret of SECRET_VARIABLES) expect([path, text.includes(secret + "=")]).toEqual([path, false]);
  }
});

test("only root reads an installed env file", () => {
  const files = renderHostFiles(defineContract());
  expect(files.map(({ path, kind, installed }) => [path, kind, installed?.path, installed?.mode.toString(8)])).toEqual([
    ["sysusers/oroboros.conf", "file", "/etc/sysusers.d/oroboros.conf", "644"],
    ["tmpfiles/oroboros.conf", "file", "/etc/tmpfiles.d/oroboros.conf", "644"],
    ["polkit/49-oroboros.rules", "file", "/etc/polkit-1/rules.d/49-oroboros.rules", "644"],
    ["nftables/oroboros.conf", "file", "/etc/oroboros/nftables.conf", "644"],
    ["sysctl/60-oroboros.conf", "file", "/etc/sysctl.d/60-oroboros.conf", "644"],
    ["systemd/env/api.env", "env", "/etc/oroboros/api.env", "600"],
    ["systemd/env/web-main.env", "env", "/etc/oroboros/web-main.env", "600"],
    ["systemd/env/web-preview1.env", "env", "/etc/oroboros/web-preview1.env", "600"],
    ["systemd/env/web-preview2.env", "env", "/etc/oroboros/web-preview2.env", "600"],
    ["systemd/env/web-preview3.env", "env", "/etc/oroboros/web-preview3.env", "600"],
    ["systemd/env/worker.env", "env", "/etc/oroboros/worker.env", "600"],
  ]);
});

describe.each(cases)("the env files of %s", (_name, input) => {
  const contract = defineContract(input);
  const files = renderHostFiles(contract).filter(({ kind }) => kind === "env");
  const variablesOf = (name: string) =>
    parseEnvFile(files.find(({ path }) => path.endsWith(`/${name}.env`))?.text ?? "");
  const derived = { ...contract, publicTls: false, slotNetworks: [] };

  test("start the api", () => {
    const env = parseEnvironment("api", apiEnvironmentSchema, { ...variablesOf("api"), ...secrets });
    expect(env).toMatchObject({
      OROBOROS_SERVICE_MANAGER: "systemd",
      OROBOROS_LOOPBACK_IDENTITY: "on",
      REDIS_URL: "redis://127.0.0.1:6379/0",
    });
    expect(contractOf(env)).toEqual(derived);
  });

  test("start the worker", () => {
    const env = parseEnvironment("worker", workerEnvironmentSchema, { ...variablesOf("worker"), ...secrets });
    expect(env).toMatchObject({
      OROBOROS_SERVICE_MANAGER: "systemd",
      WORKER_POLL_INTERVAL_SECONDS: 5,
      WORKER_HEALTH_PORT: 8090 + contract.portOffset,
      PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql://slot@127.0.0.1:5432/app_preview_{slot}",
      WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR: "/srv/oroboros/current/scripts",
      DEPLOY_GIT_PUSH_MODE: "manual",
    });
    expect(contractOf(env)).toEqual(derived);
  });

  test("start every surface on its own port, root and upstream", () => {
    const names = ["main", ...Array.from({ length: contract.slotCount }, (_, index) => `preview${index + 1}`)];
    for (const [number, name] of names.entries()) {
      const env = parseEnvironment("surface", webSurfaceEnvironmentSchema, variablesOf(`web-${name}`));
      expect(env).toMatchObject({
        WEB_ROOT: `/srv/oroboros/current/infra/web-${number === 0 ? "main" : `preview-${number}`}`,
        WEB_PORT: 3100 + number + contract.portOffset,
        WEB_API_PROXY_TARGET: `http://127.0.0.1:${(number === 0 ? 8000 : 8100 + number) + contract.portOffset}`,
      });
      expect(contractOf(env)).toEqual(derived);
    }
  });
});
