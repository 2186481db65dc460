export { jsonSchemaOfEvent } from "./event-schema.ts";
export { openApiDocument } from "./openapi-document.ts";
export type { OpenApiDocument, Operation } from "./openapi-document.ts";
