import { runMain } from "@oroboros/service-kit";
import { supervise } from "./supervise.ts";

await runMain({ service: "supervisor", main: supervise });
