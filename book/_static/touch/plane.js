/* What the pages in the plane share: coordinates, marks, small charts, a legend, and the question that
   comes before the controls. */
"use strict";

const Plane = (() => {
  const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

  /* From a rectangle {x: [low, high], y: [low, high]} to a w by h canvas, less the margins; log axes
     where `logX` or `logY`. */
  function view(
    w,
    h,
    { x, y, logX = false, logY = false, left = 0, right = 0, top = 0, bottom = 0 },
  ) {
    const scale = (log) => (log ? Math.log10 : (v) => v);
    const [ofX, ofY] = [scale(logX), scale(logY)];
    const share = (f, [low, high], v) => (f(v) - f(low)) / (f(high) - f(low));
    return {
      w,
      h,
      left,
      right,
      top,
      bottom,
      rangeX: x,
      rangeY: y,
      x: (v) => left + (w - left - right) * share(ofX, x, v),
      y: (v) => h - bottom - (h - top - bottom) * share(ofY, y, v),
      unit: (w - left - right) / (x[1] - x[0]), // pixels to a unit of a linear x axis
    };
  }

  /* Marks at [x, y] points: "dot" (filled), "ring" (hollow) or "cross". */
  function marks(context, at, points, { color, kind = "dot", size = 2.5, edge }) {
    context.save();
    context.lineWidth = kind === "dot" ? 0.8 : 1.3;
    context.fillStyle = color;
    context.strokeStyle = kind === "dot" ? (edge ?? color) : color;
    for (const [px, py] of points) {
      const [x, y] = [at.x(px), at.y(py)];
      context.beginPath();
      if (kind === "cross") {
        context.moveTo(x - size, y - size);
        context.lineTo(x + size, y + size);
        context.moveTo(x - size, y + size);
        context.lineTo(x + size, y - size);
      } else context.arc(x, y, size, 0, 2 * Math.PI);
      if (kind === "dot") context.fill();
      if (kind !== "dot" || edge) context.stroke();
    }
    context.restore();
  }

  /* A line through [x, y] points; `dash` as of setLineDash. */
  function line(context, at, points, { color, width = 1.5, dash = [], alpha = 1 }) {
    context.save();
    context.globalAlpha = alpha;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](at.x(x), at.y(y)));
    context.stroke();
    context.restore();
  }

  /* The two axes of the plane from -edge to edge, without ticks. */
  function cross(context, at, edge) {
    const style = { color: Touch.theme().line, width: 1 };
    for (const [x, y] of [
      [edge, 0],
      [0, edge],
    ]) {
      const ends = [-1, 1].map((side) => [side * x, side * y]);
      line(context, at, ends, style);
    }
  }

  function text(context, words, x, y, { color, align = "left", baseline = "alphabetic" }) {
    context.save();
    context.fillStyle = color;
    context.strokeStyle = Touch.theme().ground; // a halo, where words cross a line
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.font = FONT;
    context.textAlign = align;
    context.textBaseline = baseline;
    context.strokeText(words, x, y);
    context.fillText(words, x, y);
    context.restore();
  }

  /* Axes with ticks at `ticksX` and `ticksY` ([value, text] pairs) and their names. */
  function axes(context, at, { ticksX = [], ticksY = [], nameX = "", nameY = "" }) {
    const { line: rule, soft } = Touch.theme();
    const [floor, end] = [at.h - at.bottom, at.w - at.right];
    context.save();
    context.strokeStyle = rule;
    context.lineWidth = 1;
    context.beginPath();
    for (const [value] of ticksY) {
      context.moveTo(at.left, at.y(value));
      context.lineTo(end, at.y(value));
    }
    context.moveTo(at.left, floor);
    context.lineTo(end, floor);
    for (const [value] of ticksX) {
      context.moveTo(at.x(value), floor);
      context.lineTo(at.x(value), floor + 4);
    }
    context.stroke();
    context.restore();
    for (const [value, words] of ticksX) {
      text(context, words, at.x(value), floor + 6, {
        color: soft,
        align: "center",
        baseline: "top",
      });
    }
    for (const [value, words] of ticksY) {
      text(context, words, at.left - 5, at.y(value), {
        color: soft,
        align: "right",
        baseline: "middle",
      });
    }
    text(context, nameX, end, at.h - 1, { color: soft, align: "right", baseline: "bottom" });
    text(context, nameY, 0, 1, { color: soft, baseline: "top" });
  }

  /* A colour "#rrggbb" as [r, g, b]. */
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  /* Between two colours: share 0 is a, 1 is b. */
  function mixed(a, b, share) {
    const [from, to] = [rgb(a), rgb(b)];
    return from.map((v, i) => Math.round(v + share * (to[i] - v)));
  }

  /* A legend: entries are [kind, colour's name, words]; kind is dot, ring, cross, line or dash. */
  function legend(parent, entries) {
    const list = Touch.make("p", { class: "legend note" });
    const svg = "http://www.w3.org/2000/svg";
    const shapes = {
      dot: ["circle", { cx: 12, cy: 8, r: 4, fill: "currentColor" }],
      ring: ["circle", { cx: 12, cy: 8, r: 4, fill: "none" }],
      cross: ["path", { d: "M8 4l8 8m0-8l-8 8" }],
      line: ["path", { d: "M1 8h22" }],
      dash: ["path", { d: "M1 8h22", "stroke-dasharray": "5 3" }],
      bar: ["rect", { x: 3, y: 2, width: 18, height: 12, fill: "currentColor" }],
    };
    for (const [kind, color, words] of entries) {
      const picture = document.createElementNS(svg, "svg");
      const [tag, about] = shapes[kind];
      const shape = document.createElementNS(svg, tag);
      const outside = { viewBox: "0 0 24 16", width: 24, height: 16, "aria-hidden": true };
      Object.entries(outside).forEach(([k, v]) => picture.setAttribute(k, v));
      const all = { stroke: "currentColor", "stroke-width": 2, ...about };
      Object.entries(all).forEach(([k, v]) => shape.setAttribute(k, v));
      picture.style.color = `var(--${color})`;
      picture.append(shape);
      list.append(Touch.make("span", {}, picture, words));
    }
    parent.append(list);
    return list;
  }

  /* The question before the controls: one of `options` is chosen, which is then noted; the answer
     stands under a summary, for after the trial. */
  function predict(parent, { question, options, trial, answer }) {
    const note = Touch.make("p", { class: "note" }, "Choose before you touch anything else.");
    Touch.choices(parent, {
      legend: question,
      options,
      onInput(value) {
        const [, words] = options.find(([key]) => key === value);
        note.textContent = `You expect “${words}”. ${trial}`;
        Touch.say(note.textContent);
      },
    });
    const fold = Touch.make(
      "details",
      {},
      Touch.make("summary", {}, "After the trial: what happens, and why"),
    );
    fold.append(Touch.make("p", {}, answer));
    parent.append(note, fold);
  }

  /* A row of figures that change: {name: element}, to be filled with textContent. */
  function figures(parent, names) {
    const list = Touch.make("dl", { class: "figures" });
    const cells = Object.entries(names).map(([key, words]) => {
      const value = Touch.make("dd", {}, "–");
      list.append(Touch.make("div", {}, Touch.make("dt", {}, words), value));
      return [key, value];
    });
    parent.append(list);
    return Object.fromEntries(cells);
  }

  /* A round handle over a square canvas of the plane from -edge to edge, to be dragged or moved by the
     arrow keys; the rest of the canvas still scrolls under a finger. `onMove([x, y], dragged)` hears
     where it is to go, within `limit`; `onEnd()` that it was let go. `put(x, y)` shows it there. */
  function handle(stage, canvas, { label, edge, limit, onMove, onEnd }) {
    const element = Touch.make("button", { type: "button", class: "handle", "aria-label": label });
    let place = [0, 0];
    const within = (v) => Math.min(limit, Math.max(-limit, Math.round(v * 20) / 20));
    const keys = {
      ArrowLeft: [-0.1, 0],
      ArrowRight: [0.1, 0],
      ArrowUp: [0, 0.1],
      ArrowDown: [0, -0.1],
    };
    element.addEventListener("keydown", (event) => {
      const step = keys[event.key];
      if (!step) return;
      event.preventDefault();
      onMove(
        place.map((v, i) => within(v + step[i])),
        false,
      );
    });
    element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const box = canvas.getBoundingClientRect();
      const right = (event.clientX - box.left) / box.width;
      const down = (event.clientY - box.top) / box.height;
      onMove([within(edge * (2 * right - 1)), within(edge * (1 - 2 * down))], true);
    });
    element.addEventListener("pointerup", onEnd);
    stage.append(element);
    function put(x, y) {
      place = [x, y];
      element.style.left = `${50 * (1 + x / edge)}%`;
      element.style.top = `${50 * (1 - y / edge)}%`;
    }
    return { element, put };
  }

  return { view, marks, line, cross, text, axes, rgb, mixed, legend, predict, figures, handle };
})();
