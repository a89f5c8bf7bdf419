
// The graph's layout. Scopes become boxes: a box is a run of consecutive records under one scope, so that boxes nest
// and, closed, never make a cycle. Each open box is laid out on its own, in layers by longest path.

const longestRow = 150;  // a box with more members than this gets boxes of ranges inside

class Box {
  constructor(name, path, first, outer) {
    Object.assign(this, { name, path, first, last: first, outer, open: false, members: [] });
  }
  get label() { return this.name.startsWith("#") ? `${this.path} ${this.name}`.trim() : this.path; }
}

/** The tree of boxes over all records; `boxOf[i]` is the innermost one of record i. */
function boxesOf(records) {
  const root = new Box("", "", 0, null), boxOf = [];
  root.open = true;
  let stack = [root];
  for (const r of records) {
    const parts = r.scope ? r.scope.split(".") : [];
    let depth = 0;
    while (depth < parts.length && depth + 1 < stack.length && stack[depth + 1].name === parts[depth]) ++depth;
    stack = stack.slice(0, depth + 1);
    for (; depth < parts.length; ++depth) {
      const outer = stack[depth], box = new Box(parts[depth], parts.slice(0, depth + 1).join("."), r.number, outer);
      outer.members.push(box);
      stack.push(box);
    }
    stack[depth].members.push(r);
    boxOf.push(stack[depth]);
    for (const box of stack) box.last = r.number;
  }
  for (const box of joinedBoxes(root)) splitIntoRanges(box, boxOf);
  finishBoxes(root, records);
  return { root, boxOf };
}

/** Joins a box that holds nothing but one other with that one: "blocks" and "0" become "blocks.0". Returns all boxes. */
function joinedBoxes(root) {
  const all = [];
  (function visit(box) {
    box.members = box.members.map((member) => {
      while (member instanceof Box && member.members.length === 1 && member.members[0] instanceof Box) {
        const [inner] = member.members;
        inner.name = `${member.name}.${inner.name}`;
        inner.outer = box;
        member = inner;
      }
      if (member instanceof Box) visit(member);
      return member;
    });
    all.push(box);
  })(root);
  return all;
}

function splitIntoRanges(box, boxOf) {
  while (box.members.length > longestRow) {
    const length = Math.max(2, Math.min(100, Math.ceil(Math.sqrt(box.members.length)))), ranges = [];
    for (let i = 0; i < box.members.length; i += length) {
      const members = box.members.slice(i, i + length), first = firstOf(members[0]);
      const range = new Box("", box.path, first, box);
      range.members = members;
      range.last = lastOf(members[members.length - 1]);
      range.name = `#${first}–${range.last}`;
      for (const member of members)
        if (member instanceof Box) member.outer = range;
        else boxOf[member.number] = range;
      ranges.push(range);
    }
    box.members = ranges;
  }
}

const firstOf = (member) => (member instanceof Box ? member.first : member.number);
const lastOf = (member) => (member instanceof Box ? member.last : member.number);

function finishBoxes(box, records) {
  box.gradients = gradientsOf(records.slice(box.first, box.last + 1));
  for (const member of box.members) if (member instanceof Box) finishBoxes(member, records);
}

/** Opens boxes, the outermost first, as long as no more than about `most` nodes show. */
function openUpTo(root, most) {
  let shown = root.members.length, level = [root];
  while (level.length) {
    const next = level.flatMap((box) => box.members.filter((member) => member instanceof Box));
    const more = next.reduce((sum, box) => sum + box.members.length, 0);
    const open = shown + more <= most;
    for (const box of next) box.open = open;
    if (open) shown += more;
    level = open ? next : [];
  }
}

const nodeHeight = 26, layerGap = 26, nodeGap = 14, boxPadding = 14, boxHeader = 22;

