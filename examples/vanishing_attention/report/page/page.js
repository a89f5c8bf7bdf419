'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const hidden = new Set();  // names of variants switched off; the same in every chart
  const redraw = [];         // called when a legend or the colour scheme changes

  const dashes = [[], [8, 4], [2, 3], [8, 3, 2, 3]];
  const markers = ['circle', 'triangle', 'rect', 'crossRot'];
  const colour = (variant) => (dark.matches ? variant.dark : variant.light);
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const changed = () => redraw.forEach((f) => f());

  function element(tag, properties = {}, ...children) {
    const e = Object.assign(document.createElement(tag), properties);
    e.append(...children);
    return e;
  }

  function lineSample(variant) {
    const canvas = element('canvas', {width: 56, height: 20});
    canvas.style.cssText = 'width:28px;height:10px';
    canvas.setAttribute('aria-hidden', 'true');
    redraw.push(() => {
      const c = canvas.getContext('2d');
      c.clearRect(0, 0, 56, 20);
      c.strokeStyle = colour(variant);
      c.lineWidth = 5;
      c.setLineDash(dashes[variant.dash].map((d) => 2 * d));
      c.beginPath();
      c.moveTo(0, 10);
      c.lineTo(56, 10);
      c.stroke();
    });
    return canvas;
  }

  function legend(shown) {
    const list = element('ul', {className: 'legend'});
    list.setAttribute('aria-label', 'Variants shown');
    for (const variant of shown) {
      const button = element('button', {type: 'button'}, lineSample(variant), variant.name);
      button.addEventListener('click', () => {
        if (!hidden.delete(variant.name)) hidden.add(variant.name);
        changed();
      });
      redraw.push(() => button.setAttribute('aria-pressed', String(!hidden.has(variant.name))));
      list.append(element('li', {}, button));
    }
    return list;
  }

  function short(value) {
    if (value === 0) return '0';
    const size = Math.abs(value);
    return size >= 0.01 && size < 1000 ? value.toPrecision(4) : value.toExponential(1);
  }

  // A line for each variant and, unseen in legend and tooltip, the edges of its band over seeds.
  function datasets({curves, levels = [], logarithmic: marked}) {
    const sets = [];
    curves.forEach((curve, i) => {
      const variant = data.variants[i];
      if (!curve.x.length || hidden.has(variant.name)) return;
      const ink = colour(variant);
      const points = (values) => curve.x.map((x, k) => ({x, y: values[k]}));
      const edge = {borderWidth: 0, pointRadius: 0, pointHitRadius: 0, edge: true, spanGaps: true};
      sets.push({data: points(curve.low), fill: false, ...edge});
      sets.push({data: points(curve.high), fill: '-1', backgroundColor: ink + '26', ...edge});
      sets.push({
        label: variant.name, data: points(curve.mean), low: curve.low, high: curve.high, borderColor: ink,
        backgroundColor: ink, borderDash: dashes[variant.dash], borderWidth: 2, spanGaps: true,
        pointStyle: markers[variant.dash], pointRadius: marked || curve.x.length === 1 ? 3 : 0, pointHoverRadius: 5,
      });
    });
    const ends = curves.flatMap((c) => (c.x.length ? [c.x[0], c.x[c.x.length - 1]] : []));
    for (const level of levels) {
      if (level.value === null || !ends.length) continue;
      sets.push({
        label: level.name, level: true, borderColor: token('--quiet'), borderDash: [2, 4], borderWidth: 1.5, pointRadius: 0,
        pointHitRadius: 0, data: [Math.min(...ends), Math.max(...ends)].map((x) => ({x, y: level.value})),
      });
    }
    return sets;
  }

  const nameLevels = {
    id: 'nameLevels',
    afterDatasetsDraw(chart) {
      chart.data.datasets.forEach((set) => {
        if (!set.level) return;
        const c = chart.ctx;
        c.font = '12px system-ui, sans-serif';
        c.fillStyle = token('--quiet');
        c.textBaseline = 'middle';
        c.fillText(set.label, chart.chartArea.right + 5, chart.scales.y.getPixelForValue(set.data[0].y));
      });
    },
  };

  // Whole powers of ten, few enough to be read.
  function powersOfTen(axis) {
    const from = Math.ceil(Math.log10(axis.min) - 1e-9), to = Math.floor(Math.log10(axis.max) + 1e-9);
    const stride = Math.max(1, Math.ceil((to - from) / 8));
    const ticks = [];
    for (let e = to; e >= from; e -= stride) ticks.unshift({value: 10 ** e});
    if (ticks.length > 1) axis.ticks = ticks;
  }

  // Room at the right of the axes for the names of the levels.
  const roomForNames = (panel) => ({padding: {right: panel.levels ? 54 : 8}});

  function options(panel) {
    const narrow = innerWidth < 600;
    const grid = {color: token('--rule')};
    const ticks = {color: token('--quiet'), maxRotation: 0};
    const title = (text) => ({display: true, text, color: token('--quiet')});
    const y = {grid, ticks, title: title(panel.y), min: panel.min, max: panel.max};
    if (panel.logarithmic) {
      const power = (value) => { const e = Math.log10(value); return Math.abs(e - Math.round(e)) < 1e-6 ? `1e${Math.round(e)}` : short(value); };
      Object.assign(y, {type: 'logarithmic', afterBuildTicks: powersOfTen, ticks: {...ticks, callback: power}});
    }
    return {
      animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
      layout: roomForNames(panel),
      interaction: {mode: 'nearest', axis: narrow ? 'xy' : 'x', intersect: false},
      scales: {x: {type: 'linear', grid: {display: false}, ticks, title: title(panel.x), min: panel.from, max: panel.to}, y},
      plugins: {
        legend: {display: false},
        title: {display: true, text: panel.title, color: token('--ink')},
        tooltip: {
          filter: (item) => !item.dataset.edge && !item.dataset.level,
          itemSort: (a, b) => b.parsed.y - a.parsed.y,
          callbacks: {
            title: (items) => (items.length ? `${panel.x} ${items[0].parsed.x}` : ''),
            label: ({dataset, dataIndex, parsed}) => {
              const low = dataset.low[dataIndex], high = dataset.high[dataIndex];
              const seeds = low === high || low === null ? '' : ` (${short(low)} to ${short(high)})`;
              return `${dataset.label}: ${short(parsed.y)}${seeds}`;
            },
          },
        },
      },
    };
  }

  function chart(panel) {
    const canvas = element('canvas');
    canvas.setAttribute('role', 'img');
    let drawn;
    redraw.push(() => {
      const current = panel();
      canvas.setAttribute('aria-label', current.title + '; the numbers are in the tables of this section');
      if (drawn) drawn.destroy();
      drawn = new Chart(canvas, {
        type: 'line', data: {datasets: datasets(current)}, options: options(current),
        plugins: [nameLevels],
      });
    });
    return element('div', {className: 'panel'}, canvas);
  }

  function variantsIn(curveLists) {
    return data.variants.filter((_, i) => curveLists.some((curves) => curves[i].x.length));
  }

  // Both moments of one kind share a range, so that they compare at a glance.
  function sharedRange(kind) {
    const curves = Object.values(data.gradients[kind]).flat();
    const values = curves.flatMap((c) => [...c.low, ...c.high]).filter((v) => v > 0);
    const layers = curves.flatMap((c) => c.x);
    if (!values.length) return {};
    return {min: Math.min(...values) / 2, max: Math.max(...values) * 2, from: Math.min(...layers), to: Math.max(...layers)};
  }

  function gradientPanels(place, kindNow) {
    const panels = element('div', {className: 'panels'});
    for (const moment of ['start', 'end']) {
      panels.append(chart(() => ({
        title: `${kindNow()}, ${moment} of training`, x: 'block', y: 'gradient norm', logarithmic: true,
        curves: data.gradients[kindNow()][moment], ...sharedRange(kindNow()),
      })));
    }
    place.append(legend(variantsIn(Object.values(data.gradients[kindNow()]))), panels);
  }

  function radios(title, names, pick) {
    const set = element('fieldset', {}, element('legend', {}, title));
    names.forEach((name, i) => {
      const input = element('input', {type: 'radio', name: title, checked: i === 0});
      input.addEventListener('change', () => pick(name));
      set.append(element('label', {}, input, name));
    });
    return set;
  }

  function drawCharts() {
    const curves = document.getElementById('curves-chart');
    if (curves) {
      const panels = element('div', {className: 'panels'});
      const means = Object.values(data.curves).flat().flatMap((c) => c.mean);
      const range = Math.max(...means) > data.highest_loss ? {max: data.highest_loss} : {};
      const titles = {held_out: 'held-out loss', train: 'training loss (running mean)'};
      for (const [which, title] of Object.entries(titles)) {
        panels.append(chart(() => ({
          title, x: 'step', y: 'bits per character', curves: data.curves[which], levels: data.baselines, ...range,
        })));
      }
      curves.append(legend(variantsIn(Object.values(data.curves))), panels);
    }
    const inputs = document.getElementById('inputs-chart');
    if (inputs) gradientPanels(inputs, () => 'block input');
    const weights = document.getElementById('weights-chart');
    if (weights) {
      let kind = data.kinds[0];
      weights.append(radios('Kind of weight', data.kinds, (picked) => { kind = picked; changed(); }));
      gradientPanels(weights, () => kind);
    }
  }

  // White (or the dark ground) for 0 to deep blue (or pale blue) for 1; the root makes small weights visible.
  function heat(weight) {
    const f = Math.sqrt(Math.min(1, Math.max(0, weight)));
    const [from, to] = dark.matches ? [[24, 30, 37], [150, 210, 255]] : [[255, 255, 255], [8, 48, 107]];
    return `rgb(${from.map((v, i) => Math.round(v + f * (to[i] - v))).join()})`;
  }

  function attentionMap(map, told) {
    const canvas = element('canvas', {width: map.size, height: map.size});
    const name = data.variants[map.variant].name;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `attention of ${name}, block ${map.layer}, head ${map.head}`);
    const c = canvas.getContext('2d');
    map.weights.forEach((weight, i) => {
      c.fillStyle = heat(weight / 1000);
      c.fillRect(i % map.size, Math.floor(i / map.size), 1, 1);
    });
    const tell = (event) => {
      const box = canvas.getBoundingClientRect();
      const at = (offset, length) => Math.min(map.size - 1, Math.max(0, Math.floor(offset / length * map.size)));
      const key = at(event.clientX - box.left, box.width), query = at(event.clientY - box.top, box.height);
      const word = (i) => (map.tokens[i] === undefined ? `position ${i}` : `“${map.tokens[i]}” (position ${i})`);
      told.textContent = `${name}: ${word(query)} looks at ${word(key)} with weight ${(map.weights[query * map.size + key] / 1000).toFixed(3)}`;
    };
    canvas.addEventListener('pointermove', tell);
    canvas.addEventListener('pointerdown', tell);
    return element('figure', {className: 'map'}, canvas, element('figcaption', {}, name));
  }

  function choice(title, values, now, pick) {
    const select = element('select', {}, ...values.map((v) => element('option', {value: v, selected: v === now}, String(v))));
    select.addEventListener('change', () => pick(Number(select.value)));
    return element('label', {}, title, select);
  }

  function drawAttention() {
    const place = document.getElementById('attention-maps');
    if (!place || !data.maps.length) return;
    const values = (field) => [...new Set(data.maps.map((m) => m[field]))].sort((a, b) => a - b);
    const now = {layer: values('layer').pop(), head: values('head')[0]};
    const told = element('output', {className: 'note'}, 'Point at a map for its numbers.');
    const maps = element('div', {className: 'maps'});
    const set = element('fieldset', {}, element('legend', {}, 'Show'));
    for (const [field, title] of [['layer', 'block'], ['head', 'head']]) {
      if (values(field).length > 1) set.append(choice(title, values(field), now[field], (picked) => { now[field] = picked; draw(); }));
    }
    function draw() {
      maps.replaceChildren(...data.maps.filter((m) => m.layer === now.layer && m.head === now.head)
        .map((m) => attentionMap(m, told)));
    }
    redraw.push(draw);
    place.append(set, told, maps);
  }

  if (window.Chart) drawCharts();
  drawAttention();
  dark.addEventListener('change', changed);
  changed();
})();
