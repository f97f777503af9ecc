"use strict";

// Actions: a button with data-method and data-url sends a request to the API, then shows what came of it.
async function send(button) {
  if (button.dataset.confirm && !window.confirm(button.dataset.confirm)) return;
  button.disabled = true;
  const form = button.closest("form");
  const options = { method: button.dataset.method, headers: {} };
  if (button.dataset.json) {
    options.headers["Content-Type"] = "application/json";
    options.body = button.dataset.json;
  }
  if (form && form.elements.answer) {
    let value = form.elements.answer.value;
    try { value = JSON.parse(value); } catch { /* a text is an answer, too */ }
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify({ value });
  } else if (form && button.dataset.fields) {
    options.headers["Content-Type"] = "application/json";
    const fields = button.dataset.fields.split(" ").map((name) => [name, form.elements[name].value]);
    options.body = JSON.stringify(Object.fromEntries(fields));
  }
  try {
    const response = await fetch(button.dataset.url, options);
    if (!response.ok) throw new Error((await response.json()).detail);
    if (button.dataset.next) window.location = button.dataset.next;
    else await refresh();
  } catch (error) {
    say(error.message || "the server cannot be reached");
  } finally {
    button.disabled = false;
  }
}

function say(text) {
  document.getElementById("said").textContent = text;
}

// Live parts: whenever a run of this server takes a step, the part is fetched again.
async function refresh() {
  const live = document.getElementById("live");
  if (!live) { window.location.reload(); return; }
  if (live.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
  const response = await fetch(window.location, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const part = fresh.getElementById("live");
  if (!part) return;
  const focused = document.activeElement && document.activeElement.id;
  live.replaceChildren(...part.childNodes);
  if (focused) { const again = document.getElementById(focused); if (again) again.focus(); }
}

let timer = null;
function soon() {
  if (timer === null) timer = setTimeout(() => { timer = null; refresh(); }, 400);
}

const live = document.getElementById("live");
if (live && live.dataset.events) {
  const events = new EventSource(live.dataset.events);
  for (const name of ["run_started", "step_started", "step_ended", "run_ended", "reset"]) {
    events.addEventListener(name, soon);
  }
  // Runs of other processes send no events here.
  setInterval(() => { if (!document.hidden) refresh(); }, 10000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-url]");
  if (button) { event.preventDefault(); send(button); }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
  const search = document.querySelector("input[name=q]");
  if (search) { event.preventDefault(); search.focus(); }
});

// Drop zone: files are sent one by one, each with its own line.
const drop = document.getElementById("drop");
if (drop) {
  const picker = document.getElementById("files");
  const list = document.getElementById("sent");
  const upload = async (files) => {
    const bank = document.getElementById("bank").value.trim() || "default";
    for (const file of files) {
      const line = document.createElement("li");
      line.textContent = `${file.name}: sending`;
      list.append(line);
      const body = new FormData();
      body.append("file", file);
      try {
        const response = await fetch(`/v1/banks/${encodeURIComponent(bank)}/sources`, { method: "POST", body });
        const answer = await response.json();
        const one = response.ok ? answer.files[0] : answer;
        line.textContent = `${file.name}: ${one.detail || (one.runs.length ? one.runs[0].status : "nothing to read")}`;
        const where = document.createElement("a");
        where.href = `/banks/${encodeURIComponent(bank)}/runs/${encodeURIComponent(file.name)}`;
        where.textContent = "watch";
        if (!one.detail) line.append(" ", where);
      } catch { line.textContent = `${file.name}: the server cannot be reached`; }
    }
  };
  picker.addEventListener("change", () => upload(picker.files));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    upload(event.dataTransfer.files);
  });
}
