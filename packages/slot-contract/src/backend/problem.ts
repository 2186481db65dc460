import type { Problem } from "../api/problem.ts";

const STATUS = { invalid_slot: 404, invalid_request: 400, method_not_allowed: 405 } as const;
export type ProblemCode = keyof typeof STATUS;

const HINT: Record<ProblemCode, string> = {
  invalid_slot: "Ask the backend of that slot; GET /api/slots says which one this is.",
  invalid_request: "Send the body as JSON.",
  method_not_allowed: "Use one of the methods in the header Allow.",
};

/** A refusal as problem details (RFC 9457), like the api's own. */
export function problem(code: ProblemCode, detail: string, headers: Record<string, string>): Response {
  const status = STATUS[code];
  const body: Problem = {
    type: "about:blank",
    title: code.replaceAll("_", " "),
    status,
    code,
    detail,
    hint: HINT[code],
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
