import { defineConfig } from "vitest/config";
import { fromSource, HOOK_TIMEOUT, SHARED_POSTGRES, TEST_TIMEOUT } from "./vitest.config.ts";

// The tests of `pnpm check`: those of all packages that are not heavy, in as few processes as there are cores, because to start one and
// load the modules takes longer than most of them.
export default defineConfig({
  ...fromSource,
  test: {
    root: import.meta.dirname,
    include: ["{packages,apps}/*/src/**/*.test.ts", "tests/{architecture,support/src}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.integration.test.ts"],
    isolate: false,
    testTimeout: TEST_TIMEOUT,
    hookTimeout: HOOK_TIMEOUT,
    globalSetup: [SHARED_POSTGRES],
  },
});
