
// The graph of records and boxes of scopes, on a canvas: drawn in what is in sight alone, moved by dragging, scaled by
// wheel, pinch or keys.

const graph = { root: null, boxOf: [], placed: null, scale: 1, x: 0, y: 0 };  // (x, y): what is in the middle
const graphCanvas = byId("graph");
const drawGraph = drawnOnce(drawGraphNow);

const nodeText = (thing) =>
  thing instanceof Box ? thing.name : thing.name ? thing.name.slice(thing.name.lastIndexOf(".") + 1) : thing.op;

const textWidths = new Map();
function measureNode(thing) {
  const text = nodeText(thing), key = thing instanceof Box ? `box ${text}` : text;
  if (!textWidths.has(key)) {
    const context = graphCanvas.getContext("2d");
    context.font = fontOf(13, thing instanceof Box ? "600" : "400");
    textWidths.set(key, Math.ceil(context.measureText(text).width));
  }
  return { width: textWidths.get(key) + (thing instanceof Box ? 56 : 34) };
}

function layOut() {
  graph.placed = layout(graph, measureNode);
  drawGraph();
}

/** Shows the whole graph; or, so that a long one can be read, its end, where the walk starts. */
function fitGraph(readable) {
  const { clientWidth, clientHeight } = graphCanvas, width = graph.placed.width + 24, height = graph.placed.height + 24;
  graph.x = graph.y = 0;
  graph.scale = Math.min(1.1, clientWidth / width, clientHeight / height);
  if (readable && graph.scale < 0.6) {
    graph.scale = Math.max(0.6, Math.min(0.9, clientWidth / width));
    graph.y = height / 2 - clientHeight / 2 / graph.scale;
  }
  drawGraph();
}

function zoomGraph(factor, clientX, clientY) {
  const frame = graphCanvas.getBoundingClientRect(), { scale } = graph;
  const dx = (clientX ?? frame.left + frame.width / 2) - frame.left - frame.width / 2;
  const dy = (clientY ?? frame.top + frame.height / 2) - frame.top - frame.height / 2;
  graph.scale = Math.max(0.02, Math.min(4, scale * factor));
  graph.x += dx / scale - dx / graph.scale;
  graph.y += dy / scale - dy / graph.scale;
  drawGraph();
}

function drawGraphNow() {
  if (!graph.placed || !graphCanvas.clientWidth) return;
  const { context: c, width, height } = sharp(graphCanvas), { scale, placed } = graph;
  c.translate(width / 2, height / 2);
  c.scale(scale, scale);
  c.translate(-graph.x, -graph.y);
  const sight = { left: graph.x - width / 2 / scale, right: graph.x + width / 2 / scale, top: graph.y - height / 2 / scale, bottom: graph.y + height / 2 / scale };
  const inSight = (item) => item.x + item.width / 2 > sight.left && item.x - item.width / 2 < sight.right &&
    item.y + item.height / 2 > sight.top && item.y - item.height / 2 < sight.bottom;
  for (const box of placed.boxes) if (inSight(box)) drawOpenBox(c, box);
  drawLinks(c, sight);
  if (scale >= 0.3) for (const box of placed.boxes) if (inSight(box)) drawTitle(c, box);
  for (const node of placed.nodes) if (inSight(node)) drawNode(c, node);
}

function roundedRectangle(c, item, radius) {
  c.beginPath();
  c.roundRect(item.x - item.width / 2, item.y - item.height / 2, item.width, item.height, radius);
}

function drawOpenBox(c, box) {
  roundedRectangle(c, box, 8);
  c.fillStyle = colourOf.raised;
  c.globalAlpha = 0.55;
  c.fill();
  c.globalAlpha = 1;
  c.strokeStyle = colourOf.rule;
  c.lineWidth = 1;
  c.stroke();
}

function drawTitle(c, box) {
  const text = `▾ ${box.thing.name}`, left = box.x - box.width / 2 + 10, line = box.y - box.height / 2 + 17;
  c.font = fontOf(12, "600");
  c.textAlign = "left";
  c.fillStyle = colourOf.raised;
  c.fillRect(left - 2, line - 12, c.measureText(text).width + 4, 16);
  c.fillStyle = colourOf.quiet;
  c.fillText(text, left, line);
}

