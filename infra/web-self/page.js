// Says which commit and which run this preview is, as its own backend tells it.
const [health, slots] = await Promise.all(["/api/health", "/api/slots"].map(ask));

tell("commit", health?.commit_sha);
tell("run", slots?.[0]?.run_id);
if (health?.slot_id) document.getElementById("slot").textContent = health.slot_id;

async function ask(path) {
  try {
    const response = await fetch(path, { cache: "no-store" });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

function tell(id, text) {
  const field = document.getElementById(id);
  field.textContent = text ?? "the backend does not answer right now";
  field.className = text ? "" : "bad";
}
