const api = document.documentElement.dataset.api;
const byId = (id) => document.getElementById(id);
const seenAt = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const counted = (n, one, many) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;

byId("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const [species, birds, place] = [byId("species").value, byId("birds").valueAsNumber, byId("place").value];
  void attempt("The sighting was not logged.", async () => {
    await request("POST", "/sightings", { species, birds, place });
    event.target.reset();
    await refresh();
    say(`Logged ${birds} × ${species.trim()}.`);
    byId("species").focus();
  });
});
void attempt("The log could not be opened.", refresh);
void attempt("The backend does not say which slot it serves.", showServedBy);

async function refresh() {
  const { sightings, tally } = await request("GET", "/sightings");
  const birds = tally.reduce((sum, row) => sum + row.birds, 0);
  byId("headline").textContent =
    birds === 0
      ? "A quiet morning so far"
      : `${counted(birds, "bird", "birds")} of ${counted(tally.length, "species", "species")}`;
  byId("tally").replaceChildren(...tally.map((row) => tallyRow(row, tally[0].birds)));
  byId("known").replaceChildren(...tally.map(({ species }) => new Option(species)));
  byId("latest").replaceChildren(...(sightings.length > 0 ? sightings.map(sightingRow) : [emptyRow()]));
}

function tallyRow({ species, birds }, most) {
  const row = element("li", "");
  const bar = element("span", "bar");
  bar.style.setProperty("--share", String(birds / most));
  row.append(element("span", "species", species), bar, element("span", "birds", String(birds)));
  return row;
}

function sightingRow({ id, species, birds, place, seen_at }) {
  const row = element("li", "");
  const time = element("time", "", seenAt.format(new Date(seen_at)));
  time.dateTime = seen_at;
  const where = element("span", "where", `${place} · `);
  where.append(time);
  const remove = element("button", "remove", "Remove");
  remove.type = "button";
  remove.ariaLabel = `Remove ${birds} × ${species}`;
  remove.addEventListener("click", () => {
    void attempt("The sighting was not removed.", async () => {
      await request("DELETE", `/sightings/${id}`);
      await refresh();
      say(`Removed ${birds} × ${species}.`);
      // The button that had the focus is gone.
      byId("species").focus();
    });
  });
  row.append(element("span", "number", String(birds)), element("span", "species", species), where, remove);
  return row;
}

const emptyRow = () => element("li", "empty", "Nothing has been logged yet.");

async function showServedBy() {
  const { slot_id, commit_sha } = await request("GET", "/health");
  const commit = element("code", "", commit_sha.slice(0, 8));
  commit.title = commit_sha;
  byId("served").replaceChildren(`${slot_id} at `, commit);
  byId("served").hidden = false;
}

async function request(method, path, body) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(api + path, { method, ...sent });
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(answer?.detail ?? `The server answered ${response.status}.`);
  return answer;
}

async function attempt(failure, act) {
  say("");
  try {
    await act();
  } catch (error) {
    say(`${failure} ${error.message}`, true);
  }
}

function say(text, isFailure = false) {
  byId("notice").textContent = text;
  byId("notice").classList.toggle("failure", isFailure);
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
