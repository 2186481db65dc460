import { installLightFetch } from "@oroboros/service-kit";

// Once more what is answered to agents, people and streams, with the classes that an installed api has. In a project of its own
// (vitest.config.ts): no file after it shall have these classes, and what a file before it has loaded would not be tested again.
installLightFetch();
await import("./http-server.integration.test.ts");
await import("./browser.test.ts");
await import("./events/stream-events.test.ts");
await import("./page/page.test.ts");
await import("./routes/docs.test.ts");
