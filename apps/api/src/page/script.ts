import { SESSION_SCRIPT } from "./session-script.ts";

/** Runs in the operator's browser: stays signed in, fetches fragments, follows the address bar. */
export const SCRIPT = `"use strict";
${SESSION_SCRIPT}
const REFRESH_MS = 2000;
const content = document.getElementById("content");
const forget = document.getElementById("forget");
let shown = "";

forget.addEventListener("click", async () => { await session.close(); shown = ""; show(); });
addEventListener("hashchange", start);
content.addEventListener("click", openArtifact);
setInterval(() => { if (!document.hidden && session.isOpen()) show(); }, REFRESH_MS);
start();

async function start() {
  const problem = await takeTokenFromAddress();
  if (problem) signIn(problem);
  else show();
}

async function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return "";
  history.replaceState(null, "", "/#/");
  return session.open(token);
}

async function show() {
  if (!session.isOpen()) return signIn("");
  const address = location.hash;
  const run = /^#\\/runs\\/([0-9a-f-]{36})$/.exec(address);
  const response = await get(run ? "/ui/runs/" + run[1] : "/ui/overview").catch(() => undefined);
  if (!response || address !== location.hash) return;
  if (response.status === 401) return signIn(session.lapse());
  forget.hidden = false;
  if (!response.ok) { content.textContent = (await response.json()).detail; shown = ""; return; }
  const fragment = await response.text();
  if (fragment === shown || address !== location.hash) return;
  shown = fragment;
  content.innerHTML = fragment;
}

function get(path) {
  return fetch(path, { headers: session.headers() });
}

function signIn(problem) {
  forget.hidden = true;
  shown = "";
  content.replaceChildren(document.getElementById("sign-in").content.cloneNode(true));
  const form = content.querySelector("form");
  const notice = form.querySelector(".problem");
  notice.textContent = problem;
  notice.hidden = problem === "";
  form.token.focus();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = await session.open(form.token.value.trim());
    if (problem) signIn(problem);
    else show();
  });
}

async function openArtifact(event) {
  const link = event.target.closest("a[data-artifact]");
  if (!link) return;
  event.preventDefault();
  const response = await get(link.dataset.artifact);
  document.getElementById("artifact-title").textContent = link.textContent;
  document.getElementById("artifact-text").textContent = await response.text();
  document.getElementById("artifact").showModal();
}
`;
