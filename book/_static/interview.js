// Question pages: filters, rubrics that add up and are remembered, quiz cards, and the capacity
// calculator.
// Without this script everything can still be read. Nothing is sent anywhere.
"use strict";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function remembered(key, value) {
  try {
    if (value === undefined) return JSON.parse(localStorage.getItem(key) || "null");
    localStorage.setItem(key, JSON.stringify(value));
  } catch (error) { /* a browser may refuse; then it is forgotten */ }
  return null;
}

function has(row, key, value) {
  return row.dataset[key].split(" ").includes(value);
}

// The index: one select for each property and a text field; the choice stands in the address.
function filters(box) {
  const rows = [...box.querySelectorAll("tbody tr")];
  const hits = box.querySelector(".interview-hits");
  const table = box.querySelector("table");
  const none = element("p", {}, "No question fits all of these. Take back one of them, or show all.");
  const form = element("form", { class: "interview-filter", role: "search" });
  const fields = {};
  for (const key of ["topic", "kind", "level"]) {
    const select = element("select", { name: key }, element("option", { value: "" }, "all"));
    for (const [value, label] of Object.entries(JSON.parse(box.dataset[key]))) {
      if (rows.some((row) => has(row, key, value))) select.append(element("option", { value }, label));
    }
    fields[key] = select;
    form.append(element("label", {}, key, " ", select));
  }
  fields.words = element("input", { name: "words", type: "search", placeholder: "FID, collapse, ..." });
  form.append(element("label", {}, "words ", fields.words));
  form.addEventListener("submit", (event) => event.preventDefault());

  function apply() {
    const words = fields.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    clear.hidden = !hide.checked && !Object.values(fields).some((field) => field.value);
    for (const row of rows) {
      const fits =
        ["topic", "kind", "level"].every((key) => !fields[key].value || has(row, key, fields[key].value)) &&
        words.every((word) => row.dataset.words.includes(word)) &&
        !(hide.checked && points[row.dataset.id]);
      row.hidden = !fits;
      shown += fits;
    }
    hits.textContent = `${shown} of ${rows.length} questions`;
    const chosen = new URLSearchParams();
    for (const [key, field] of Object.entries(fields)) if (field.value) chosen.set(key, field.value);
    table.hidden = !shown;
    none.hidden = Boolean(shown);
    const place = String(chosen);
    if (!place && !ours(location.hash)) return; // a link to a place on the page keeps its hash
    history.replaceState(null, "", place ? `#${place}` : location.pathname + location.search);
  }

  function ours(hash) {
    return Object.keys(fields).some((key) => new URLSearchParams(hash.slice(1)).has(key));
  }

  function restore() { // what a click in the page's contents puts there, is no choice
    if (!location.hash || ours(location.hash)) {
      const chosen = new URLSearchParams(location.hash.slice(1));
      for (const [key, field] of Object.entries(fields)) field.value = chosen.get(key) || "";
    }
    apply();
  }
  const points = remembered(RUBRICS) || {};
  for (const row of rows) {
    const answered = points[row.dataset.id];
    if (answered) row.cells[1].append(" ", element("span", { class: "row-score" }, String(sum(answered))));
  }
  const hide = element("input", { type: "checkbox", name: "hide" });
  const random = element("button", { type: "button", class: "interview-random" }, "Random question");
  random.addEventListener("click", () => {
    const row = anyOf(rows.filter((one) => !one.hidden), (one) => !points[one.dataset.id]);
    if (row) row.querySelector("a").click();
  });
  form.append(element("label", {}, hide, " hide answered"), random);
  const clear = element("button", { type: "reset", class: "interview-clear" }, "Show all");
  form.append(clear);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("input", apply);
  window.addEventListener("hashchange", restore);
  box.prepend(form);
  table.after(none);
  restore();
}

// A rubric: what is ticked, chosen or filled in adds up, and is remembered by this browser.
const RUBRICS = "prodimg-rubrics"; // {"G02": {"pointwise": 35}}: only what earned something

