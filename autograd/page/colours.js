
// The colours of gradients: dark for the smallest norm, light for the largest, by decades; and the legend.

// In the dark, lighter, so that what has ebbed away can still be seen.
const ramps = {
  light: [[45, 17, 96], [59, 64, 143], [47, 105, 150], [34, 141, 141], [53, 177, 121], [132, 208, 78], [250, 228, 60]],
  dark: [[98, 66, 168], [88, 100, 196], [62, 136, 198], [40, 168, 180], [66, 198, 142], [150, 222, 96], [254, 238, 96]],
};
let ramp = ramps.light;
const colourOf = {};  // of what is no norm, and of the page itself; from the style sheet, so that they fit light and dark

function readColours() {
  ramp = matchMedia("(prefers-color-scheme: dark)").matches ? ramps.dark : ramps.light;
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ground", "raised", "ink", "quiet", "rule", "accent", "none", "zero", "bad", "link", "edge", "current", "positive", "negative", "saved", "adjoint"])
    colourOf[name] = style.getPropertyValue(`--${name}`).trim();
}

function rampColour(share) {
  const at = Math.max(0, Math.min(1, share)) * (ramp.length - 1), i = Math.min(Math.floor(at), ramp.length - 2);
  return `rgb(${ramp[i].map((c, k) => Math.round(c + (ramp[i + 1][k] - c) * (at - i))).join(" ")})`;
}

const shareOf = (norm) => (Math.log10(norm) - page.tape.low) / (page.tape.high - page.tape.low);

/** The colour of a record, or of what gradientsOf() says of several. */
function gradientColour(g) {
  if (g.state === State.nonFinite) return colourOf.bad;
  if (g.state === State.zero) return colourOf.zero;
  if (g.state === State.none) return colourOf.none;
  return rampColour(shareOf(g.norm ?? g.mean));
}

/** A canvas made as sharp as the screen, and its size in CSS pixels. */
function sharp(canvas) {
  const scale = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const fontOf = (size, weight = "400") => `${weight} ${size}px system-ui, sans-serif`;
const superscript = (exponent) => `10${String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;

function drawLegend() {
  const { tape } = page, legend = byId("legend");
  legend.replaceChildren();
  if (!tape.hasGradients) return;
  const stops = Array.from({ length: 13 }, (_, i) => rampColour(i / 12)).join(", ");
  const bar = element("span", { className: "ramp", style: `background: linear-gradient(to right, ${stops})` });
  legend.append(element("span", { className: "scale" }, "gradient norm ", element("b", {}, superscript(tape.low)), bar,
    element("b", {}, superscript(tape.high))));
  const kinds = [["zero", State.zero, "exactly zero"], ["bad", State.nonFinite, "NaN or ∞"], ["none", State.none, "no gradient"]];
  for (const [name, state, words] of kinds) {
    const count = tape.records.filter((r) => r.state === state).length;
    if (count) legend.append(element("span", { className: `kind ${name}` }, element("i"), `${words}: ${count}`));
  }
  if (page.diff) legend.append(element("span", { className: "kind other" }, element("i"), page.diff.name));
}
