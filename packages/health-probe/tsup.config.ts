import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", "postgres/index": "src/postgres/index.ts", "servers/index": "src/servers/index.ts" },
  format: "esm",
  platform: "node",
  target: "node24",
  clean: true,
});
