import type { ServerResponse } from "node:http";
import { sendText } from "./problem.ts";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Nothing here yet</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 1rem }</style>
<main>
<h1>Nothing here yet</h1>
<p>Nothing is published here. Reload once something is.</p>
</main>
</html>
`;

/** Answers where the root leads nowhere: the last resort, for a slot has a surface even while nothing is published to it. */
export function sendPlaceholder(response: ServerResponse): void {
  response.setHeader("retry-after", "5");
  sendText(response, 503, "text/html; charset=utf-8", PAGE);
}
