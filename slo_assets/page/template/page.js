"use strict";
(() => {
  const rows = document.getElementById("rows");
  const find = document.getElementById("find");
  const sort = document.getElementById("sort");
  const tools = document.getElementById("tools");

  function apply() {
    const words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const status = tools.elements.show.value;
    let shown = 0;
    for (const row of document.querySelectorAll("[data-find]")) {
      const fits = words.every((word) => row.dataset.find.includes(word));
      row.hidden = !fits || (status !== "" && row.dataset.status !== status);
      if (!row.hidden && row.parentNode === rows) shown += 1;
    }
    document.getElementById("found").textContent = `${shown.toLocaleString("en")} shown`;
    document.getElementById("nothing").hidden = shown > 0;
  }

  // What is not known has an empty key and comes last.
  function arrange() {
    const key = sort.value;
    const value = (row) => row.dataset[key];
    const compare = key === "name"
      ? (a, b) => value(a).localeCompare(value(b))
      : (a, b) => (value(a) === "") - (value(b) === "") || value(a) - value(b);
    rows.append(...[...rows.children].sort((a, b) => compare(a, b) || a.dataset.order - b.dataset.order));
  }

  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  }

  if (tools) {
    tools.hidden = rows.children.length < 2;
    tools.addEventListener("input", apply);
    tools.addEventListener("submit", (event) => event.preventDefault());
    sort.addEventListener("change", arrange);
    // A browser that goes back restores what was typed and chosen.
    arrange();
    apply();
    addEventListener("hashchange", open);
    open();
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
        event.preventDefault();
        find.focus();
      }
    });
    const FEW = 50;
    addEventListener("beforeprint", () => {
      if (rows.children.length <= FEW) for (const row of rows.children) row.open = true;
    });
  }

  // Served pages look for a newer one; a file on a disk is what it is.
  if (location.protocol.startsWith("http")) {
    let known = null;
    const look = async () => {
      try {
        const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-cache" });
        const tag = answer.ok ? answer.headers.get("ETag") : known;
        if (known !== null && tag !== known) location.reload();
        known = tag;
      } catch {
        // The server is away: what is shown stays, and the next look may find it.
      }
    };
    look();
    setInterval(look, Number(document.body.dataset.refresh) * 1000);
  }
})();
