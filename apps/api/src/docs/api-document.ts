import { OperatorError } from "@oroboros/slot-contract";
import type { OpenApiDocument } from "@oroboros/slot-contract/openapi";
import { statusOf } from "../problem.ts";

const VERSION = "0.1.0";

let document: Promise<OpenApiDocument> | undefined;

/** The api's description, made when it is first asked for: an api that nobody reads about does without the memory. */
export function apiDocument(): Promise<OpenApiDocument> {
  document ??= import("@oroboros/slot-contract/openapi").then(({ openApiDocument }) =>
    openApiDocument({
      version: VERSION,
      statusOf: (code) => statusOf(new OperatorError(code, "", { hint: "" })),
    }),
  );
  return document;
}
