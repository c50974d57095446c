/* What every interactive page shares: theme, chance, controls, canvases, and word to the book around it.

A page is `NAME.html`, which loads `touch.css`, then this file in its head, then `NAME.js` at the end
of its body. All of it works from a folder, without a network and without modules.
*/
"use strict";

const Touch = (() => {
  const page = document.documentElement;
  const painters = new Set(); // canvases to paint again when the theme changes
  const NAME = location.pathname.split("/").pop().replace(/\.html$/, "");

  function setTheme(value) {
    page.dataset.theme = value === "dark" ? "dark" : "light";
    painters.forEach((paint) => paint());
  }

  const wished = matchMedia("(prefers-color-scheme: dark)");
  const asked = new URLSearchParams(location.search).get("theme");
  setTheme(asked ?? (wished.matches ? "dark" : "light"));
  if (!asked && parent === window) {
    wished.addEventListener("change", () => setTheme(wished.matches ? "dark" : "light"));
  }
  addEventListener("message", (event) => {
    if (event.source === parent && event.data?.touch === "theme") setTheme(event.data.value);
  });

  /* The colours of the theme: {ground, ink, soft, line, tint, accent, warm, third}, for canvases.
     accent and warm are a pair also for the colour-blind; real data are accent, generated warm. */
  function theme() {
    const style = getComputedStyle(page);
    const names = ["ground", "ink", "soft", "line", "tint", "accent", "warm", "third"];
    return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
  }

  /* Numbers that depend on the seed alone (mulberry32): uniform() in [0, 1), normal() from N(0, 1),
     integer(n) of 0..n-1, shuffle(list) a new list. */
  function random(seed) {
    let state = seed >>> 0;
    function uniform() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const integer = (n) => Math.floor(n * uniform());
    function shuffle(list) {
      const mixed = [...list];
      for (let i = mixed.length - 1; i > 0; i -= 1) {
        const j = integer(i + 1);
        [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
      }
      return mixed;
    }
    return { uniform, normal, integer, shuffle };
  }

  /* A new element: make("p", { class: "note" }, "text", otherElement). */
  function make(tag, attributes = {}, ...inside) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...inside);
    return element;
  }

  let ids = 0;

  /* A number with so many decimals and a proper minus sign. */
  const number = (value, decimals = 2) => value.toFixed(decimals).replace("-", "\u2212");

  /* A labelled slider. `onInput(value)` hears every move by a person; `set(value)` moves it silently.
     `format(value)` is the text that is shown and read aloud. */
  function slider(parent, { label, min, max, step, value, onInput, format = number }) {
    const id = `slider-${(ids += 1)}`;
    const input = make("input", { type: "range", id, min, max, step, value });
    const shown = make("output", { for: id });
    const element = make("div", { class: "slider" }, make("label", { for: id }, label), shown, input);
    function show() {
      const text = format(Number(input.value));
      shown.textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    function set(to) {
      input.value = to;
      show();
    }
    input.addEventListener("input", () => {
      show();
      onInput?.(Number(input.value));
    });
    show();
    parent.append(element);
    return {
      element,
      input,
      set,
      get value() {
        return Number(input.value);
      },
    };
  }

  /* One of a few, as radio buttons: options are [value, text] pairs; `set(value)` chooses silently. */
  function choices(parent, { legend, options, value, onInput }) {
    const name = `choice-${(ids += 1)}`;
    const element = make("fieldset", { class: "choices" }, make("legend", {}, legend));
    const inputs = options.map(([key, text]) => {
      const input = make("input", { type: "radio", name, value: key });
      input.checked = String(key) === String(value);
      input.addEventListener("change", () => onInput?.(input.value));
      element.append(make("label", {}, input, make("span", {}, text)));
      return input;
    });
    parent.append(element);
    const set = (to) => inputs.forEach((input) => (input.checked = input.value === String(to)));
    return {
      element,
      set,
      get value() {
        return inputs.find((input) => input.checked)?.value;
      },
    };
  }

  function button(parent, text, onClick, attributes = {}) {
    const element = make("button", { type: "button", ...attributes }, text);
    element.addEventListener("click", onClick);
    parent.append(element);
    return element;
  }

  /* A canvas that is sharp on every screen, as wide as there is room, `width` at most, in the
     proportion width : height. `draw(context, w, h)` paints in CSS pixels, whatever the size is now;
     `paint()` asks for it. `label` says what is seen. */
  function canvas(parent, { label, width, height, draw }) {
    const element = make("canvas", { role: "img", "aria-label": label });
    element.style.maxWidth = `${width}px`;
    element.style.aspectRatio = `${width} / ${height}`;
    const context = element.getContext("2d");
    function paint() {
      const w = element.clientWidth;
      const h = (w * height) / width;
      if (!w) return;
      const ratio = devicePixelRatio || 1;
      const [wide, high] = [Math.round(w * ratio), Math.round(h * ratio)];
      if (element.width !== wide || element.height !== high) {
        element.width = wide;
        element.height = high;
      }
      context.setTransform(wide / w, 0, 0, high / h, 0, 0);
      context.clearRect(0, 0, w, h);
      draw(context, w, h);
    }
    parent.append(element);
    painters.add(paint);
    new ResizeObserver(paint).observe(element);
    return { element, context, paint };
  }

  /* Finger, pen or mouse on an element: `onMove(x, y, "down" | "move" | "up")`, x and y in 0..1 from
     the top left. What can be dragged must also answer to a control that keys reach. */
  function drag(element, onMove) {
    element.classList.add("dragged");
    const tell = (event, phase) => {
      const box = element.getBoundingClientRect();
      const within = (share) => Math.min(1, Math.max(0, share));
      const x = within((event.clientX - box.left) / box.width);
      onMove(x, within((event.clientY - box.top) / box.height), phase);
    };
    let held = null;
    element.addEventListener("pointerdown", (event) => {
      if (held !== null || event.button) return;
      held = event.pointerId;
      element.setPointerCapture(held);
      tell(event, "down");
    });
    element.addEventListener("pointermove", (event) => {
      if (event.pointerId === held) tell(event, "move");
    });
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, (event) => {
        if (event.pointerId !== held) return;
        held = null;
        tell(event, "up");
      });
    }
  }

  /* Put a sentence into the page's status line, which screen readers read aloud. */
  function say(text) {
    let line = document.querySelector("[role=status]");
    if (!line) {
      line = make("p", { role: "status" });
      document.querySelector("main").append(line);
    }
    if (line.textContent !== text) line.textContent = text;
  }

  /* Tell the book how tall the page is; it is called whenever that changes. */
  function height() {
    if (parent === window) return;
    const value = Math.ceil(document.querySelector("main").getBoundingClientRect().height);
    parent.postMessage({ touch: "height", name: NAME, value }, "*");
  }

  addEventListener("DOMContentLoaded", () => {
    page.classList.toggle("framed", parent !== window);
    new ResizeObserver(height).observe(document.querySelector("main"));
  });

  /* Whether things may move by themselves. */
  const moves = () => !matchMedia("(prefers-reduced-motion: reduce)").matches;

  return {
    random, theme, number, slider, choices, button, canvas, drag, say, height, make, moves,
  };
})();