function drawLinks(c, sight) {
  const selected = graph.placed.shown[page.selected];
  const traceLink = ({ points }) => {
    c.moveTo(points[0].x, points[0].y);
    for (let i = 1; i < points.length; ++i) {
      const p = points[i - 1], q = points[i], bend = (q.y - p.y) / 2;
      c.bezierCurveTo(p.x, p.y + bend, q.x, q.y - bend, q.x, q.y);
    }
  };
  const seen = ({ points }) => {
    const last = points[points.length - 1];
    return last.y > sight.top && points[0].y < sight.bottom;
  };
  const stroke = (colour, width, dash, chosen) => {
    c.beginPath();
    for (const link of graph.placed.links) if (chosen(link) && seen(link)) traceLink(link);
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.stroke();
    c.setLineDash([]);
  };
  const plain = Math.max(1, 0.7 / graph.scale);
  stroke(colourOf.link, plain, [], (link) => !selected || (link.from !== selected && link.to !== selected));
  if (!selected) return;
  stroke(colourOf.accent, 2 * plain, [], (link) => link.to === selected);
  stroke(colourOf.accent, 2 * plain, [5, 4], (link) => link.from === selected);
}

/** How far the walk has come with what a node stands for, and in which colour its gradient shows. */
function nodeState({ thing }) {
  const box = thing instanceof Box;
  const current = page.position >= 0 && (box ? thing.first <= page.position && page.position <= thing.last : thing.number === page.position);
  const how = !box ? arrival(thing) : page.position < 0 || thing.last >= page.position ? "there" : "awaited";
  return { box, current, how, colour: gradientColour(box ? thing.gradients : thing) };
}

function drawNode(c, node) {
  const { thing, x, y, width, height } = node, { box, current, how, colour } = nodeState(node);
  const left = x - width / 2, top = y - height / 2, small = graph.scale < 0.35;
  const selected = page.selected >= 0 && graph.placed.shown[page.selected] === thing;
  if (box && !small) {  // a second sheet behind it: there is more inside
    roundedRectangle(c, { x: x + 3, y: y + 3, width, height }, 6);
    c.fillStyle = colourOf.ground;
    c.fill();
    c.strokeStyle = colourOf.link;
    c.stroke();
  }
  roundedRectangle(c, node, thing.name && !box ? height / 2 : 6);
  c.fillStyle = small && how === "there" ? colour : colourOf.ground;
  c.fill();
  const bad = thing.value?.non_finite || ((box ? thing.gradients : thing).state === State.nonFinite && how === "there");
  c.lineWidth = selected || current ? 3 : bad ? 2 : 1;
  c.strokeStyle = current ? colourOf.current : selected ? colourOf.accent : bad ? colourOf.bad : colourOf.edge;
  c.stroke();
  if (small) return;
  c.beginPath();
  c.arc(left + 14, y, 6, 0, 2 * Math.PI);
  if (how === "there") {
    c.fillStyle = colour;
    c.fill();
  }
  c.lineWidth = 1;
  c.strokeStyle = how === "there" ? colourOf.edge : colourOf.quiet;
  c.setLineDash(how === "arriving" ? [2, 2] : []);
  c.stroke();
  c.setLineDash([]);
  c.font = fontOf(13, box ? "600" : "400");
  c.textAlign = "left";
  c.fillStyle = how === "awaited" ? colourOf.quiet : colourOf.ink;
  c.fillText(nodeText(thing), left + 26, y + 4.5);
  if (!box) return;
  c.fillStyle = colourOf.quiet;
  c.textAlign = "right";
  c.fillText("▸", x + width / 2 - 8, y + 4.5);
}

/** What stands at a point of the screen: a node, or else the innermost open box whose title is there. */
function thingAt(clientX, clientY) {
  const frame = graphCanvas.getBoundingClientRect(), { scale, placed } = graph;
  const x = graph.x + (clientX - frame.left - frame.width / 2) / scale, y = graph.y + (clientY - frame.top - frame.height / 2) / scale;
  const holds = (item, height = item.height) => Math.abs(x - item.x) <= item.width / 2 &&
    y >= item.y - item.height / 2 && y <= item.y - item.height / 2 + height;
  return (placed.nodes.find((node) => holds(node)) ?? placed.boxes.findLast((box) => holds(box, boxHeader + 4)))?.thing;
}

