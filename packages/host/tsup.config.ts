import { defineConfig } from "tsup";

export default defineConfig({
  entry: [
    "src/fault-point.ts",
    "src/index.ts",
    "src/port-listener.ts",
    "src/read-only.ts",
    "src/slot/index.ts",
    "src/supervisor-client.ts",
    "src/systemd/index.ts",
  ],
  format: "esm",
  platform: "node",
  target: "node24",
  clean: true,
});
