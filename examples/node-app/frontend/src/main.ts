import "./style.css";
import { addItem, listItems, servedBy, setDone, type Item } from "./api.ts";
import { emptyRow, itemRow } from "./item-view.ts";

const form = element("add", HTMLFormElement);
const title = element("title", HTMLInputElement);
const area = element("area", HTMLSelectElement);
const notice = element("notice", HTMLElement);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  notice.hidden = true;
  void attempt("The item was not added.", async () => {
    await addItem({ title: title.value, area: area.value });
    form.reset();
    await refresh();
  });
});
void attempt("The list could not be loaded.", refresh);
void attempt("The backend does not say which slot it serves.", showServedBy);

async function refresh(): Promise<void> {
  show((await listItems()).items);
}

function show(items: Item[]): void {
  const open = items.filter((item) => !item.done);
  const done = items.filter((item) => item.done);
  element("headline", HTMLElement).textContent =
    open.length === 0
      ? "Ready to launch"
      : `${open.length} ${open.length === 1 ? "thing" : "things"} left before launch`;
  const progress = element("progress", HTMLProgressElement);
  progress.max = Math.max(items.length, 1);
  progress.value = done.length;
  fill("open", open, "Nothing is left to do.");
  fill("done", done, "Nothing is done yet.");
}

function fill(listId: string, items: Item[], whenEmpty: string): void {
  const rows = items.map((item) => itemRow(item, (done) => void toggle(item, done)));
  element(listId, HTMLElement).replaceChildren(...(rows.length > 0 ? rows : [emptyRow(whenEmpty)]));
}

async function toggle(item: Item, done: boolean): Promise<void> {
  notice.hidden = true;
  await attempt("The change was not saved.", () => setDone(item.id, done));
  await attempt("The list could not be loaded.", refresh);
  // The row was drawn anew in the other list; a keyboard user goes on from it.
  document.querySelector<HTMLInputElement>(`input[data-id="${item.id}"]`)?.focus();
}

async function showServedBy(): Promise<void> {
  const { slot_id, commit_sha } = await servedBy();
  const served = element("served", HTMLElement);
  const commit = document.createElement("code");
  commit.textContent = commit_sha.slice(0, 8);
  commit.title = commit_sha;
  served.replaceChildren(`${slot_id} at `, commit);
  served.hidden = false;
}

async function attempt(failure: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notice.textContent = `${failure} ${error instanceof Error ? error.message : ""}`;
    notice.hidden = false;
  }
}

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}
