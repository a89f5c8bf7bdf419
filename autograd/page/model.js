// What the page knows: the tape of one page as records that know each other, and what follows from them.

const byId = (id) => document.getElementById(id);
const State = { none: 0, flows: 1, zero: 2, nonFinite: 3 };

/** The data inside a page's text; throws an Error that says what is wrong with it. */
function parsePage(text, name) {
  const found = /<script[^>]*id="tape-data"[^>]*>/.exec(text);
  if (!found) throw new Error(`${name} is no page of a tape: choose one that ebb::write_html wrote.`);
  const start = found.index + found[0].length, end = text.indexOf("<\/script>", start);
  try {
    return checkedData(JSON.parse(end < 0 ? "" : text.slice(start, end)));
  } catch (error) {
    throw new Error(`${name} is broken or not whole (${error.message}). Write the page again.`);
  }
}

function checkedData(data) {
  if (data?.format !== "ebb tape") throw new Error("its data is not that of a tape");
  if (data.version !== 1) throw new Error(`its version is ${data.version}, and this page reads version 1`);
  const { ops, scopes, places, buffers, records } = data;
  if (![ops, scopes, places, buffers, records].every(Array.isArray)) throw new Error("a list is missing");
  records.forEach((r, i) => {
    const whole = ops[r.op] && typeof scopes[r.scope] === "string" && places[r.place] && Array.isArray(r.shape) &&
      (r.inputs ?? []).every((k) => Number.isInteger(k) && k >= -1 && k < i) &&
      (r.holds ?? []).every((hold) => buffers[hold[1]]);
    if (!whole) throw new Error(`record ${i} points to what is not there`);
  });
  return data;
}

class Tape {
  constructor(data) {
    this.data = data;
    this.size = data.records.length;
    this.records = data.records.map((r, i) => ({
      tape: this, number: i, op: data.ops[r.op].name, formula: data.ops[r.op].formula, scope: data.scopes[r.scope],
      place: data.places[r.place], shape: r.shape, inputs: r.inputs ?? [], name: r.name, value: r.value,
      adjoint: r.adjoint, attributes: r.attributes ?? [], holds: r.holds ?? [], users: [], state: stateOf(r.adjoint), norm: r.adjoint?.norm,
    }));
    for (const r of this.records)
      for (const k of new Set(r.inputs)) if (k >= 0) this.records[k].users.push(r.number);
    this.start = this.size - 1;  // where the walk starts: at the loss
    while (this.start > 0 && !this.records[this.start].adjoint) --this.start;
    this.hasGradients = this.records.some((r) => r.state !== State.none);
    if (!this.hasGradients) this.start = this.size - 1;
    this.findWalk();
    this.findMemory();
    this.findRange();
  }

  /** When adjoints arrive: the last of a record's users that has one is the first to add to it. */
  findWalk() {
    for (const r of this.records) {
      const users = r.users.filter((k) => k <= this.start && (!this.hasGradients || this.records[k].adjoint));
      r.arrives = r.number === this.start ? this.start + 1 : users.length ? users[users.length - 1] : -1;
    }
  }

  /** Bytes that a tape which frees as it goes holds when the walk stands at each record: saved values, and adjoints. */
  findMemory() {
    const { buffers } = this.data, n = this.size;
    this.holders = buffers.map(() => []);
    for (const r of this.records) for (const [as, b] of r.holds) this.holders[b].push(r.number);
    this.saved = new Float64Array(n + 1);  // [k + 1]: records 0 to k are still there; [0]: the walk is over
    const first = new Float64Array(n).fill(0), seen = new Set();
    for (const r of this.records)
      for (const [as, b] of r.holds) {
        if (as === "inspection" || as === "recomputed" || buffers[b][1] || seen.has(b)) continue;
        seen.add(b);
        first[r.number] += buffers[b][0];
      }
    for (let k = 0; k < n; ++k) this.saved[k + 1] = this.saved[k] + first[k];
    // An adjoint is there from the step after its first user's until its own; a leaf's stays.
    this.adjoints = new Float64Array(n + 1);
    for (const r of this.records) {
      if (!r.adjoint || r.arrives < 0) continue;
      const bytes = r.shape.reduce((a, b) => a * b, 1) * this.data.element_bytes;
      this.adjoints[r.arrives] += bytes;
      if (r.inputs.length) this.adjoints[r.number] -= bytes;
    }
    for (let k = n - 1; k >= 0; --k) this.adjoints[k] += this.adjoints[k + 1];
    this.heldNow = buffers.reduce((sum, [bytes, parameter]) => sum + (parameter ? 0 : bytes), 0);
  }