/** Where everything stands: nodes and boxes with x, y (of their centre), width, height; links as lists of points. */
function layout(graph, measure) {
  const { root, boxOf } = graph, tape = page.tape, nodes = new Map(), boxes = [], links = [];
  // The shown thing that stands for a record: itself, or the outermost closed box around it.
  const shown = tape.records.map((r) => {
    let thing = r;
    for (let box = boxOf[r.number]; box; box = box.outer) if (!box.open) thing = box;
    return thing;
  });
  const outerOf = (thing) => (thing instanceof Box ? thing.outer : boxOf[thing.number]);
  const chain = (thing) => {
    const list = [thing];
    for (let box = outerOf(thing); box; box = box.outer) list.unshift(box);
    return list;
  };
  const chains = new Map(), chainOf = (thing) => chains.get(thing) ?? (chains.set(thing, chain(thing)), chains.get(thing));
  // Each link counts in the innermost box that holds both ends, between the two members that hold one each.
  const inside = new Map(), seen = new Set(), numbers = new Map(), numberOf = (x) => numbers.get(x) ?? (numbers.set(x, numbers.size), numbers.get(x));
  for (const r of tape.records)
    for (const k of r.inputs) {
      if (k < 0 || shown[k] === shown[r.number]) continue;
      const from = shown[k], to = shown[r.number], key = numberOf(from) * 1e7 + numberOf(to);
      if (seen.has(key)) continue;
      seen.add(key);
      const a = chainOf(from), b = chainOf(to);
      let depth = 0;
      while (a[depth + 1] === b[depth + 1]) ++depth;
      const link = { from, to, source: k, target: r.number, a: a[depth + 1], b: b[depth + 1], middle: [] };
      if (!inside.has(a[depth])) inside.set(a[depth], []);
      inside.get(a[depth]).push(link);
      links.push(link);
    }
  function place(box) {
    const members = box.members.map((member) => {
      if (member instanceof Box && member.open) return place(member);
      const node = { thing: member, ...measure(member), height: nodeHeight };
      nodes.set(member, node);
      return node;
    });
    const { width, height } = placeInLayers(members, inside.get(box) ?? []);
    const title = measure(box).width;
    return { thing: box, members, width: Math.max(width + 2 * boxPadding, title), height: height + 2 * boxPadding + boxHeader };
  }
  function settle(placed, x, y) {
    for (const member of placed.members) {
      member.x += x;
      member.y += y + boxHeader / 2;
      if (member.members) boxes.push(member), settle(member, member.x, member.y);
    }
  }
  const whole = place(root);
  settle(whole, 0, 0);
  const placedOf = new Map(boxes.map((placed) => [placed.thing, placed]));
  for (const [box, list] of inside) {
    const placed = box === root ? { x: 0, y: 0 } : placedOf.get(box);
    for (const link of list) for (const point of link.middle) point.x += placed.x, point.y += placed.y + boxHeader / 2;
  }
  for (const link of links) {
    const from = nodes.get(link.from), to = nodes.get(link.to);
    link.points = [{ x: from.x, y: from.y + from.height / 2 }, ...link.middle, { x: to.x, y: to.y - to.height / 2 }];
  }
  return { nodes: [...nodes.values()], nodeOf: nodes, shown, boxes, links, width: whole.width, height: whole.height };
}

/** Gives the members of one box their places about (0, 0), and its long links points on the way. */
function placeInLayers(members, links) {
  const byThing = new Map(members.map((member) => [member.thing, member]));
  for (const member of members) Object.assign(member, { layer: 0, before: [], after: [] });
  for (const link of links) byThing.get(link.b).before.push(byThing.get(link.a)), byThing.get(link.a).after.push(byThing.get(link.b));
  for (const member of members) for (const other of member.before) member.layer = Math.max(member.layer, other.layer + 1);
  for (let i = members.length - 1; i >= 0; --i) {  // what has no inputs here stands just above its first user
    const { before, after } = members[i];
    if (!before.length && after.length) members[i].layer = Math.max(0, Math.min(...after.map((other) => other.layer)) - 1);
  }
  const layers = [];
  const add = (item) => (layers[item.layer] ??= []).push(item);
  members.forEach(add);
  for (const link of links) {
    const a = byThing.get(link.a), b = byThing.get(link.b);
    let last = a;
    if (b.layer - a.layer <= 60)
      for (let layer = a.layer + 1; layer < b.layer; ++layer) {
        const point = { layer, width: 4, height: 0, before: [last], after: [], point: true };
        last.after.push(point);
        link.middle.push(point);
        add(point);
        last = point;
      }
    if (last !== a) b.before.push(last), last.after.push(b);
  }
  for (let i = 0; i < layers.length; ++i) layers[i] ??= [];
  for (const layer of layers) spread(layer, layer.map(() => 0));
  for (let sweep = 0; sweep < 6; ++sweep) {
    const down = sweep % 2 === 0, side = down ? "before" : "after";
    for (const layer of down ? layers : layers.toReversed()) {
      const wanted = new Map(layer.map((item) => [item, item[side].length ? meanOf(item[side]) : item.x]));
      layer.sort((p, q) => wanted.get(p) - wanted.get(q));
      spread(layer, layer.map((item) => wanted.get(item)));
    }
  }
  let y = 0, left = Infinity, right = -Infinity;
  for (const layer of layers) {
    const height = Math.max(nodeHeight, ...layer.map((item) => item.height));
    for (const item of layer) {
      item.y = y + height / 2;
      left = Math.min(left, item.x - item.width / 2);
      right = Math.max(right, item.x + item.width / 2);
    }
    y += height + layerGap;
  }
  y -= layerGap;
  for (const layer of layers) for (const item of layer) item.x -= (left + right) / 2, item.y -= y / 2;
  return { width: right - left, height: y };
}

const meanOf = (items) => items.reduce((sum, item) => sum + item.x, 0) / items.length;

/** Puts the items of a layer, in their order, as near to where they want to be as their widths allow: neighbours that
 *  would overlap form a block, which stands at the mean of what its items want. */
function spread(layer, wanted) {
  const blocks = [];
  layer.forEach((item, i) => {
    let block = { items: [item], sum: wanted[i] - item.width / 2, width: item.width };
    for (let last = blocks[blocks.length - 1]; last; last = blocks[blocks.length - 1]) {
      if (last.sum / last.items.length + last.width + nodeGap <= block.sum / block.items.length) break;
      blocks.pop();
      const offset = last.width + nodeGap;
      block = { items: [...last.items, ...block.items], sum: last.sum + block.sum - offset * block.items.length, width: offset + block.width };
    }
    blocks.push(block);
  });
  for (const block of blocks) {
    let x = block.sum / block.items.length;
    for (const item of block.items) item.x = x + item.width / 2, x += item.width + nodeGap;
  }
}
