
// The backward walk: from the loss, at the right of the slider, to the first record, and past it.

const slider = byId("position");
let player = 0;  // the timer while it plays

const stepTo = (position) => {
  page.moveTo(position);
  if (page.position >= 0) page.select(page.position, "walk");
};

/** The next record, from the one that the walk stands at, that a gradient has flowed to; -1 past the last. */
function nextOfWalk(from) {
  const { records, hasGradients } = page.tape;
  let k = from - 1;
  while (k >= 0 && hasGradients && !records[k].adjoint) --k;
  return k;
}
function previousOfWalk(from) {
  const { records, hasGradients, start } = page.tape;
  let k = from + 1;
  while (k < start && hasGradients && !records[k].adjoint) ++k;
  return Math.min(k, start);
}

function stop() {
  clearInterval(player);
  player = 0;
  showPlayer();
}

function play() {
  if (player || !page.tape.size) return;
  if (page.position < 0) stepTo(page.tape.start);
  const atOnce = Math.ceil(page.tape.size / 400);
  const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : Math.max(60, Math.min(400, 24000 / page.tape.size));
  player = setInterval(() => {
    let next = page.position;
    for (let i = 0; i < atOnce && next >= 0; ++i) next = nextOfWalk(next);
    stepTo(next);
    if (next < 0) stop();
  }, pause);
  showPlayer();
}

const togglePlay = () => (player ? stop() : play());
function step(direction) {
  stop();
  if (direction < 0 && page.position < 0) stepTo(page.tape.start);
  else stepTo(direction < 0 ? nextOfWalk(page.position) : previousOfWalk(page.position));
}

function showPlayer() {
  byId("play").textContent = player ? "Pause" : "◀ Play";
}

function showPosition() {
  const { tape, position } = page, r = tape.records[position];
  slider.value = position;
  const held = formattedBytes(tape.saved[position + 1]), adjoints = formattedBytes(tape.adjoints[position + 1]);
  slider.setAttribute("aria-valuetext", r ? `record ${position}, ${r.op}` : "the walk is over");
  byId("walk-state").replaceChildren(...(r
    ? [element("b", {}, `#${position} ${r.op}`), ` · still held: ${held} saved, ${adjoints} of adjoints`]
    : [!tape.size ? "" : tape.hasGradients ? "The walk is over: every gradient is there." : "No walk has left gradients here; the order can be played all the same."]));
}

page.on("tape", () => {
  slider.min = -1;
  slider.max = Math.max(0, page.tape.size - 1);
  for (const id of ["position", "restart", "step-back", "play", "step", "finish"]) byId(id).disabled = !page.tape.size;
  showPosition();
});
page.on("move", showPosition);
slider.addEventListener("input", () => { stop(); stepTo(Number(slider.value)); });
byId("restart").addEventListener("click", () => { stop(); stepTo(page.tape.start); });
byId("finish").addEventListener("click", () => { stop(); stepTo(-1); });
byId("play").addEventListener("click", togglePlay);
byId("step").addEventListener("click", () => step(-1));
byId("step-back").addEventListener("click", () => step(+1));