function sum(points) {
  return Object.values(points).reduce((total, value) => total + value, 0);
}

function pointsOf(field) {
  const weight = Number(field.dataset.weight);
  if (field.type === "checkbox") return field.checked ? weight : 0;
  return Math.min(weight, Math.max(0, Number(field.value) || 0));
}

function rubric(score, changed) {
  const id = score.dataset.question;
  const fields = [...score.closest("details").querySelectorAll("[data-weight]")];
  const verdict = score.parentElement.querySelector(".rubric-verdict");
  const show = () => {
    const total = fields.reduce((all, field) => all + pointsOf(field), 0);
    score.textContent = total;
    verdict.textContent = total ? `(${JSON.parse(score.dataset.bands).find(([, least]) => total >= least)[0]})` : "";
  };
  const recall = () => {
    const kept = (remembered(RUBRICS) || {})[id] || {};
    for (const field of fields) {
      const value = kept[field.name] || 0;
      if (field.type === "checkbox") field.checked = value > 0; else field.value = value;
    }
    show();
  };
  const keep = () => {
    const known = remembered(RUBRICS) || {}; // anew: another tab may have written since
    const earned = fields.map((field) => [field.name, pointsOf(field)]).filter(([, value]) => value);
    if (earned.length) known[id] = Object.fromEntries(earned); else delete known[id];
    remembered(RUBRICS, known);
    show();
    changed();
  };
  fields.forEach((field) => field.addEventListener("input", keep));
  recall();
  return recall;
}

function anyOf(items, preferred) {
  const best = items.filter(preferred);
  const chosen = best.length ? best : items;
  return chosen[Math.floor(Math.random() * chosen.length)];
}

// The page of a topic: the score so far stays in sight; answered questions can be hidden.
function rubrics() {
  const scores = [...document.querySelectorAll(".rubric-score")];
  if (!scores.length) return;
  const status = element("span", { class: "practice-status", role: "status" });
  const hide = element("button", { type: "button", class: "practice-hide", "aria-pressed": "false" }, "Hide answered");
  const random = element("button", { type: "button", class: "practice-random" }, "Random question");
  const forget = element("button", { type: "button", class: "practice-forget" }, "Forget these scores");
  const section = (score) => score.closest("section");
  const update = () => {
    const known = remembered(RUBRICS) || {};
    const points = scores.map((score) => known[score.dataset.question]).filter(Boolean).map(sum);
    const mean = points.length ? `, ${Math.round(points.reduce((a, b) => a + b, 0) / points.length)} of 100 on average` : "";
    status.textContent = `${points.length} of ${scores.length} answered${mean}`;
    forget.hidden = !points.length;
    const hiding = hide.getAttribute("aria-pressed") === "true";
    for (const score of scores) {
      const inside = section(score).contains(document.activeElement); // not under a person's hands
      section(score).hidden = hiding && Boolean(known[score.dataset.question]) && !inside;
    }
  };
  const recalls = scores.map((score) => rubric(score, update));
  hide.addEventListener("click", () => {
    hide.setAttribute("aria-pressed", String(hide.getAttribute("aria-pressed") !== "true"));
    update();
  });
  random.addEventListener("click", () => {
    const known = remembered(RUBRICS) || {};
    const score = anyOf(scores.filter((one) => !section(one).hidden), (one) => !known[one.dataset.question]);
    if (score) location.hash = score.dataset.question.toLowerCase();
  });
  forget.addEventListener("click", () => {
    const known = remembered(RUBRICS) || {};
    for (const score of scores) delete known[score.dataset.question];
    remembered(RUBRICS, known);
    recalls.forEach((recall) => recall());
    update();
  });
  const again = () => { recalls.forEach((recall) => recall()); update(); };
  window.addEventListener("storage", again);
  window.addEventListener("pageshow", again); // a browser that goes back fills forms in by itself
  (document.querySelector("article") || document.body).append(
    element("div", { class: "practice-bar" }, status, hide, random, forget));
  update();
}