  /** The decades that the gradients' norms span, here and on a tape compared with; at least six, so that what is merely
   *  the smallest of healthy ones does not look as if it had vanished. */
  findRange(other) {
    const own = gradientsOf(this.records), all = other ? gradientsOf([...this.records, ...other.records]) : own;
    this.high = all.count ? Math.ceil(Math.log10(all.high) - 1e-9) : 1;
    this.low = Math.min(this.high - 6, all.count ? Math.floor(Math.log10(all.low) + 1e-9) : 0);
    this.smallest = own.low;
    this.largest = own.high;
  }
}

function stateOf(adjoint) {
  if (!adjoint) return State.none;
  if (adjoint.non_finite || adjoint.norm === null) return State.nonFinite;  // null: beyond the largest number
  return adjoint.norm > 0 ? State.flows : State.zero;
}

/** Of several records: how many gradients are of which state, their smallest, largest and geometric mean norm. */
function gradientsOf(records) {
  const g = { count: 0, zero: 0, nonFinite: 0, low: Infinity, high: -Infinity, mean: 0 };
  for (const r of records) {
    if (r.state === State.zero) ++g.zero;
    if (r.state === State.nonFinite) ++g.nonFinite;
    if (r.state !== State.flows) continue;
    ++g.count;
    g.low = Math.min(g.low, r.norm);
    g.high = Math.max(g.high, r.norm);
    g.mean += Math.log10(r.norm);
  }
  g.mean = g.count ? 10 ** (g.mean / g.count) : 0;
  g.state = g.nonFinite ? State.nonFinite : g.count ? State.flows : g.zero ? State.zero : State.none;
  return g;
}

/** Four digits, and a power of ten where the number is small or large. */
function formatted(x) {
  if (x === undefined || x === null) return "–";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e-3 && size < 1e5) return withMinus(String(Number(x.toPrecision(4))));
  return withMinus(x.toExponential(3));
}

const withMinus = (number) => number.replace("e+", "e").replaceAll("-", "−");

function formattedNorm(r) {
  if (r.state === State.none) return "none";
  if (r.state === State.nonFinite) return "NaN/∞";
  if (r.state === State.zero) return "0";
  if (r.norm >= 0.01 && r.norm < 1000) return r.norm >= 99.5 ? r.norm.toFixed(0) : r.norm.toPrecision(2);
  return withMinus(r.norm.toExponential(1));
}

function formattedBytes(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

const formattedShape = (shape) => `[${shape.join(", ")}]`;
const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);
const formattedPlace = (place) => (place.line ? `${fileName(place.file)}:${place.line}` : "unknown line");
/** What a row says beside the operation: a parameter's name, or the scope. */
const labelOf = (r) => r.name || r.scope;

/** An element with properties and children; what is text stays text. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// What is shown at the moment. Each part of the page listens for what concerns it.
const page = {
  tape: null,
  selected: -1,
  there: null,  // or, selected in a comparison, a record that only the other tape has
  position: -1,  // the record at which the walk stands; -1: it is over
  matches: [],
  diff: null,
  listeners: {},
  on(event, listener) { (this.listeners[event] ??= []).push(listener); },
  tell(event, ...about) { for (const listener of this.listeners[event] ?? []) listener(...about); },
  select(number, from = "", there = null) {
    if (number < 0 || number >= this.tape.size) number = -1;
    this.selected = number;
    this.there = there;
    this.tell("select", from);
  },
  moveTo(position) {
    this.position = Math.max(-1, Math.min(this.tape.start, position));
    this.tell("move");
  },
};

/** How the adjoint of a record stands while the walk is under way. */
function arrival(r) {
  if (r.tape !== page.tape || page.position < 0 || r.number >= page.position) return "there";
  return r.arrives > page.position ? "arriving" : "awaited";
}

/** The norm as it is shown at this point of the walk: a mark while it adds up, and nothing before. */
const arrivedNorm = (r) => ({ there: formattedNorm(r), arriving: "…", awaited: "" })[arrival(r)];

const stateNames = ["none", "flows", "zero", "bad"];

/** The dot that shows a gradient's colour; empty until it is there. */
function swatchOf(r, how = arrival(r), swatch = element("span")) {
  swatch.className = `swatch ${how} ${how === "there" ? stateNames[r.state] : ""}`;
  swatch.style.setProperty("--colour", gradientColour(r));
  return swatch;
}

/** Runs `draw` once before the next picture, however often it is asked for. */
function drawnOnce(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
}
