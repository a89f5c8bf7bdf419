
// The start, and the keys that hold everywhere.

function showSummary() {
  const { tape } = page, { data } = tape;
  const parts = [`${data.type}`, `${tape.size.toLocaleString("en")} record${tape.size === 1 ? "" : "s"}`, `${formattedBytes(tape.heldNow)} held beside the parameters`];
  if (tape.smallest <= tape.largest) parts.push(`gradient norms ${formatted(tape.smallest)} to ${formatted(tape.largest)}`);
  const bad = tape.records.filter((r) => r.state === State.nonFinite || r.value?.non_finite).length;
  byId("summary").replaceChildren(parts.join(" · "), bad ? element("b", { className: "bad" }, ` · ${bad} record${bad === 1 ? "" : "s"} not finite`) : "");
  document.title = `Tape of ${tape.size} record${tape.size === 1 ? "" : "s"}`;
  byId("notice").hidden = data.keeps_all;
  if (data.keeps_all) return;
  byId("notice").replaceChildren(data.walked
    ? "This tape freed its values and adjoints as the backward walk passed them, so that the page has little more than its structure. "
    : "This tape kept only the values that its backward walk will need. ",
    "To see all of them, make it with ", element("code", {}, `Tape<${data.type}> tape({.keep_all = true})`), ", call ",
    element("code", {}, "tape.backward(loss)"), " and write the page again.");
}

function sayWhatIsSelected(from) {
  const r = page.there ?? page.tape.records[page.selected];
  const norm = r && { there: `gradient norm ${formattedNorm(r)}`, arriving: "gradient still adding up", awaited: "gradient not arrived yet" }[arrival(r)];
  if (r && !player) byId("live").textContent = `Record ${r.number}${page.there ? ` of ${page.diff.name}` : ""}, ${r.op}${labelOf(r) ? `, ${labelOf(r)}` : ""}, ${norm}` +
    (from === "walk" ? `; still held: ${formattedBytes(page.tape.saved[page.position + 1])}` : "");
}

function recordInAddress() {
  const found = /^#r(\d+)$/.exec(location.hash);
  if (!found) return;
  page.select(Number(found[1]), "link");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target, typing = at.matches("input[type=search]"), list = at.matches("[role=listbox]");
  if (event.key === "Escape") {
    if (player) stop();
    else if (typing && at.value) at.value = "", search();
    else if (typing) at.blur();
    else if (!byId("error").hidden) showError("");
    else page.select(-1);
    event.preventDefault();
  } else if (typing || at.matches("input[type=range]") && event.key !== " ") {
    return;
  } else if (event.key === "/") {
    byId("query").focus();
    byId("query").select();
    event.preventDefault();
  } else if (event.key === " " && !at.matches("button, a, input[type=checkbox]")) {
    togglePlay();
    event.preventDefault();
  } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    step(event.key === "ArrowLeft" ? -1 : +1);
    event.preventDefault();
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && at === document.body) {
    page.select(Math.max(0, page.selected + (event.key === "ArrowDown" ? 1 : -1)), "keys");
    event.preventDefault();
  } else if (event.key === "Enter" && list && page.selected >= 0) {
    byId("details-title").focus();
    event.preventDefault();
  }
});

page.on("select", sayWhatIsSelected);
addEventListener("hashchange", recordInAddress);
document.addEventListener("click", (event) => {  // a link to where the address points already: the selection has moved on
  if (event.target.closest("a")?.hash === location.hash) recordInAddress();
});
addEventListener("resize", () => page.tell("colours"));
for (const query of ["(prefers-color-scheme: dark)", "print"])
  matchMedia(query).addEventListener("change", () => { readColours(); page.tell("colours"); });

readColours();
page.tape = new Tape(checkedData(JSON.parse(byId("tape-data").textContent)));
page.tell("tape");
showSummary();
drawLegend();
page.on("colours", drawLegend);
search();
recordInAddress();
