
// Lists of any length: only the rows in sight exist. The list of records, the search over them, and the tabs.

class LongList {
  /** `make(i)` gives the cells of row i; `choose(i)` is told what the user picks; `rows.length` says how many there are. */
  constructor(scroller, { make, choose, className = "" }) {
    Object.assign(this, { scroller, make, choose, className, count: 0, active: -1, made: new Map() });
    this.sheet = element("div", { className: "sheet", role: "presentation" });
    scroller.append(this.sheet);
    this.draw = drawnOnce(() => this.drawNow());
    scroller.addEventListener("scroll", this.draw, { passive: true });
    scroller.addEventListener("keydown", (event) => this.key(event));
    this.sheet.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.choose(Number(row.dataset.row));
    });
    new ResizeObserver(this.draw).observe(scroller);
  }

  get rowHeight() { return matchMedia("(pointer: coarse)").matches ? 36 : 28; }

  show(count) {
    this.count = count;
    this.sheet.style.height = `${count * this.rowHeight}px`;
    this.refresh();
  }
  refresh() {
    this.sheet.replaceChildren();
    this.made.clear();
    this.draw();
  }

  /** Makes row i the active one, and brings it into sight. */
  activate(i) {
    this.active = i;
    const { scroller } = this, top = i * this.rowHeight;
    if (i >= 0 && (top < scroller.scrollTop || top + this.rowHeight > scroller.scrollTop + scroller.clientHeight))
      scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 2);
    this.drawNow();
    for (const [k, row] of this.made) row.setAttribute("aria-selected", String(k === i));
    if (this.made.has(i)) scroller.setAttribute("aria-activedescendant", this.made.get(i).id);
    else scroller.removeAttribute("aria-activedescendant");
  }

  drawNow() {
    const { scroller, sheet, made, rowHeight } = this;
    sheet.style.height = `${this.count * rowHeight}px`;
    const from = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - 8);
    const to = Math.min(this.count, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + 8);
    for (const [i, row] of made) if (i < from || i >= to) row.remove(), made.delete(i);
    for (let i = from; i < to; ++i) {
      if (made.has(i)) continue;
      const row = element("div", { className: `row ${this.className}`, role: "option", id: `${scroller.id}-row-${i}` });
      row.dataset.row = i;
      row.style.cssText = `top: ${i * rowHeight}px; height: ${rowHeight}px`;
      row.setAttribute("aria-posinset", i + 1);
      row.setAttribute("aria-setsize", this.count);
      row.setAttribute("aria-selected", String(i === this.active));
      this.make(i, row);
      made.set(i, row);
      sheet.append(row);
    }
  }

  key(event) {
    const screen = Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 1);
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active < 0 ? this.count - 1 : this.active - 1, Home: 0,
      End: this.count - 1, PageDown: this.active + screen, PageUp: this.active - screen }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (this.count) this.choose(Math.max(0, Math.min(this.count - 1, to)));
  }
}

function markRow(row, r) {
  const how = arrival(r);
  row.classList.toggle("current", r.number === page.position);
  row.classList.toggle("awaited", how !== "there");
  row.classList.toggle("match", page.matches.includes(r.number));
  swatchOf(r, how, row.querySelector(".swatch"));
  const norm = row.querySelector(".norm");
  norm.textContent = arrivedNorm(r);
  norm.style.setProperty("--share", how === "there" && r.state === State.flows ? shareOf(r.norm).toFixed(3) : 0);
}

const recordList = new LongList(byId("list"), {
  choose: (i) => page.select(i, "list"),
  make(i, row) {
    const r = page.tape.records[i];
    const badValue = r.value?.non_finite ? element("b", { className: "bad", title: "its value is not finite" }, " NaN/∞") : null;
    row.append(element("span", { className: "number" }, String(i)), element("span", { className: "swatch" }),
      element("span", { className: r.inputs.length ? "op" : "op leaf" }, r.op, badValue), element("span", { className: "label", title: labelOf(r) }, labelOf(r)),
      element("span", { className: "shape" }, formattedShape(r.shape)), element("span", { className: "number norm" }));
    markRow(row, r);
  },
});

page.on("tape", () => recordList.show(page.tape.size));
page.on("select", () => recordList.activate(page.selected));
for (const event of ["matches", "colours"]) page.on(event, () => recordList.refresh());
page.on("move", () => {
  for (const [i, row] of recordList.made) markRow(row, page.tape.records[i]);
});

// Search: "#17" is a record; anything else is looked for in operation, scope, parameter, file, line and its text.

function findRecords(text) {
  const query = text.trim().toLowerCase(), number = /^#(\d+)$/.exec(query);
  if (!query) return [];
  if (number) return Number(number[1]) < page.tape.size ? [Number(number[1])] : [];
  const words = query.split(/\s+/), found = [];
  for (const r of page.tape.records) {
    r.text ??= [r.op, r.scope, r.name ?? "", `${r.place.file}:${r.place.line}`, r.place.text].join("\n").toLowerCase();
    if (words.every((word) => r.text.includes(word))) found.push(r.number);
  }
  return found;
}

function showMatchCount() {
  const { matches, selected } = page, at = matches.indexOf(selected);
  byId("found").textContent = !byId("query").value.trim() ? "" : !matches.length ? "none" :
    at >= 0 ? `${at + 1} of ${matches.length}` : `${matches.length} found`;
  byId("previous-match").disabled = byId("next-match").disabled = !matches.length;
}

function search() {
  page.matches = findRecords(byId("query").value);
  page.tell("matches");
  if (page.matches.length && !page.matches.includes(page.selected)) page.select(page.matches[0], "search");
  showMatchCount();
}

function goToMatch(direction) {
  const { matches, selected } = page;
  if (!matches.length) return;
  const next = direction > 0 ? matches.find((k) => k > selected) : matches.findLast((k) => k < selected);
  page.select(next ?? (direction > 0 ? matches[0] : matches[matches.length - 1]), "search");
}

byId("query").addEventListener("input", search);
byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.shiftKey) event.preventDefault(), goToMatch(-1);
});
byId("search").addEventListener("submit", (event) => { event.preventDefault(); goToMatch(+1); });
byId("previous-match").addEventListener("click", () => goToMatch(-1));
page.on("select", showMatchCount);

// The tabs: list, graph and, once there is one, comparison.

const tabs = ["list", "graph", "diff"];

function openTab(name, focus = false) {
  for (const tab of tabs) {
    const button = byId(`tab-${tab}`), open = tab === name;
    button.setAttribute("aria-selected", String(open));
    button.tabIndex = open ? 0 : -1;
    if (open && focus) button.focus();
    byId(`${tab}-view`).hidden = !open;
  }
  page.tell("tab", name);
}

for (const tab of tabs) byId(`tab-${tab}`).addEventListener("click", () => openTab(tab));
document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const there = tabs.filter((tab) => !byId(`tab-${tab}`).hidden);
  const now = there.findIndex((tab) => byId(`tab-${tab}`).getAttribute("aria-selected") === "true");
  openTab(there[(now + step + there.length) % there.length], true);
});
