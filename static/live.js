// Two things while a step is filled in: what the button "Check" does without pressing it, and keeping what is typed; and what goes on elsewhere is shown as
// it goes. Pages work without this.
(() => {
  // Looked at again every so many seconds, unless somebody is at it.
  const part = document.querySelector("[data-follow]:not([data-follow=''])");
  if (!part || !window.fetch || !window.DOMParser) return;
  const typed = () =>
    [...part.querySelectorAll("input, select")].some((field) => {
      if (field.type === "radio") return field.checked;
      return field.tagName === "SELECT" ? field.selectedIndex > 0 : field.type !== "hidden" && field.value !== "";
    });
  const busy = () => part.contains(document.activeElement) || typed() || document.hidden;
  let shown = null;
  const look = async () => {
    if (busy()) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [next, progress] = [page.getElementById(part.id), page.getElementById("progress")];
      // What somebody has opened is not what has changed.
      if (!next || !progress || next.innerHTML === shown || busy()) return;
      const first = shown === null;
      shown = next.innerHTML;
      if (first && next.textContent === part.textContent) return;
      const open = [...part.querySelectorAll("details")].map((details) => details.open);
      part.replaceChildren(...next.childNodes);
      [...part.querySelectorAll("details")].forEach((details, nth) => {
        if (open[nth]) details.open = true;
      });
      // Told where it stands, so that it is read out.
      const own = document.getElementById("progress");
      const [told, says] = [document, page].map((of) => of.querySelector("#done [role=status]"));
      const was = own.position;
      own.value = progress.value;
      if (told.textContent !== says.textContent) told.textContent = says.textContent;
      // What can be sent now stands below: the whole page shows it.
      if (!next.dataset.follow || (own.position === 1 && was !== 1)) location.reload();
    } catch {
      // Without a connection nothing is looked at.
    }
  };
  setInterval(look, 1000 * part.dataset.follow);
})();
(() => {
  const PREFIX = "liitos:";
  if (document.querySelector("[data-forget]")) {
    // Signed out: nothing that was typed stays on this device.
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => localStorage.removeItem(key));
    } catch {}
  }
  const form = document.querySelector("form[data-check]");
  if (!form || !window.fetch || !window.DOMParser) return;
  const CHECK_PAUSE = 600;
  const KEEP_PAUSE = 1500;
  const TRY_AGAIN = 5000;
  let checking, keeping, asked, waiting, sending = false, again = false, over = false;
  const said = document.getElementById("kept");
  const copy = PREFIX + form.dataset.keep;
  const body = () => new URLSearchParams(new FormData(form));
  // What was typed, whatever it was typed on.
  const typedIn = (text) => {
    const typed = new URLSearchParams(text);
    typed.delete("revision");
    return typed.toString();
  };

  const check = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: body(), signal: asked.signal });
      // A refusal (signed out, sent meanwhile) is told when the step is saved.
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, next] = [document.getElementById("checks"), page.getElementById("checks")];
      if (!now || !next || now.innerHTML === next.innerHTML) return;
      const open = now.querySelector("details")?.open;
      now.replaceChildren(...next.childNodes);
      const details = now.querySelector("details");
      if (details && open) details.open = true;
    } catch {
      // Without a connection nothing is checked, and nothing is lost.
    }
  };

  const onDevice = (text) => {
    try {
      if (text === null) localStorage.removeItem(copy);
      else localStorage.setItem(copy, text);
    } catch {
      // A device that keeps nothing: the page still does.
    }
  };

  const keep = async () => {
    if (over) return;
    if (sending) {
      again = true;
      return;
    }
    sending = true;
    const typed = body();
    onDevice(typed.toString());
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: typed });
      if (answer.ok) {
        const kept = await answer.json();
        form.elements.revision.value = kept.revision;
        said.textContent = kept.said;
        onDevice(null);
      } else {
        // Somebody else saved, or the session has ended: saving by hand says so and loses nothing.
        said.textContent = answer.status === 409 ? form.dataset.conflict : form.dataset.unsaved;
        over = answer.status === 409;
      }
    } catch {
      said.textContent = form.dataset.offline;
      clearTimeout(keeping);
      keeping = setTimeout(keep, TRY_AGAIN);
    }
    sending = false;
    if (waiting !== undefined) {
      const by = waiting;
      waiting = undefined;
      form.requestSubmit(by);
      return;
    }
    if (again) {
      again = false;
      keep();
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(checking);
    checking = setTimeout(check, CHECK_PAUSE);
    clearTimeout(keeping);
    keeping = setTimeout(keep, KEEP_PAUSE);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(keeping);
    if (sending) {
      // What is being kept comes first: the two would take each other for somebody else.
      event.preventDefault();
      waiting = event.submitter;
      return;
    }
    // The copy stays until the page is seen to hold the same: a save that never arrives loses nothing.
    over = true;
    onDevice(body().toString());
  });

  const put = (text) => {
    const typed = new URLSearchParams(text);
    for (const field of form.elements) {
      if (!field.name || field.name === "revision" || field.type === "submit") continue;
      const values = typed.getAll(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
    form.dispatchEvent(new Event("input"));
  };
  let left = null;
  try {
    left = localStorage.getItem(copy);
  } catch {}
  if (left && typedIn(left) === typedIn(body())) {
    // The page shows it; unless it asks for something first, it is kept, and then goes from this device.
    if (!document.getElementById("errors")) keep();
  } else if (left) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = form.dataset.restore;
    button.addEventListener("click", () => {
      put(left);
      button.remove();
    });
    said.replaceChildren(button);
  }
})();
