import { tinyApp, type TinyApp } from "@oroboros/test-runtime";

/** The tiny application with another page, backend and migration: a publish of it reuses nothing of another word's. */
export function changedApp(word: string, change?: (app: TinyApp) => void): Record<string, string> {
  return tinyApp((app) => {
    app.files["web/build.mjs"] = String(app.files["web/build.mjs"]).replace("tiny page", word);
    app.files["server/server.mjs"] += `// ${word}\n`;
    app.files["migrations/0002_word.sql"] = `create table ${word} (id int);\n`;
    change?.(app);
  });
}
