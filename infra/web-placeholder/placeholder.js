// Asks the slot's own backend who it is, and shows what it says. When a run takes the slot, the page that is then here is loaded.
const ASK_EVERY_MS = 5000;

void show();
setInterval(() => {
  if (!document.hidden) void show();
}, ASK_EVERY_MS);

async function show() {
  const [health, slots, page] = await Promise.all([ask("/api/health"), ask("/api/slots"), ask("/health")]);
  if (page?.commit_sha) return location.reload();
  const slot = page?.slot_id ?? health?.slot_id;
  if (slot) {
    document.getElementById("slot").textContent = slot;
    document.title = `${slot} is free`;
  }
  tell("backend", health?.status === "ok", "answers", "does not answer right now");
  tell("database", Array.isArray(slots) && slots[0] !== null, "fresh, and answers", "does not answer right now");
}

async function ask(path) {
  try {
    const response = await fetch(path, { cache: "no-store" });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

function tell(id, isWell, well, ill) {
  const field = document.getElementById(id);
  const text = isWell ? well : ill;
  if (field.textContent === text) return;
  field.textContent = text;
  field.className = isWell ? "good" : "bad";
}
