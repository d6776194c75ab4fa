"use strict";
// Draws the step in the embedded record: one part at a time, its matrices, and which numbers made which.
(() => {
  const record = JSON.parse(document.getElementById("record").textContent);
  const { axes, arrays, parts, weights } = record;
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const layerCount = weights.length;
  const byId = (id) => document.getElementById(id);
  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const draw = (name, attributes = {}, text) => {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) drawn.setAttribute(key, value);
    if (text !== undefined) drawn.textContent = text;
    return drawn;
  };

  // The index of the part that computes each array.
  const origins = new Map(parts.map((part, index) => [part.result, index]));
  let current = 0;
  // The sample whose numbers the network shows where the part has none of its own.
  let lastSample = parts.find((part) => part.rule === "affine").example[0];
  let picked = null; // { array, row, column } of the number whose arithmetic is shown

  // Five significant digits, as in the text.
  const isPlain = (value) => value === 0 || (Math.abs(value) >= 1e-5 && Math.abs(value) < 1e6);
  const plainText = (value) => String(parseFloat(value.toPrecision(5)));
  const short = (value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (value === 0 || (size >= 1e-5 && size < 1e7)) return plainText(value).replace("-", "−");
    const [digits, exponent] = value.toExponential(4).split("e");
    const raised = [...exponent.replace("+", "")].map((c) => (c === "-" ? "⁻" : SUPERSCRIPTS[Number(c)])).join("");
    return `${parseFloat(digits)}·10${raised}`.replace("-", "−");
  };
  const decimalsOf = (values) => {
    const plain = values.flat().filter((value) => value !== 0 && isPlain(value));
    const exponent = (value) => Math.floor(Math.log10(Math.abs(value)));
    const largest = Math.max(...plain.map(exponent));
    const lengths = plain.map((value) => {
      const thereAre = (plainText(value).split(".")[1] || "").length;
      return Math.min(thereAre, Math.max(4 - largest, 2 - exponent(value), 0));
    });
    return Math.min(7, Math.max(0, ...lengths));
  };
  const cellText = (value, decimals) =>
    typeof value === "number" && isPlain(value) ? value.toFixed(decimals).replace("-", "−") : short(value);

  // Where some are hidden there is a gap: null among the shown places.
  const withGaps = (axis) => {
    const places = [];
    let next = 0;
    axis.shown.forEach((index, place) => {
      if (index > next) places.push(null);
      places.push(place);
      next = index + 1;
    });
    if (next < axis.length) places.push(null);
    return places;
  };

  const matrix = (index, isResult) => {
    const array = arrays[index];
    const rows = axes[array.rows];
    const columns = axes[array.columns];
    const decimals = decimalsOf(array.values);
    const symbol = make("div", { class: "symbol" });
    symbol.innerHTML = array.symbol;
    const table = make("table", { "aria-label": array.text });
    const columnPlaces = withGaps(columns);
    if (array.columns !== "one") {
      const head = make("tr", {}, make("td"));
      for (const place of columnPlaces) head.append(make("th", { scope: "col" }, place === null ? "…" : columns.labels[place]));
      table.append(make("thead", {}, head));
    }
    const body = make("tbody");
    for (const row of withGaps(rows)) {
      const line = make("tr", {}, make("th", { scope: "row" }, row === null ? "…" : rows.labels[row]));
      columnPlaces.forEach((column, at) => {
        const isNumber = row !== null && column !== null;
        const cell = make("td", {}, isNumber ? cellText(array.values[row][column], decimals) : "…");
        if (at === 0) cell.classList.add("first");
        if (at === columnPlaces.length - 1) cell.classList.add("last");
        if (isNumber) {
          Object.assign(cell.dataset, { array: index, row, column });
          cell.title = `${array.text}${[rows.labels[row], columns.labels[column]].filter(Boolean).map((l) => `, ${l}`).join("")}: ${array.values[row][column]}`;
          if (isResult) cell.tabIndex = 0;
        }
        line.append(cell);
      });
      body.append(line);
    }
    table.append(body);
    const around = make("div", { class: isResult ? "matrix result" : "matrix" }, symbol, table);
    around.append(make("div", { class: "shape" }, array.shape));
    return around;
  };

  // Which numbers made a number: places among those shown, by the rule of the part that computed it.
  const sourcesOf = ({ array, row, column }) => {
    const part = parts[origins.get(array)];
    if (!part) return [];
    const operands = part.operands.map(([, operand]) => operand);
    const all = (axis) => axes[axis].shown.map((_, place) => place);
    const same = (operand) => {
      const of = arrays[operand];
      const isRow = of.rows === "one";
      return { array: operand, row: isRow ? 0 : row, column: isRow && of.columns === "samples" ? row : column };
    };
    const ofRow = (operand, at) => all(arrays[operand].columns).map((place) => ({ array: operand, row: at, column: place }));
    const ofColumn = (operand, at) => all(arrays[operand].rows).map((place) => ({ array: operand, row: place, column: at }));
    switch (part.rule) {
      case "affine":
        return [...ofRow(operands[0], row), ...ofColumn(operands[1], column), ...operands.slice(2).map(same)];
      case "back":
        return [...ofRow(operands[0], row), ...ofRow(operands[1], column), ...operands.slice(2).map(same)];
      case "gradient":
        return [...ofColumn(operands[0], row), ...ofColumn(operands[1], column)];
      case "sum":
        return ofColumn(operands[0], column);
      case "softmax":
        return operands.flatMap((operand) => ofRow(operand, row));
      case "loss":
        return operands.flatMap((operand) => all(arrays[operand].rows).flatMap((at) => ofRow(operand, at)));
      case "given":
        return [];
      default:
        return operands.map(same);
    }
  };

  const cellOf = ({ array, row, column }) =>
    document.querySelector(`td[data-array="${array}"][data-row="${row}"][data-column="${column}"]`);

  const pick = (place) => {
    picked = place;
    for (const cell of document.querySelectorAll("td.source, td.picked")) cell.classList.remove("source", "picked");
    const made = byId("made");
    made.replaceChildren();
    const array = arrays[place.array];
    const labels = [axes[array.rows].labels[place.row], axes[array.columns].labels[place.column]].filter(Boolean);
    const name = make("p");
    const symbol = make("span");
    symbol.innerHTML = array.symbol;
    name.append(symbol, ...(labels.length ? [` of ${labels.join(", ")}`] : []));
    made.append(name);
    const origin = origins.get(place.array);
    const part = parts[origin];
    const written = part && part.made[place.row] && part.made[place.row][place.column];
    const line = make("div");
    if (written) line.innerHTML = written;
    else if (!part || part.rule === "given") line.append(`= ${short(array.values[place.row][place.column])}, given`);
    else line.append(`= ${short(array.values[place.row][place.column])}, from the marked numbers by the formula`);
    made.append(line);
    for (const source of sourcesOf(place)) cellOf(source)?.classList.add("source");
    cellOf(place)?.classList.add("picked");
    network();
  };

  // As many digits as fit into a circle.
  const inCircle = (value, x, y) => {
    let text = short(value);
    if (typeof value === "number" && Number.isFinite(value)) {
      const size = Math.abs(value);
      text = String(parseFloat(value.toPrecision(size >= 0.01 || value === 0 ? 3 : 1))).replace("-", "−");
    }
    const drawn = draw("text", { x, y }, text);
    if (text.length > 6) drawn.style.fontSize = "9.5px";
    return drawn;
  };

  // The units as circles with the latest numbers of one sample, the weights as links.
  const network = () => {
    const part = parts[current];
    const columns = [];
    for (let layer = 0; layer <= layerCount; layer += 1) columns.push(withGaps(axes[layer]));
    const tallest = Math.max(...columns.map((places) => places.length));
    const step = Math.min(64, Math.max(44, 300 / tallest));
    const [width, height] = [340, Math.max(2, tallest) * step + 46];
    const x = (layer) => 40 + (layer * (width - 80)) / layerCount;
    const y = (layer, at) => 14 + (height - 46) / 2 + (at - (columns[layer].length - 1) / 2) * step;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: part.phase });
    svg.append(draw("title", {}, "The units of the network as circles, the weights between them as lines"));
    const of = picked && arrays[picked.array];
    const sample = of && of.rows === "samples" ? picked.row : lastSample;
    lastSample = sample;
    const isActive = (layer) =>
      part.layer === null ? layer === (part.phase === "loss" ? layerCount : 0) : layer === part.layer;
    const activeLinks =
      part.layer === null ? null : part.rule === "back" ? part.layer : ["affine", "gradient", "descend"].includes(part.rule) || part.phase === "update" ? part.layer - 1 : null;
    for (let layer = 0; layer < layerCount; layer += 1) {
      const { values } = arrays[weights[layer]];
      const largest = Math.max(1e-12, ...values.flat().map(Math.abs));
      columns[layer].forEach((from, fromAt) => {
        columns[layer + 1].forEach((to, toAt) => {
          if (from === null || to === null) return;
          const weight = values[from][to];
          const link = draw("line", { x1: x(layer), y1: y(layer, fromAt), x2: x(layer + 1), y2: y(layer + 1, toAt) });
          link.setAttribute("class", `link${weight < 0 ? " minus" : ""}${activeLinks === layer ? " active" : ""}`);
          link.setAttribute("stroke-width", (0.8 + (4 * Math.abs(weight)) / largest).toFixed(2));
          if (of && of.rows === String(layer) && of.columns === String(layer + 1) && picked.row === from && picked.column === to) link.classList.add("picked");
          svg.append(link);
        });
      });
    }
    const shows = [];
    columns.forEach((places, layer) => {
      // The latest of the layer's arrays that has a number for each sample and unit.
      let latest = null;
      for (let index = 0; index <= current; index += 1) {
        const result = parts[index].result;
        if (arrays[result].rows === "samples" && arrays[result].columns === String(layer)) latest = result;
      }
      if (latest !== null) shows.push(arrays[latest].text);
      places.forEach((place, at) => {
        if (place === null) {
          svg.append(draw("text", { x: x(layer), y: y(layer, at) + 4 }, "⋮"));
          return;
        }
        const circle = draw("circle", { cx: x(layer), cy: y(layer, at), r: 22 });
        if (isActive(layer)) circle.classList.add("active");
        const isColumn = of && of.columns === String(layer) && picked.column === place;
        const isRow = of && of.rows === String(layer) && picked.row === place;
        if (isColumn || isRow) circle.classList.add("picked");
        svg.append(circle);
        if (latest !== null) {
          const value = arrays[latest].values[sample][place];
          svg.append(inCircle(value, x(layer), y(layer, at) + 4));
        }
      });
      const name = layer === 0 ? "inputs" : layer === layerCount ? "outputs" : layerCount === 2 ? "hidden" : `layer ${layer}`;
      svg.append(draw("text", { x: x(layer), y: height - 20, class: "name" }, name));
      if (latest !== null) svg.append(draw("text", { x: x(layer), y: height - 5 }, arrays[latest].text));
    });
    byId("network").replaceChildren(svg);
    byId("shows").textContent = `The circles show the latest numbers of ${axes.samples.labels[sample]}.`;
  };

  const show = (index) => {
    current = Math.max(0, Math.min(parts.length - 1, index));
    const part = parts[current];
    document.querySelector("main").className = part.phase;
    byId("phase").textContent = part.heading;
    byId("title").textContent = part.title;
    byId("words").textContent = part.words;
    byId("formula").innerHTML = part.formulas.join("");
    const equation = byId("equation");
    equation.replaceChildren();
    // A sign stays with the matrix after it.
    const term = (sign, of) => {
      const around = make("div", { class: "term" });
      if (sign) around.append(make("span", { class: "operator" }, sign));
      around.append(of);
      return around;
    };
    for (const [before, operand] of part.operands) equation.append(term(before, matrix(operand, false)));
    equation.append(term(part.operands.length ? "=" : "", matrix(part.result, true)));
    byId("position").textContent = `part ${current + 1} of ${parts.length}`;
    byId("back").disabled = current === 0;
    byId("next").disabled = current === parts.length - 1;
    [...byId("track").children].forEach((button, at) => {
      button.className = `${parts[at].phase}${at < current ? " done" : ""}`;
      if (at === current) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    pick({ array: part.result, row: part.example[0], column: part.example[1] });
    history.replaceState(null, "", `#${current + 1}`);
  };

  parts.forEach((part, index) => {
    const button = make("button", { type: "button", "aria-label": `Part ${index + 1}: ${part.title}`, title: part.title });
    button.addEventListener("click", () => show(index));
    byId("track").append(button);
  });
  byId("back").addEventListener("click", () => show(current - 1));
  byId("next").addEventListener("click", () => show(current + 1));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: parts.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  const pointed = (event) => {
    const cell = event.target.closest?.("td[data-array]");
    if (!cell) return;
    const { array, row, column } = cell.dataset;
    pick({ array: Number(array), row: Number(row), column: Number(column) });
  };
  byId("equation").addEventListener("mouseover", pointed);
  byId("equation").addEventListener("focusin", pointed);
  byId("equation").addEventListener("click", pointed);
  window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
  show(Number(location.hash.slice(1)) - 1 || 0);
})();