// Quiz cards: two buttons under each answer and a score below; kept in this browser only.
function quiz(box) {
  const cards = [...box.querySelectorAll(".quiz-card")];
  const known = remembered("prodimg-quiz") || {};
  const score = element("p", { class: "quiz-score", role: "status", "aria-live": "polite" });
  const show = () => {
    const answers = cards.map((card) => known[card.dataset.id]).filter((answer) => answer !== undefined);
    score.textContent = `${answers.filter(Boolean).length} known, ${answers.filter((a) => !a).length} not yet, ` +
      `${cards.length - answers.length} to go`;
    for (const card of cards) {
      const answer = known[card.dataset.id];
      card.hidden = answer === true && hide.getAttribute("aria-pressed") === "true";
      for (const button of card.querySelectorAll(".quiz-answer button")) {
        button.setAttribute("aria-pressed", String(answer !== undefined && (button.value === "yes") === answer));
      }
    }
  };
  for (const card of cards) {
    card.dataset.id = [...card.classList].find((name) => /^quiz-[a-z]\d\d$/.test(name)).slice(5);
    const yes = element("button", { type: "button", value: "yes" }, "I knew it");
    const no = element("button", { type: "button", value: "no" }, "Not yet");
    for (const button of [yes, no]) {
      button.addEventListener("click", () => {
        known[card.dataset.id] = button.value === "yes";
        remembered("prodimg-quiz", known);
        show();
      });
    }
    const answer = card.querySelector("details");
    (answer.querySelector(".sd-summary-content") || answer).append(
      element("p", { class: "quiz-answer" }, yes, " ", no));
  }
  const hide = element("button", { type: "button", class: "quiz-hide", "aria-pressed": "false" }, "Hide known");
  hide.addEventListener("click", () => {
    hide.setAttribute("aria-pressed", String(hide.getAttribute("aria-pressed") !== "true"));
    show();
  });
  const random = element("button", { type: "button", class: "quiz-random" }, "Random card");
  random.addEventListener("click", () => {
    const card = anyOf(cards.filter((one) => !one.hidden), (one) => known[one.dataset.id] === undefined);
    if (!card) return;
    card.scrollIntoView({ block: "center" });
    card.querySelector("summary").focus({ preventScroll: true });
  });
  const again = element("button", { type: "button", class: "quiz-again" }, "Start again");
  again.addEventListener("click", () => {
    for (const card of cards) {
      delete known[card.dataset.id];
      card.querySelector("details").open = false;
    }
    remembered("prodimg-quiz", known);
    show();
  });
  box.append(element("div", { class: "practice-bar" }, score, hide, random, again));
  show();
}

// prodimg_lib.interview.capacity.plan, line by line; a test compares the two.
function queueWait(busy, servers, seconds) {
  if (busy >= servers * (1 - 1e-9)) return [Infinity, Infinity];
  let blocked = 1;
  for (let c = 1; c <= servers; c += 1) blocked = (busy * blocked) / (c + busy * blocked);
  const waits = blocked / (1 - (busy / servers) * (1 - blocked));
  const scale = seconds / (servers - busy);
  return [waits * scale, scale * Math.max(0, waits ? Math.log(waits / 0.05) : 0)];
}

function roundUp(x) {
  return Math.ceil(x * (1 - 1e-12));
}

