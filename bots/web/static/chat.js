// The web chat: sends photos, words and taps; shows what /chat/events brings. No library, nothing from another host.
import { BoxDrawer } from "./box.js";
import { answer, bubble, photoBubble, waiting } from "./render.js";
import { say } from "./texts.js";

const $ = (id) => document.getElementById(id);
const log = $("log"), state = $("state"), words = $("words"), file = $("file"), sheet = $("sheet"), preview = $("preview");
const GAP_PX = 10;
const MAX_BYTES = 20 * 1024 * 1024;
const pending = new Map(); // job → the "searching" bubble
const early = new Set(); // jobs answered before the 202 reached us
const box = new BoxDrawer($("stage"), preview, $("box"), $("draw"));
let photo = null;

/** At the end; of what is taller than the log, its beginning is what one sees. */
function show(node) {
  log.append(node);
  const top = log.scrollTop + node.getBoundingClientRect().top - log.getBoundingClientRect().top - GAP_PX;
  log.scrollTo({ top, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function setState(text, lost = false) {
  state.textContent = text;
  state.classList.toggle("lost", lost);
}

// --- what comes ---

function listen() {
  const events = new EventSource("/chat/events");
  events.addEventListener("hello", () => { setState(say("ready")); document.body.dataset.ready = "yes"; });
  events.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    const wait = pending.get(message.job);
    if (wait) { wait.remove(); pending.delete(message.job); } else { early.add(message.job); }
    show(answer(message, tap));
  });
  events.onerror = () => setState(say("lost"), true);
}

// --- what goes ---

async function send(form) {
  let response;
  try {
    response = await fetch("/chat/messages", { method: "POST", body: form, credentials: "same-origin" });
  } catch {
    show(bubble(say("unsent"), "warn"));
    return;
  }
  const body = await response.json().catch(() => ({}));
  if (response.status !== 202) {
    show(bubble(body.message || say("failed_short"), "warn"));
    return;
  }
  if (early.delete(body.job)) return;
  const wait = waiting();
  pending.set(body.job, wait);
  show(wait);
}

function tap(token, label, button) {
  if (button.disabled) return;
  button.disabled = true; // one tap, one search; it may be tapped again once that is answered
  setTimeout(() => { button.disabled = false; }, 3000);
  show(bubble(label, "mine"));
  const form = new FormData();
  form.set("button", token);
  send(form);
}

function sendPhoto(chosen, part) {
  const form = new FormData();
  form.set("photo", chosen, chosen.name || "photo");
  if (part) form.set("box", [part.x, part.y, part.width, part.height].map((n) => n.toFixed(4)).join(","));
  show(photoBubble(chosen, part));
  send(form);
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (!text) { words.focus(); return; }
  words.value = "";
  show(bubble(text, "mine"));
  const form = new FormData();
  form.set("text", text);
  send(form);
});

// --- choosing a photo: pick, drop, paste ---

function choose(chosen) {
  if (!chosen) return;
  if (chosen.type && !chosen.type.startsWith("image/")) {
    show(bubble(say("refused_not_a_picture"), "warn"));
    return;
  }
  if (chosen.size > MAX_BYTES) {
    show(bubble(say("refused_too_large"), "warn"));
    return;
  }
  photo = chosen;
  box.reset();
  preview.hidden = false;
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(chosen);
  sheet.showModal();
  $("go").focus();
}

preview.addEventListener("error", () => { preview.hidden = true; box.disable(); }); // HEIC, TIFF: searched, not shown
$("cancel").addEventListener("click", () => sheet.close(""));
sheet.addEventListener("close", () => {
  if (sheet.returnValue === "go" && photo) sendPhoto(photo, box.value());
  sheet.returnValue = "";
  photo = null;
});

file.addEventListener("change", () => { choose(file.files[0]); file.value = ""; });
document.addEventListener("paste", (event) => {
  const image = [...(event.clipboardData?.files || [])].find((one) => one.type.startsWith("image/"));
  if (image) { event.preventDefault(); choose(image); }
});
let depth = 0;
const carriesFile = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
document.addEventListener("dragenter", (event) => { if (carriesFile(event)) { depth += 1; $("drop").hidden = false; } });
document.addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); if (!depth) $("drop").hidden = true; });
document.addEventListener("dragover", (event) => { if (carriesFile(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  depth = 0;
  $("drop").hidden = true;
  choose(event.dataTransfer.files[0]);
});

const narrow = matchMedia("(max-width: 640px), (pointer: coarse)"), { placeholder } = words;
const hint = () => { words.placeholder = narrow.matches ? say("words") : placeholder; };
narrow.addEventListener("change", hint);
hint();
show(bubble(say("hello")));
listen();
