import { runInNewContext } from "node:vm";
import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { tokenOf, useApi } from "../testing/use-api.ts";
import { SCRIPT } from "./script.ts";

const api = useApi();
const HTTPS = "https://api.example.com";
const HTTP = "http://127.0.0.1:8000";

/** Until it holds; the page answers to nobody when it is done. */
const soon = (holds: () => void): Promise<true> => eventually(() => (holds(), true), { deadlineMs: 60_000 });

test("on plain http the token stays in the tab, and no cookie is asked for", async () => {
  const page = openPage(`${HTTP}/#token=${tokenOf("viewer")}`);
  await soon(() => expect(page.content()).toContain("preview-1"));
  expect(Object.fromEntries(page.storage)).toEqual({ "oroboros-token": tokenOf("viewer") });
  expect(page.asked).toEqual(["GET /ui/overview"]);
  expect([page.cookies.size, page.hash()]).toEqual([0, "#/"]);
  page.forget();
  await soon(() => expect(page.problem()).toBe(""));
  expect(page.storage.size).toBe(0);
});

test("on https the token becomes the session's cookie, and no script keeps it", async () => {
  const page = openPage(`${HTTPS}/#token=${tokenOf("viewer")}`);
  await soon(() => expect(page.content()).toContain("preview-1"));
  expect(page.asked).toEqual(["POST /api/session", "GET /ui/overview"]);
  expect(page.storage.size).toBe(0);
  expect(Object.fromEntries(page.cookies)).toEqual({ "__Host-oroboros_session": tokenOf("viewer") });
  page.forget();
  await soon(() => expect(page.problem()).toBe(""));
  expect(page.asked.at(-1)).toBe("DELETE /api/session");
  expect(page.cookies.size).toBe(0);
});

test("on https a page that is loaded again is still signed in, and one that never was asks for a token", async () => {
  const again = openPage(`${HTTPS}/`, new Map([["__Host-oroboros_session", tokenOf("viewer")]]));
  await soon(() => expect(again.content()).toContain("preview-1"));
  const first = openPage(`${HTTPS}/`);
  await soon(() => expect(first.problem()).toBe(""));
  expect(first.asked).toEqual(["GET /ui/overview"]);
});

test.each([HTTP, HTTPS])("%s says so where a token is not known, and keeps nothing of it", async (origin) => {
  const page = openPage(`${origin}/#token=oro_a-token-nobody-ever-made`);
  await soon(() => expect(page.problem()).toContain("not known here"));
  expect([page.storage.size, page.cookies.size]).toEqual([0, 0]);
});

/** The script in as much of a browser as it touches; what it fetches, the api answers. */
function openPage(address: string, cookies = new Map<string, string>()) {
  const asked: string[] = [];
  const storage = new Map<string, string>();
  const location = new URL(address);
  const content = anElement();
  const forget = anElement();
  const notice = anElement();
  const form = { ...anElement(), token: { value: "", focus: () => undefined }, querySelector: () => notice };
  const elements: Record<string, object> = {
    forget,
    content: { ...content, querySelector: () => form, replaceChildren: () => undefined },
    "sign-in": { content: { cloneNode: () => ({}) } },
  };
  const shown = elements["content"] as typeof content;
  runInNewContext(SCRIPT, {
    location,
    URLSearchParams,
    setInterval: () => 0,
    addEventListener: () => undefined,
    history: { replaceState: (_state: null, _title: string, path: string) => void (location.hash = path.slice(1)) },
    document: { hidden: false, getElementById: (id: string) => elements[id] },
    sessionStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => void storage.set(key, value),
      removeItem: (key: string) => void storage.delete(key),
    },
    fetch: async (path: string, { method = "GET", headers, body }: RequestInit) => {
      asked.push(`${method} ${path}`);
      const sent = { ...(headers as Record<string, string>), ...browserHeaders(location, method, cookies) };
      const answer = await api.request(path, { method, headers: sent, ...(typeof body === "string" ? { body } : {}) });
      keepCookie(cookies, answer.headers.get("set-cookie"));
      return answer;
    },
  });
  return {
    asked,
    storage,
    cookies,
    hash: () => location.hash,
    content: () => shown.innerHTML,
    /** What the sign-in form says; undefined where it was not shown. */
    problem: () => notice.textContent,
    forget: () => forget.listeners.get("click")?.(),
  };
}

function anElement() {
  const listeners = new Map<string, () => void>();
  return {
    innerHTML: "",
    textContent: undefined as string | undefined,
    hidden: true,
    listeners,
    addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener),
  };
}

/** What a browser adds, which no script can. */
function browserHeaders(location: URL, method: string, cookies: Map<string, string>): Record<string, string> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return {
    host: location.host,
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    ...(method === "GET" ? {} : { origin: location.origin }),
    ...(cookie === "" ? {} : { cookie }),
  };
}

function keepCookie(cookies: Map<string, string>, header: string | null): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header ?? "") ?? [];
  if (value === "") cookies.delete(name);
  else cookies.set(name, value);
}
