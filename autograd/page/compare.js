
// The comparison with the page of another tape: the records of both, aligned by what they do and where.

/** The pairs (i, j) of a longest common subsequence of two lists of integers, by Hirschberg's method: halves one list,
 *  finds where the other is best cut, and goes on with both parts; its memory grows with the length alone. */
function commonSubsequence(a, b) {
  const pairs = [];
  // The lengths for a[i0..i1) against each prefix of b[j0..j1); or, backwards, against each suffix.
  function lengths(i0, i1, j0, j1, backwards) {
    const n = j1 - j0;
    let row = new Int32Array(n + 1), last = new Int32Array(n + 1);
    for (let i = 0; i < i1 - i0; ++i) {
      [row, last] = [last, row];
      const wanted = backwards ? a[i1 - 1 - i] : a[i0 + i];
      for (let j = 1; j <= n; ++j)
        row[j] = wanted === (backwards ? b[j1 - j] : b[j0 + j - 1]) ? last[j - 1] + 1 : row[j - 1] > last[j] ? row[j - 1] : last[j];
    }
    return row;
  }
  function align(i0, i1, j0, j1) {
    while (i0 < i1 && j0 < j1 && a[i0] === b[j0]) pairs.push([i0++, j0++]);
    const tail = [];
    while (i0 < i1 && j0 < j1 && a[i1 - 1] === b[j1 - 1]) tail.push([--i1, --j1]);
    if (i1 - i0 === 1) {
      const j = b.indexOf(a[i0], j0);
      if (j >= 0 && j < j1) pairs.push([i0, j]);
    } else if (i0 < i1 && j0 < j1) {
      const middle = (i0 + i1) >> 1, n = j1 - j0;
      const front = lengths(i0, middle, j0, j1, false), rear = lengths(middle, i1, j0, j1, true);
      let cut = 0;
      for (let j = 1; j <= n; ++j) if (front[j] + rear[n - j] > front[cut] + rear[n - cut]) cut = j;
      align(i0, middle, j0, j0 + cut);
      align(middle, i1, j0 + cut, j1);
    }
    pairs.push(...tail.reverse());
  }
  align(0, a.length, 0, b.length);
  return pairs;
}

/** Rows of both tapes, in order: { here, there, kind }, with kind "same", "changed", "added" (only there) or "removed". */
function compareTapes(one, other) {
  const inputsOf = (tape, r) => r.inputs.map((k) => (k < 0 ? "constant" : tape.records[k].op)).join(",");
  const exactly = (tape) => (r) => [r.op, r.scope, r.name, r.shape, inputsOf(tape, r)].join("|");
  const roughly = () => (r) => [r.op, r.scope].join("|");
  const numbers = new Map();
  const coded = (records, key) => Int32Array.from(records, (r) => {
    const word = key(r);
    if (!numbers.has(word)) numbers.set(word, numbers.size);
    return numbers.get(word);
  });
  const rows = [];
  // Aligns two runs by one key, and what it leaves between the pairs by the next one.
  function align(left, right, keys) {
    if (!left.length || !right.length || !keys.length) {
      rows.push(...left.map((here) => ({ here, kind: "removed" })), ...right.map((there) => ({ there, kind: "added" })));
      return;
    }
    const [key, ...rest] = keys;
    let i = 0, j = 0;
    for (const [p, q] of commonSubsequence(coded(left, key.of(one)), coded(right, key.of(other)))) {
      align(left.slice(i, p), right.slice(j, q), rest);
      rows.push({ here: left[p], there: right[q], kind: key.kind });
      i = p + 1, j = q + 1;
    }
    align(left.slice(i), right.slice(j), rest);
  }
  align(one.records, other.records, [{ of: exactly, kind: "same" }, { of: roughly, kind: "changed" }]);
  return rows;
}

/** The ratio of two gradient norms, as it is shown, and whether it says that they differ. */
function ratioOf({ here, there }) {
  if (!here || !there) return { text: "", differs: false };
  if (here.state !== there.state) return { text: "≠", differs: true };
  if (here.state !== State.flows) return { text: "", differs: false };
  const ratio = there.norm / here.norm, differs = Math.abs(Math.log(ratio)) > 1e-4;
  return { text: differs ? `× ${ratio >= 0.01 && ratio < 1000 ? Number(ratio.toPrecision(3)) : formattedNorm({ state: State.flows, norm: ratio })}` : "=", differs, ratio };
}

const diffMarks = { same: "", changed: "±", added: "+", removed: "−" };
const diffWords = { same: "in both", changed: "changed", added: "only in the other tape", removed: "only in this tape" };
let shownRows = [];

