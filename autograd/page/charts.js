
// The charts over record numbers: gradient norms, and the memory that the walk still holds; and the table by scope.

const chartLeft = 46, chartRight = 14;  // the slider's ends stand below these
const normsCanvas = byId("norms"), heldCanvas = byId("held");
let hovered = -1;

const chartX = (number, width) => chartLeft + ((number + 1) / Math.max(1, page.tape.size)) * (width - chartLeft - chartRight);
const recordAtX = (x, width) =>
  Math.max(0, Math.min(page.tape.size - 1, Math.round(((x - chartLeft) / (width - chartLeft - chartRight)) * page.tape.size - 1)));

const innerBoxes = (box) => box.members.filter((member) => member instanceof Box);

/** The boxes that cut the tape into parts, as finely as `most` of them allow; `split` cuts one box. */
function partsOfTape(most, split = innerBoxes) {
  let parts = split(graph.root);
  if (parts.length > most) return [];
  for (;;) {
    const finer = parts.flatMap((box) => (innerBoxes(box).length ? split(box) : [box]));
    if (finer.length === parts.length || finer.length > most) return parts;
    parts = finer;
  }
}

/** The boxes in a box, and as one more the records that stand in it beside them: residual sums, the loss. */
function innerBoxesAndRest(box) {
  const inner = innerBoxes(box), members = box.members.filter((member) => !(member instanceof Box));
  if (!members.length) return inner;
  const rest = new Box("", box.path, members[0].number, box);
  Object.assign(rest, { isRest: true, members, last: members[members.length - 1].number, gradients: gradientsOf(members) });
  return [...inner, rest].sort((one, other) => one.last - other.last);
}

/** The same for the charts: few enough to name, or else enough to see a long stack of layers. */
function partsOfCharts() {
  const few = partsOfTape(14);
  return few.length < 4 ? partsOfTape(40) : few;
}

function drawParts(c, width, bottom, labels) {
  partsOfCharts().forEach((part, i) => {
    const left = chartX(part.first - 0.5, width), right = Math.min(chartX(part.last + 0.5, width), width - chartRight);
    if (i % 2 === 0) {
      c.fillStyle = colourOf.raised;
      c.fillRect(left, 0, right - left, bottom);
    }
    if (!labels) return;
    const text = part.label;
    c.font = fontOf(11);
    c.fillStyle = colourOf.quiet;
    c.textAlign = "center";
    const words = text.split(".");
    const tries = [text, words.slice(-2).join("."), part.name];
    const fitting = tries.find((label) => c.measureText(label).width < right - left - 4);
    if (fitting) c.fillText(fitting, (left + right) / 2, bottom + 13);
  });
}

function drawCursor(c, number, width, bottom) {
  if (number < 0) return;
  const x = chartX(number, width);
  c.strokeStyle = colourOf.current;
  c.lineWidth = 1.5;
  c.beginPath();
  c.moveTo(x, 0);
  c.lineTo(x, bottom);
  c.stroke();
}

const drawNorms = drawnOnce(() => {
  const { tape } = page, { context: c, width, height } = sharp(normsCanvas);
  const bottom = height - 18, top = 16, floor = bottom - 14;  // zeros and what has none stand below the floor
  const y = (norm) => floor - 4 - ((Math.log10(norm) - tape.low) / (tape.high - tape.low)) * (floor - 4 - top);
  const normHeight = (r) => arrival(r) === "awaited" ? floor + 7 : r.state === State.flows ? y(r.norm) : r.state === State.nonFinite ? top - 7 : floor + 7;
  drawParts(c, width, bottom, true);
  c.font = fontOf(11);
  c.textAlign = "right";
  const decades = tape.high - tape.low, step = Math.max(1, Math.ceil(decades / 5));
  for (let decade = tape.high; tape.hasGradients && decade >= tape.low; decade -= step) {
    c.strokeStyle = colourOf.rule;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(chartLeft, Math.round(y(10 ** decade)) + 0.5);
    c.lineTo(width - chartRight, Math.round(y(10 ** decade)) + 0.5);
    c.stroke();
    c.fillStyle = colourOf.quiet;
    c.fillText(superscript(decade), chartLeft - 6, y(10 ** decade) + 4);
  }
  c.fillStyle = colourOf.quiet;
  if (tape.records.some((r) => r.state === State.zero)) c.fillText("0", chartLeft - 6, floor + 11);
  drawOthersNorms(c, width, y);
  const radius = tape.size > 1500 ? 1.6 : tape.size > 300 ? 2.4 : 3.4;
  for (const r of tape.records) {
    const how = arrival(r), x = chartX(r.number, width);
    if (r.state === State.none || how === "awaited") {
      c.fillStyle = colourOf.none;
      c.fillRect(x - 0.5, floor + 5, 1, 5);
      continue;
    }
    c.beginPath();
    c.arc(x, normHeight(r), radius, 0, 2 * Math.PI);
    c.fillStyle = gradientColour(r);
    c.strokeStyle = how === "arriving" ? colourOf.quiet : colourOf.edge;
    c.lineWidth = 0.7;
    if (how === "there") c.fill();
    if (radius > 2 || how === "arriving") c.stroke();
  }
  drawCursor(c, page.position, width, bottom);
  for (const number of new Set([page.selected, hovered])) {
    const r = tape.records[number];
    if (!r) continue;
    const x = chartX(number, width), at = normHeight(r);
    c.beginPath();
    c.arc(x, at, radius + 3, 0, 2 * Math.PI);
    c.strokeStyle = colourOf.accent;
    c.lineWidth = 2;
    c.stroke();
    if (number === hovered || hovered < 0) drawTip(c, `#${number} ${r.op}  ${arrivedNorm(r)}`, x, at, width);
  }
  if (!tape.hasGradients) {
    c.font = fontOf(13);
    c.fillStyle = colourOf.quiet;
    c.textAlign = "center";
    c.fillText("no gradients on this tape", width / 2, height / 2);
  }
});

