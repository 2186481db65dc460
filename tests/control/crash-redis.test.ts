import { startRedis, type TestRedis } from "@oroboros/test-support";
import { afterAll } from "vitest";
import { testCrashes } from "./crash-matrix.ts";

let redis: TestRedis | undefined;
afterAll(() => redis?.stop());

testCrashes("redis", async () => {
  redis = await startRedis();
  return { name: "redis", url: redis.url };
});
