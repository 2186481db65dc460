/** An error answer as RFC 9457 problem details. */
export function problem(status: number, code: string, detail: string): Response {
  return Response.json(
    { type: "about:blank", title: code.replaceAll("_", " "), status, code, detail },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}
