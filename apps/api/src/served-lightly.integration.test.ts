import { installLightFetch } from "@oroboros/service-kit";

// Once more what is answered to agents, people and streams, with the classes that an installed api has.
installLightFetch();
await import("./http-server.integration.test.ts");
await import("./browser.test.ts");
await import("./events/stream-events.test.ts");
await import("./page/page.test.ts");
await import("./routes/docs.test.ts");
