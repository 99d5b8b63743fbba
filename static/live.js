// Checks a step while it is filled in: what the button "Check" does, without pressing it. Pages work without this.
(() => {
  const form = document.querySelector("form[data-check]");
  if (!form || !window.fetch || !window.DOMParser) return;
  const PAUSE = 600;
  let timer, asked;
  const check = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        signal: asked.signal,
      });
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
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  });
})();
