import { expect, test } from "vitest";
import { childEnvironment } from "./child-environment.ts";

const REFUSED = [
  "NODE_OPTIONS NODE_PATH NODE_V8_COVERAGE LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH BASH_ENV BASH_FUNC_ls%% ENV PERL5DB PERL5OPT PYTHONSTARTUP RUBYOPT",
  "GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_GLOBAL GIT_TRACE GIT_EDITOR GIT_EXEC_PATH GIT_EXTERNAL_DIFF XDG_CONFIG_HOME",
  "npm_config_script_shell pnpm_config_pnpmfile npm_config_node_options PSQLRC",
  "PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGSSLMODE PGSYSCONFDIR PGTARGETSESSIONATTRS",
].flatMap((names) => names.split(" "));

test.each(REFUSED)("%s reaches no child, inherited or declared", (name) => {
  const evil = { [name]: "evil" };
  expect(childEnvironment({ source: evil, declared: evil, home: "/h", packages: true })).toEqual({ HOME: "/h" });
});

test("only the allowlist is inherited", () => {
  const source = {
    LANG: "C",
    TZ: "UTC",
    CI: "1",
    TRACE_ID: "t",
    DATABASE_URL: "secret",
    AWS_SECRET: "secret",
    HOME: "/root",
    PATH: "/root/bin",
  };
  expect(childEnvironment({ source, declared: {}, home: "/h", path: "/usr/bin" })).toEqual({
    LANG: "C",
    TZ: "UTC",
    CI: "1",
    TRACE_ID: "t",
    HOME: "/h",
    PATH: "/usr/bin",
  });
});

test("package settings come along only where they are asked for", () => {
  const source = {
    pnpm_config_registry: "http://r/",
    HTTPS_PROXY: "http://p/",
    no_proxy: "x",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    RES_OPTIONS: "timeout:1",
  };
  expect(childEnvironment({ source, declared: {}, home: "/h" })).toEqual({ HOME: "/h" });
  expect(childEnvironment({ source, declared: {}, home: "/h", packages: true })).toEqual({ ...source, HOME: "/h" });
});

test("what a step declares is passed on, but neither home nor path is its to choose", () => {
  const declared = {
    VITE_API_BASE_URL: "/api",
    HOME: "/root",
    PATH: "/evil",
    GIT_INDEX_FILE: "/h/index",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  expect(childEnvironment({ source: {}, declared, home: "/h", path: "/usr/bin" })).toEqual({
    ...declared,
    HOME: "/h",
    PATH: "/usr/bin",
  });
});
