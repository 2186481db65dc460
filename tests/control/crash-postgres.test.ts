import { testCrashes } from "./crash-matrix.ts";

testCrashes("postgres", () => Promise.resolve({ name: "postgres" }));
