// Builds the page that a preview of this repository shows: its files named by their content, so that browsers may keep them.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const ASSETS = { "page.css": "../web-placeholder/placeholder.css", "page.js": "page.js" };

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist/assets", { recursive: true });
let page = readFileSync("index.html", "utf8");
for (const [name, source] of Object.entries(ASSETS)) {
  const text = readFileSync(source);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 10).toUpperCase();
  const hashed = name.replace(".", `-${hash}.`);
  writeFileSync(`dist/assets/${hashed}`, text);
  page = page.replaceAll(`/assets/${name}`, `/assets/${hashed}`);
}
writeFileSync("dist/index.html", page.replace("%BACKEND_URL%", process.env["VITE_SLOT_BACKEND_URL"] ?? ""));
