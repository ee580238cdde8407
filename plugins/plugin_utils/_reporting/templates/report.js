"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const table = document.getElementById("hosts"), filter = document.getElementById("filter");
  const bodies = all("#hosts > tbody"), tiles = all(".tile"), heads = all("#hosts > thead th");
  const texts = new Map(bodies.map(body => [body, body.textContent.toLowerCase()]));
  let only = "";

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const body of bodies) {
      const fits = (!only || body.dataset.flags.split(" ").includes(only))
        && words.every(word => texts.get(body).includes(word));
      body.hidden = !fits;
      count += fits;
    }
    document.getElementById("count").textContent = `${count} of ${bodies.length} shown`;
  };

  const sort = head => {
    const column = heads.indexOf(head), down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach(each => each.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = body => body.rows[0].cells[column].dataset.by;
    const order = new Intl.Collator(undefined, {numeric: true});
    const number = text => text !== "" && !isNaN(text);
    // Hosts about which nothing is known come last, whichever way.
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const way = number(a) && number(b) ? a - b : order.compare(a, b);
      return down ? -way : way;
    };
    table.append(...bodies.sort(compare));
  };

  const open = (body, wanted) => {
    body.querySelector(".host button").setAttribute("aria-expanded", wanted);
    body.rows[1].classList.toggle("open", wanted);
  };

  filter.addEventListener("input", show);
  tiles.forEach(tile => tile.addEventListener("click", () => {
    only = tile.dataset.only;
    tiles.forEach(each => each.setAttribute("aria-pressed", each === tile));
    show();
  }));
  all("[data-find]").forEach(kind => kind.addEventListener("click", () => {
    filter.value = filter.value === kind.dataset.find ? "" : kind.dataset.find;
    show();
  }));
  heads.forEach(head => head.firstElementChild.addEventListener("click", () => sort(head)));
  bodies.forEach(body => body.querySelector(".host button").addEventListener("click", event =>
    open(body, event.currentTarget.getAttribute("aria-expanded") !== "true")));
  document.getElementById("open").addEventListener("click", event => {
    const wanted = event.currentTarget.getAttribute("aria-pressed") !== "true";
    event.currentTarget.setAttribute("aria-pressed", wanted);
    event.currentTarget.textContent = wanted ? "Close all" : "Open all";
    bodies.forEach(body => open(body, wanted));
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches, root = document.documentElement;
    root.dataset.theme = (root.dataset.theme || (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  });
  document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape" && document.activeElement === filter) {
      filter.value = "";
      show();
    }
  });
  show();
})();
