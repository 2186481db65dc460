import type { Api } from "../api-context.ts";
import { apiDocument } from "../docs/api-document.ts";
import { pageHeaders } from "./page-headers.ts";

/** What the api is, for machines and for people. Nothing in it is secret, and nothing comes from elsewhere. */
export function docsRoutes(api: Api): void {
  const headers = pageHeaders();

  api.get("/openapi.json", async (c) => c.json(await apiDocument()));

  api.get("/docs", headers, async (c) => {
    const { docsPage } = await import("../docs/docs-page.ts");
    return c.html(docsPage(await apiDocument()));
  });

  api.get("/docs/style.css", headers, async (c) => {
    const { DOCS_STYLE } = await import("../docs/docs-style.ts");
    return c.body(DOCS_STYLE, 200, { "content-type": "text/css; charset=utf-8" });
  });
}
