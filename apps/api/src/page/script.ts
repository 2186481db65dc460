/** Runs in the operator's browser: keeps the token, fetches fragments, follows the address bar. */
export const SCRIPT = `"use strict";
const KEY = "oroboros-token";
const REFRESH_MS = 2000;
const content = document.getElementById("content");
const forget = document.getElementById("forget");
let shown = "";

takeTokenFromAddress();
forget.addEventListener("click", () => { sessionStorage.removeItem(KEY); shown = ""; show(); });
addEventListener("hashchange", () => { takeTokenFromAddress(); show(); });
content.addEventListener("click", openArtifact);
setInterval(() => { if (!document.hidden && sessionStorage.getItem(KEY)) show(); }, REFRESH_MS);
show();

function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  history.replaceState(null, "", "/#/");
}

async function show() {
  if (!sessionStorage.getItem(KEY)) return signIn("");
  const address = location.hash;
  const run = /^#\\/runs\\/([0-9a-f-]{36})$/.exec(address);
  const response = await get(run ? "/ui/runs/" + run[1] : "/ui/overview").catch(() => undefined);
  if (!response || address !== location.hash) return;
  if (response.status === 401) { sessionStorage.removeItem(KEY); return signIn("This token is not known here."); }
  forget.hidden = false;
  if (!response.ok) { content.textContent = (await response.json()).detail; shown = ""; return; }
  const fragment = await response.text();
  if (fragment === shown || address !== location.hash) return;
  shown = fragment;
  content.innerHTML = fragment;
}

function get(path) {
  return fetch(path, { headers: { authorization: "Bearer " + sessionStorage.getItem(KEY) } });
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
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, form.token.value.trim());
    show();
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
