import { OperatorError } from "@oroboros/slot-contract";
import type { OpenApiDocument } from "@oroboros/slot-contract/openapi";
import manifest from "../../package.json" with { type: "json" };
import { statusOf } from "../problem.ts";

let document: Promise<OpenApiDocument> | undefined;

/** The api's description, made when it is first asked for: an api that nobody reads about does without the memory. */
export function apiDocument(): Promise<OpenApiDocument> {
  document ??= import("@oroboros/slot-contract/openapi").then(({ openApiDocument }) =>
    openApiDocument({
      version: manifest.version,
      statusOf: (code) => statusOf(new OperatorError(code, "", { hint: "" })),
    }),
  );
  return document;
}
