import { cp, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { build, defineConfig, type Options } from "tsup";

const conditions = ["oroboros-source", "module"];

const entries = {
  api: "apps/api/src/main.ts",
  cli: "packages/cli/src/main.ts",
  "migration-guard": "packages/db-safety/src/guard/main.ts",
  "step-runner": "apps/step-runner/src/main.ts",
  supervisor: "apps/supervisor/src/main.ts",
  "web-surface": "apps/web-surface/src/main.ts",
  worker: "apps/worker/src/main.ts",
};

const REQUIRE = 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);';

// Each process is a build of its own, which leaves out what only another one uses of a package they share.
const release: Options = {
  outDir: "dist/release/apps",
  format: "esm",
  platform: "node",
  target: "node24",
  splitting: true,
  noExternal: [/.*/],
  // Optional native parts that their packages do without.
  external: ["pg-native", "msgpackr-extract"],
  // The bundled CommonJS packages call require for Node's own modules.
  banner: { js: REQUIRE },
  esbuildOptions(options) {
    options.conditions = conditions;
    // Names stay as they are: keeping them in another way costs a call for each function that is made.
    options.minifySyntax = true;
    options.minifyWhitespace = true;
  },
  removeNodeProtocol: false,
  esbuildPlugins: [builtinsWithoutFacade()],
};

const { cli, ...others } = entries;

const firstOfRelease: Options = {
  ...release,
  entry: { cli },
  clean: true,
  onSuccess: async () => {
    // Not beside this one, which empties the directory.
    for (const [name, path] of Object.entries(others)) {
      await build({ ...release, ...settingsOf(name), entry: { [name]: path }, config: false });
    }
    await cp("packages/db-safety/node_modules/libpg-query/wasm/libpg-query.wasm", "dist/release/apps/libpg-query.wasm");
    await copyInfra();
    await copyScripts();
    // Else Node reads every file twice, to find out what it is.
    await writeFile("dist/release/apps/package.json", '{ "type": "module" }\n');
  },
};

/** The SQL parser looks for its WebAssembly beside itself. */
const settingsOf = (name: string): Options =>
  name === "migration-guard" ? { banner: { js: `${REQUIRE} const __dirname = import.meta.dirname;` } } : {};

/**
 * An ESM import of one of Node's modules reads every export it has, and with `http.WebSocket` loads all of undici: some 16 MB and 40 ms
 * in a process that needs no fetch. `process.getBuiltinModule` reads only what is used. HTTP/2 (12 MB and 25 ms), which nobody speaks
 * here, is only looked at by Hono's adaptor, to tell its requests from others.
 */
function builtinsWithoutFacade(): NonNullable<Options["esbuildPlugins"]>[number] {
  return {
    name: "builtins-without-facade",
    setup(build) {
      build.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path }) => {
        const name = path.replace(/^node:/, "");
        return builtinModules.includes(name) ? { path: `node:${name}`, namespace: "builtin" } : undefined;
      });
      build.onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
        contents:
          path === "node:http2"
            ? "exports.Http2ServerRequest = class {};"
            : `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      }));
    },
  };
}

/** What a host is installed from, and the pages that a release serves. What only a checkout needs stays there. */
async function copyInfra(): Promise<void> {
  const left = new Set(["infra/contract.ts", "infra/db", "infra/web-self"]);
  await rm("dist/release/infra", { recursive: true, force: true });
  await cp("infra", "dist/release/infra", { recursive: true, filter: (path) => !left.has(path) });
}

/** The documents' commands: in a release they run its own Node and its own command line. */
async function copyScripts(): Promise<void> {
  const left = new Set(["scripts/demo.sh", "scripts/test.sh", "scripts/pnpm", "scripts/count-tests.mjs"]);
  await rm("dist/release/scripts", { recursive: true, force: true });
  await cp("scripts", "dist/release/scripts", { recursive: true, filter: (path) => !left.has(path) });
}

// The demo's application with the contract package beside it, as it would have come from a registry.
const demo: Options = {
  entry: {
    index: "packages/slot-contract/src/index.ts",
    "backend/index": "packages/slot-contract/src/backend/index.ts",
  },
  outDir: "dist/demo/main/backend/vendor/slot-contract/dist",
  clean: true,
  format: "esm",
  target: "node24",
  splitting: true,
  external: ["zod"],
  onSuccess: copyExample,
};

async function copyExample(): Promise<void> {
  const left = /\/(node_modules|dist|vendor)(\/|$)/;
  const filter = (path: string): boolean => !left.test(path.slice("examples/node-app".length));
  await cp("examples/node-app", "dist/demo/main", { recursive: true, filter });
  await cp("packages/slot-contract/package.json", "dist/demo/main/backend/vendor/slot-contract/package.json");
  await cp("examples/node-app-urgent-items.patch", "dist/demo/branch.patch");
}

export default defineConfig([firstOfRelease, demo]);
