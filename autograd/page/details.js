
// All about the selected record.

const svgElement = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** A link to a record of this tape; of another one, its words alone. */
const linkTo = (r, properties, ...children) =>
  r.tape === page.tape ? element("a", { href: `#r${r.number}`, ...properties }, ...children) : element("span", properties, ...children);

function recordLink(r) {
  const name = r.name ? r.name.split(".").slice(-2).join(".") : r.op;
  return linkTo(r, { className: "record", title: [r.op, labelOf(r)].join(" ").trim() }, swatchOf(r),
    element("b", {}, `#${r.number}`), ` ${name} `, element("span", { className: "quiet" }, formattedShape(r.shape)));
}

function linkList(title, { records }, numbers, none) {
  const list = element("ul", { className: "links" });
  const most = 60;
  for (const number of numbers.slice(0, most))
    list.append(element("li", {}, number < 0 ? element("span", { className: "quiet" }, "a constant") : recordLink(records[number])));
  if (numbers.length > most) list.append(element("li", { className: "quiet" }, `and ${numbers.length - most} more`));
  return element("div", {}, element("h3", {}, title), numbers.length ? list : element("p", { className: "quiet" }, none));
}

const briefly = (x) => formatted(Number(x.toPrecision(2))).replace(/\.?0+e/, "e");

/** A heat map, blue below zero and red above it; or a histogram. */
function pictureOf(digest, what) {
  if (digest.map) {
    const [rows, columns, low, high, cells] = digest.map, most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const svg = svgElement("svg", { viewBox: `0 0 ${columns} ${rows}`, role: "img", class: "map", preserveAspectRatio: "none",
      "shape-rendering": "crispEdges", "aria-label": `Heat map of the ${what}, ${rows} by ${columns} averages from ${formatted(low)} to ${formatted(high)}` });
    svg.style.aspectRatio = `${Math.max(columns, rows / 3)} / ${Math.max(rows, columns / 6)}`;
    [...cells].forEach((cell, i) => {
      const level = page.tape.data.heat_levels.indexOf(cell), value = low + (high - low) * (level / 63), share = Math.abs(value) / most;
      const colour = cell === "!" ? "var(--bad)" : `color-mix(in oklab, var(--${value < 0 ? "negative" : "positive"}) ${Math.round(100 * share)}%, var(--map-zero))`;
      svg.append(svgElement("rect", { x: i % columns, y: Math.floor(i / columns), width: 1, height: 1, style: `fill: ${colour}` }));
    });
    return element("figure", {}, svg, element("figcaption", {}, element("span", {}, briefly(-most)), element("span", { className: "diverging" }), element("span", {}, briefly(most))));
  }
  if (digest.bins) {
    const most = Math.max(...digest.bins, 1);
    const svg = svgElement("svg", { viewBox: "0 0 240 80", role: "img", class: "histogram", "aria-label": `Histogram of the ${what}, from ${formatted(digest.min)} to ${formatted(digest.max)}` });
    digest.bins.forEach((count, i) => {
      const height = count ? Math.max(1.5, (78 * count) / most) : 0;
      svg.append(svgElement("rect", { x: i * 10 + 0.5, y: 80 - height, width: 9, height }));
    });
    return element("figure", {}, svg, element("figcaption", {}, element("span", {}, briefly(digest.min)), element("span", {}, briefly(digest.max))));
  }
  return element("span");
}

