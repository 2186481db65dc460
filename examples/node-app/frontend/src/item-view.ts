import type { Item } from "./api.ts";

/** One row: a checkbox, which is the whole row's label, and the item's area. */
export function itemRow(item: Item, onToggle: (done: boolean) => void): HTMLLIElement {
  const checkbox = document.createElement("input");
  checkbox.type = "checkbox";
  checkbox.checked = item.done;
  checkbox.dataset["id"] = String(item.id);
  checkbox.addEventListener("change", () => onToggle(checkbox.checked));

  const label = document.createElement("label");
  label.append(checkbox, textElement("span", "title", item.title), areaTag(item.area));

  const row = document.createElement("li");
  row.append(label);
  return row;
}

export function emptyRow(text: string): HTMLLIElement {
  return textElement("li", "empty", text);
}

function areaTag(area: string): HTMLElement {
  const tag = textElement("span", "area", area);
  tag.dataset["area"] = area;
  return tag;
}

function textElement<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string, text: string) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
