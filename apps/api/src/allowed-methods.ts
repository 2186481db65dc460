import type { Api } from "./api-context.ts";

/** The methods that some path is answered for; none where nothing answers it. */
export function allowedMethods(api: Pick<Api, "routes">, path: string): string[] {
  const methods = api.routes.filter((route) => route.method !== "ALL" && matches(route.path, path));
  const named = new Set(methods.map(({ method }) => method));
  if (named.has("GET")) named.add("HEAD");
  return [...named].toSorted();
}

function matches(pattern: string, path: string): boolean {
  const pieces = path.split("/");
  const expected = pattern.split("/");
  return (
    pieces.length === expected.length &&
    expected.every((piece, index) => (piece.startsWith(":") ? pieces[index] !== "" : piece === pieces[index]))
  );
}
