const BASE_URL = import.meta.env.VITE_API_BASE_URL ?? "/api";

export type Item = { id: number; title: string; area: string; done: boolean; created_at: string };
export type ServedBy = { slot_id: string; commit_sha: string };

export const listItems = (): Promise<{ items: Item[] }> => request("GET", "/items");
export const addItem = (item: { title: string; area: string }): Promise<Item> => request("POST", "/items", item);
export const setDone = (id: number, done: boolean): Promise<Item> => request("PATCH", `/items/${id}`, { done });
/** Which slot and commit answers this page's API. */
export const servedBy = (): Promise<ServedBy> => request("GET", "/health");

async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(BASE_URL + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.json();
}