function plan(given) {
  const mean = given.images_per_day / 86400;
  const peak = mean * given.peak_factor;
  const busy = peak * given.seconds_per_image;
  if (busy / given.utilisation > 1e6) throw new Error("more than a million accelerators: check the units");
  const accelerators = Math.max(1, roundUp(busy / given.utilisation));
  const [waitMean, waitMost] = queueWait(busy, accelerators, given.seconds_per_image);
  const following = busy / given.peak_factor / given.utilisation;
  const paid = accelerators - given.autoscaling * (accelerators - following);
  const compute = (paid * 24 * given.accelerator_price) / given.images_per_day;
  const review = (given.review_share * given.review_seconds * given.reviewer_price) / 3600;
  return {
    mean_rate: mean,
    peak_rate: peak,
    busy,
    accelerators,
    load: busy / accelerators,
    wait_mean: waitMean,
    wait_most: waitMost,
    storage_per_month: (given.images_per_day * 30 * given.kilobytes_per_image) / 1e6,
    reviewers: roundUp((given.images_per_day * given.review_share * given.review_seconds) / given.review_hours / 3600),
    accepted_per_day: given.images_per_day * given.acceptance,
    compute_per_image: compute,
    review_per_image: review,
    cost_per_accepted: (compute + review) / given.acceptance,
    cost_per_month: (compute + review) * given.images_per_day * 30,
  };
}

const RESULTS = {
  mean_rate: ["Mean rate", "images/s"],
  peak_rate: ["Peak rate", "images/s"],
  busy: ["Busy at the peak", "accelerators"],
  accelerators: ["Accelerators", ""],
  load: ["Load at the peak", ""],
  wait_mean: ["Mean wait at the peak", "s"],
  wait_most: ["95 of 100 wait at most", "s"],
  storage_per_month: ["Storage", "GB more each month"],
  reviewers: ["Reviewers", "on duty each day"],
  accepted_per_day: ["Accepted images", "a day"],
  cost_per_accepted: ["Cost of an accepted image", "in the currency of the prices"],
  cost_per_month: ["Cost of a month", "in the currency of the prices"],
};

function short(x) {
  if (!Number.isFinite(x)) return "∞";
  return x >= 100 ? Math.round(x).toLocaleString("en") : String(Number(x.toPrecision(3)));
}

function calculator(form) {
  const limits = JSON.parse(form.dataset.limits);
  const output = form.querySelector("output");
  const compute = () => {
    const given = {};
    for (const field of form.querySelectorAll("input")) {
      const value = field.valueAsNumber;
      const [low, high, mayEqual, expected] = limits[field.name];
      if (!(value >= low && value <= high) || (value === low && !mayEqual)) {
        output.textContent = `${field.closest("label").textContent.trim()}: expected ${expected}`;
        return;
      }
      given[field.name] = value;
    }
    try {
      const found = plan(given);
      const rows = Object.entries(RESULTS).map(([key, [label, unit]]) => element("tr", {},
        element("th", { scope: "row" }, label),
        element("td", { "data-name": key, "data-value": String(found[key]) }, short(found[key])),
        element("td", {}, unit)));
      output.replaceChildren(element("table", {}, ...rows));
    } catch (error) {
      output.textContent = error.message;
    }
  };
  form.addEventListener("input", compute);
  form.addEventListener("submit", (event) => event.preventDefault());
  compute();
}

// A link to a question, or to a place inside of a closed box, opens what hides it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let node = target; node; node = node.parentElement) {
    if (node.tagName === "DETAILS") node.open = true;
    if (node.hidden) node.hidden = false;
  }
}

// MathJax does not break a line within a formula: on a phone, a long one gets a scroll bar of its own.
function scrollLongFormulas() {
  for (const formula of document.querySelectorAll("article mjx-container:not([display])")) {
    const room = formula.parentElement.clientWidth;
    const width = formula.firstElementChild.getBoundingClientRect().width;
    if (room && width) formula.classList.toggle("long", width > room + 2); // room is a whole number
  }
}

function watchFormulas() {
  const ready = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
  if (ready) ready.then(scrollLongFormulas);
  document.addEventListener("toggle", scrollLongFormulas, true); // a closed box has no widths
  window.addEventListener("resize", scrollLongFormulas);
}

window.addEventListener("load", watchFormulas);
document.querySelectorAll(".interview-index").forEach(filters);
document.querySelectorAll(".quiz").forEach(quiz);
document.querySelectorAll("form.capacity").forEach(calculator);
rubrics();
openTarget();
window.addEventListener("hashchange", openTarget);