/** Opens or closes a box; it stays where it is on the screen. */
function toggleBox(box) {
  const where = () => graph.placed.nodeOf.get(box) ?? graph.placed.boxes.find((placed) => placed.thing === box);
  const before = where();
  box.open = !box.open;
  graph.placed = layout(graph, measureNode);
  const after = where();
  graph.x += after.x - before.x;
  graph.y += after.y - after.height / 2 - (before.y - before.height / 2);
  drawGraph();
}

function setAllBoxes(open) {
  (function visit(box) {
    for (const member of box.members) if (member instanceof Box) member.open = open, visit(member);
  })(graph.root);
  layOut();
  fitGraph(true);
  showSelected();
}

/** Brings the selected record into sight, if it is not. */
function showSelected() {
  if (page.selected < 0 || !graph.placed || !graphCanvas.clientWidth) return;
  const node = graph.placed.nodeOf.get(graph.placed.shown[page.selected]), { scale } = graph;
  const dx = Math.abs(node.x - graph.x) * scale, dy = Math.abs(node.y - graph.y) * scale;
  if (dx > graphCanvas.clientWidth / 2 - 40 || dy > graphCanvas.clientHeight / 2 - 40) graph.x = node.x, graph.y = node.y;
  drawGraph();
}

page.on("tape", () => {
  Object.assign(graph, boxesOf(page.tape.records));
  openUpTo(graph.root, 90);
  layOut();
});
page.on("select", showSelected);
page.on("move", drawGraph);
page.on("colours", drawGraph);
page.on("tab", (name) => {
  if (name !== "graph") return;
  if (!graph.fitted) graph.fitted = true, fitGraph(true);
  showSelected();
});
new ResizeObserver(drawGraph).observe(graphCanvas);

const pointers = new Map();  // where each finger, or the mouse, was last
let dragged = false;

graphCanvas.addEventListener("pointerdown", (event) => {
  graphCanvas.setPointerCapture(event.pointerId);
  if (pointers.size === 0) dragged = false;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, from: [event.clientX, event.clientY] });
});
graphCanvas.addEventListener("pointermove", (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) {
    graphCanvas.style.cursor = thingAt(event.clientX, event.clientY) ? "pointer" : "grab";
    return;
  }
  if (Math.hypot(event.clientX - last.from[0], event.clientY - last.from[1]) > 4) dragged = true;
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    const distance = (x, y) => Math.max(1, Math.hypot(x - other.x, y - other.y));
    zoomGraph(distance(event.clientX, event.clientY) / distance(last.x, last.y), other.x, other.y);
  } else if (dragged) {
    graph.x -= (event.clientX - last.x) / graph.scale;
    graph.y -= (event.clientY - last.y) / graph.scale;
    drawGraph();
  }
  last.x = event.clientX;
  last.y = event.clientY;
});
graphCanvas.addEventListener("pointerup", (event) => {
  pointers.delete(event.pointerId);
  if (dragged || pointers.size) return;
  const thing = thingAt(event.clientX, event.clientY);
  if (thing instanceof Box) toggleBox(thing);
  else if (thing) page.select(thing.number, "graph");
});
graphCanvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
graphCanvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomGraph(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
}, { passive: false });

graphCanvas.addEventListener("keydown", (event) => {
  const r = page.tape.records[page.selected], to = { ArrowUp: r?.inputs.find((k) => k >= 0), ArrowDown: r?.users[0] };
  if (event.key in to) page.select(to[event.key] ?? (r ? page.selected : page.tape.start), "graph");
  else if (event.key === "+" || event.key === "=") zoomGraph(1.25);
  else if (event.key === "-") zoomGraph(0.8);
  else if (event.key === "Enter" && r) {
    const shown = graph.placed.shown[r.number], box = shown instanceof Box ? shown : graph.boxOf[r.number];
    if (box.outer) toggleBox(box), showSelected();
  } else return;
  event.preventDefault();
  event.stopPropagation();
});
byId("fit").addEventListener("click", () => fitGraph(false));
byId("zoom-in").addEventListener("click", () => zoomGraph(1.25));
byId("zoom-out").addEventListener("click", () => zoomGraph(0.8));
byId("expand").addEventListener("click", () => setAllBoxes(true));
byId("collapse").addEventListener("click", () => setAllBoxes(false));