function statisticsTable(r) {
  const { keeps_all: keepsAll } = r.tape.data, how = arrival(r);
  const gradient = how === "there" ? r.adjoint : undefined;
  const absent = how === "arriving" ? "still adding up" : how === "awaited" ? "not arrived yet" : keepsAll ? "none flowed here" : "not kept";
  const row = (name, cell) => element("tr", {}, element("th", { scope: "row" }, name),
    ...[r.value, gradient].map((digest) => element("td", { className: "number" }, digest ? cell(digest) : "")));
  const count = (key) => (digest) => {
    const amount = digest[key] ?? 0;
    return amount && key === "non_finite" ? element("b", { className: "bad" }, String(amount)) : String(amount);
  };
  return element("table", { className: "statistics" },
    element("thead", {}, element("tr", {}, element("td"), element("th", { scope: "col" }, "Value"), element("th", { scope: "col" }, "Gradient")),
      element("tr", { className: "pictures" }, element("td"),
        element("td", {}, r.value ? pictureOf(r.value, "value") : element("span", { className: "quiet" }, "not kept")),
        element("td", {}, gradient ? pictureOf(gradient, "gradient") : element("span", { className: "quiet" }, absent)))),
    element("tbody", {}, ...!r.value && !gradient ? [] : [...[["norm", "norm"], ["min", "min"], ["max", "max"], ["mean", "mean"], ["deviation", "deviation"]]
      .map(([name, key]) => row(name, (digest) => formatted(digest[key]))), row("zeros", count("zeros")), row("not finite", count("non_finite"))]));
}

const holdWords = { saved: "saved input", cached: "cached on the way", output: "its value", inspection: "its value, kept to look at",
  recomputed: "saved input, else computed anew" };

function memoryTable(r) {
  const { holders, records, data: { buffers } } = r.tape;
  if (!r.holds.length) return element("p", { className: "quiet" }, "It holds no memory.");
  return element("table", { className: "memory" }, element("tbody", {}, ...r.holds.map(([as, b]) => {
    const [bytes, parameter] = buffers[b], others = holders[b].filter((k) => k !== r.number);
    const shared = element("td");
    if (parameter) shared.append("the parameter’s own ");
    if (others.length) shared.append(parameter ? "· also " : "shared with ");
    others.slice(0, 6).forEach((k, i) => shared.append(i ? ", " : "", linkTo(records[k], { title: records[k].op }, `#${k}`)));
    if (others.length > 6) shared.append(` and ${others.length - 6} more`);
    return element("tr", {}, element("th", { scope: "row" }, holdWords[as] ?? as), element("td", { className: "number" }, formattedBytes(bytes)), shared);
  })));
}

function formulaBlock(formula) {
  const derivatives = formula.derivatives.filter((text) => text);
  if (!formula.value && !derivatives.length && !formula.words) return null;
  return element("div", { className: "formula" }, formula.value ? element("p", { className: "math" }, formula.value) : null,
    ...derivatives.map((text) => element("p", { className: "math derivative" }, text)), formula.words ? element("p", {}, formula.words) : null);
}

function showDetails() {
  const r = page.there ?? page.tape.records[page.selected], body = byId("details-body");
  if (!r) {
    byId("details-title").textContent = "No record selected";
    body.replaceChildren(element("p", { className: "quiet" }, page.tape.size ? "Choose a record in the list, the graph or the chart." : "This tape is empty."));
    return;
  }
  byId("details-title").textContent = `#${r.number} ${r.op}`;
  const facts = element("dl", {}, element("dt", {}, "shape"), element("dd", {}, `${formattedShape(r.shape)} of ${r.tape.data.type}`));
  if (r.name) facts.append(element("dt", {}, "parameter"), element("dd", {}, r.name));
  for (const [name, text] of r.attributes) facts.append(element("dt", {}, name), element("dd", {}, text));
  if (r.scope) facts.append(element("dt", {}, "scope"), element("dd", {}, r.scope));
  facts.append(element("dt", {}, "line"), element("dd", { title: r.place.file }, formattedPlace(r.place)));
  const partner = partnerOf(r);
  body.replaceChildren(...[r.place.text ? element("pre", {}, element("code", {}, r.place.text)) : null, facts, formulaBlock(r.formula), partner,
    element("div", { className: "neighbours" }, linkList("Inputs", r.tape, r.inputs, "None: a leaf."), linkList("Used by", r.tape, r.users, "Nothing.")),
    statisticsTable(r), element("h3", {}, "Memory"), memoryTable(r)].filter(Boolean));
}

const refreshDetails = drawnOnce(showDetails);
page.on("tape", showDetails);
page.on("select", showDetails);
page.on("move", refreshDetails);
page.on("diff", refreshDetails);
