import type { MiddlewareHandler } from "hono";
import type { Api } from "../api-context.ts";
import { apiDocument } from "../docs/api-document.ts";

const CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the api is, for machines and for people. Nothing in it is secret, and nothing comes from elsewhere. */
export function docsRoutes(api: Api): void {
  api.get("/openapi.json", async (c) => c.json(await apiDocument()));

  api.get("/docs", pageHeaders, async (c) => {
    const { docsPage } = await import("../docs/docs-page.ts");
    return c.html(docsPage(await apiDocument()));
  });

  api.get("/docs/style.css", pageHeaders, async (c) => {
    const { DOCS_STYLE } = await import("../docs/docs-style.ts");
    return c.body(DOCS_STYLE, 200, { "content-type": "text/css; charset=utf-8" });
  });
}

const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("content-security-policy", CSP);
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-cache");
};
