/**
 * How the page stays signed in. On https the api keeps the token in a cookie that no script reads; on plain http a cookie would be sent
 * to every other port of the host, previews' included, so there the token stays in this tab.
 */
export const SESSION_SCRIPT = `const KEY = "oroboros-token";
const session = location.protocol === "https:" ? cookieSession() : tabSession();

function tabSession() {
  return {
    isOpen: () => sessionStorage.getItem(KEY) !== null,
    open: async (token) => { sessionStorage.setItem(KEY, token); return ""; },
    close: async () => sessionStorage.removeItem(KEY),
    lapse: () => { sessionStorage.removeItem(KEY); return "This token is not known here."; },
    headers: () => ({ authorization: "Bearer " + sessionStorage.getItem(KEY) }),
  };
}

function cookieSession() {
  // Whether there is a cookie only an answer tells.
  let isOpen = true;
  let wasOpened = false;
  const ask = (method, body) =>
    fetch("/api/session", { method, headers: { "content-type": "application/json" }, body }).catch(() => undefined);
  return {
    isOpen: () => isOpen,
    open: async (token) => {
      const answer = await ask("POST", JSON.stringify({ token }));
      isOpen = wasOpened = answer?.ok === true;
      return isOpen ? "" : answer ? (await answer.json()).detail : "The api does not answer.";
    },
    close: () => { isOpen = wasOpened = false; return ask("DELETE"); },
    lapse: () => { isOpen = false; return wasOpened ? "This session is over." : ""; },
    headers: () => ({}),
  };
}
`;
