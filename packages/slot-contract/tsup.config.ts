import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    environments: "src/environments.ts",
    "host/index": "src/host/index.ts",
    "backend/index": "src/backend/index.ts",
    "openapi/index": "src/openapi/index.ts",
  },
  format: "esm",
  platform: "node",
  target: "node24",
  clean: true,
});