const diffList = new LongList(byId("diff"), {
  className: "diff-row",
  choose(i) {
    const { here, there } = shownRows[i];
    page.select(here?.number ?? -1, "diff", here ? null : there);
  },
  make(i, row) {
    const { here, there, kind } = shownRows[i], r = here ?? there, ratio = ratioOf(shownRows[i]);
    row.classList.add(kind);
    const shapes = kind === "changed" && formattedShape(here.shape) !== formattedShape(there.shape)
      ? `${formattedShape(here.shape)} → ${formattedShape(there.shape)}` : formattedShape(r.shape);
    const norm = (record) => {
      const cell = element("span", { className: "number norm" });
      if (!record) return cell;
      cell.append(formattedNorm(record), swatchOf(record, "there"));
      return cell;
    };
    const cells = [
      element("span", { className: "mark", title: diffWords[kind] }, diffMarks[kind], element("span", { className: "hidden" }, diffWords[kind])),
      element("span", { className: "number" }, here ? String(here.number) : ""), element("span", { className: "number" }, there ? String(there.number) : ""),
      element("span", { className: "op" }, r.op), element("span", { className: "label" }, [labelOf(r), shapes].join(" ").trim()),
      norm(here), norm(there), element("span", { className: "number ratio" }, ratio.text)];
    if (ratio.ratio) cells[7].classList.add(ratio.ratio < 0.5 ? "smaller" : ratio.ratio > 2 ? "larger" : "about");
    row.append(...cells);
  },
});

function showDiffRows() {
  const only = byId("diff-only").checked;
  shownRows = page.diff.rows.filter((row) => !only || row.kind !== "same" || ratioOf(row).differs);
  diffList.show(shownRows.length);
  followSelection();
}

/** Makes the row of what is selected the active one. */
function followSelection() {
  const { there } = page, here = page.tape.records[page.selected];
  diffList.activate(shownRows.findIndex((row) => (there ? row.there === there : here && row.here === here)));
}

function showDiff(other, name) {
  if (page.there) page.select(-1);  // it was of the tape compared with before
  const rows = compareTapes(page.tape, other), count = (kind) => rows.filter((row) => row.kind === kind).length;
  page.diff = { other, name, rows, partners: new Map(rows.filter((row) => row.here && row.there).map((row) => [row.here, row.there])) };
  const differing = rows.filter((row) => ratioOf(row).differs).length;
  byId("diff-summary").textContent = `This tape, ${page.tape.size} records, beside ${name}, ${other.size} records: ` +
    `${count("same")} the same, ${count("changed")} changed, ${count("added")} added, ${count("removed")} removed; ` +
    `${differing} gradient norm${differing === 1 ? " differs" : "s differ"}.`;
  showDiffRows();
  byId("tab-diff").hidden = false;
  openTab("diff", true);
  page.tape.findRange(other);
  page.tell("diff");
  page.tell("colours");
}

function endDiff() {
  page.diff = null;
  if (page.there) page.select(-1);
  byId("tab-diff").hidden = true;
  openTab("list", true);
  page.tape.findRange();
  page.tell("diff");
  page.tell("colours");
}

/** For the details: the same record on the other tape. */
function partnerOf(r) {
  if (!page.diff) return null;
  if (r.tape !== page.tape) return element("p", { className: "partner" }, `Only in ${page.diff.name}.`);
  const there = page.diff.partners.get(r);
  if (!there) return element("p", { className: "partner" }, `Not in ${page.diff.name}.`);
  return element("p", { className: "partner" }, `In ${page.diff.name}: `, element("b", {}, `#${there.number}`),
    `, gradient norm ${formattedNorm(there)}`, ...arrival(r) === "there" ? [`, here ${formattedNorm(r)} `, element("b", {}, ratioOf({ here: r, there }).text)] : []);
}

function showError(text) {
  byId("error").textContent = text;
  byId("error").hidden = !text;
}

byId("compare").addEventListener("click", () => byId("compare-file").click());
byId("compare-file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  try {
    showError("");
    showDiff(new Tape(parsePage(await file.text(), file.name)), file.name);
  } catch (error) {
    showError(error.message);
  }
  event.target.value = "";  // so that the same file can be chosen again
});
byId("diff-only").addEventListener("change", showDiffRows);
byId("diff-close").addEventListener("click", endDiff);
page.on("colours", () => diffList.refresh());
for (const event of ["select", "tab"]) page.on(event, () => { if (page.diff) followSelection(); });