function drawTip(c, text, x, y, width) {
  c.font = fontOf(12, "600");
  const wide = c.measureText(text).width + 12, left = Math.max(2, Math.min(width - wide - 2, x - wide / 2)), top = y > 40 ? y - 30 : y + 10;
  c.beginPath();
  c.roundRect(left, top, wide, 20, 4);
  c.fillStyle = colourOf.ink;
  c.fill();
  c.fillStyle = colourOf.ground;
  c.textAlign = "left";
  c.fillText(text, left + 6, top + 14);
}

/** The norms of the tape compared with, where its records have partners here. */
function drawOthersNorms(c, width, y) {
  if (!page.diff) return;
  c.strokeStyle = colourOf.quiet;
  c.lineWidth = 1;
  for (const { here, there } of page.diff.rows) {
    if (!here || !there || there.state !== State.flows) continue;
    c.strokeRect(chartX(here.number, width) - 2.5, y(there.norm) - 2.5, 5, 5);
  }
}

const drawHeld = drawnOnce(() => {
  const { tape } = page, { context: c, width, height } = sharp(heldCanvas), bottom = height - 2;
  let most = 0;
  for (let k = 0; k <= tape.size; ++k) most = Math.max(most, tape.saved[k] + tape.adjoints[k]);
  drawParts(c, width, bottom, false);
  const y = (bytes) => bottom - (bytes / Math.max(1, most)) * (bottom - 3);
  const area = (upper, colour) => {
    c.beginPath();
    c.moveTo(chartX(-1, width), bottom);
    for (let k = -1; k <= tape.start; ++k) c.lineTo(chartX(k, width), y(upper(k + 1)));
    c.lineTo(chartX(tape.start, width), bottom);
    c.fillStyle = colour;
    c.fill();
  };
  area((k) => tape.saved[k] + tape.adjoints[k], colourOf.adjoint);
  area((k) => tape.saved[k], colourOf.saved);
  byId("held-most").textContent = formattedBytes(most);
  drawCursor(c, page.position, width, bottom);
});

function drawCharts() {
  drawNorms();
  drawHeld();
}

/** The table by scope: on one logarithmic axis the range of its norms and their mean. */
function fillScopeTable() {
  const { tape } = page, body = document.querySelector("#scope-table tbody");
  const parts = partsOfTape(3000, innerBoxesAndRest);
  const share = (norm) => 100 * Math.max(0, Math.min(1, shareOf(norm)));
  body.replaceChildren(...(parts.length ? parts : [graph.root]).map((part) => {
    const g = part.gradients, track = element("td", { className: "track" });
    if (g.count) {
      const [low, high, mean] = [g.low, g.high, g.mean].map(share);
      track.append(element("span", { className: "range", style: `left: ${low}%; width: ${high - low}%` }),
        element("span", { className: "mean", style: `left: ${mean}%; background: ${rampColour(mean / 100)}` }));
    }
    const records = innerBoxes(part).length ? tape.records.slice(part.first, part.last + 1) : part.members;
    const buffers = new Set(records.flatMap((r) => r.holds.map(([, b]) => b)));
    let held = 0;
    for (const b of buffers) if (!tape.data.buffers[b][1]) held += tape.data.buffers[b][0];
    const name = !part.label ? (parts.length > 1 ? "outside all scopes" : "whole tape") : part.isRest ? `${part.label} itself` : part.label;
    const words = g.nonFinite ? "NaN/∞" : g.count ? formattedNorm({ state: State.flows, norm: g.mean }) : g.zero ? "0" : "none";
    return element("tr", {},
      element("th", { scope: "row" }, element("a", { href: `#r${part.last}`, title: `${name}, records ${part.isRest ? "from " : ""}${part.first} to ${part.last}` }, name)),
      track, element("td", { className: g.nonFinite ? "number bad" : "number" }, words),
      element("td", { className: "number" }, formattedBytes(held)));
  }));
}

for (const canvas of [normsCanvas, heldCanvas]) {
  const recordAt = (event) => recordAtX(event.offsetX, canvas.clientWidth);
  canvas.addEventListener("pointermove", (event) => { hovered = recordAt(event); drawNorms(); });
  canvas.addEventListener("pointerleave", () => { hovered = -1; drawNorms(); });
  canvas.addEventListener("click", (event) => page.select(recordAt(event), "chart"));
  new ResizeObserver(drawCharts).observe(canvas);
}
page.on("tape", fillScopeTable);
for (const event of ["tape", "select", "move", "colours", "diff"]) page.on(event, drawCharts);
page.on("colours", fillScopeTable);
