"""The built question pages, used in a real browser as a person would use them."""

import json
import random
import re

import pytest

from prodimg_lib.interview import bank, capacity
from tests.book.test_book import BOOK, BUILT, MUST
from tests.browser import BROWSER, what_a_probe_says

PAGES = BOOK / "book" / "interview"

pytestmark = [
    pytest.mark.skipif(not BUILT and not MUST, reason="no book in _build/html; `make book`"),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine"),
]

HELPERS = """
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const set = (field, value) => {
  if (field.type === "checkbox") field.checked = value; else field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
"""


def act(name, script, tmp_path, place=""):
    """Open a copy of a page with a script at its end; what the script returns, from JSON."""
    page = PAGES / name
    probe = page.with_name(f"probe-{tmp_path.name}.html")
    run = (
        "window.addEventListener('load', async () => { let found;"
        f" try {{ found = await (() => {{ {HELPERS} {script} }})(); }}"
        " catch (e) { found = String(e); }"
        " const box = document.createElement('div'); box.id = 'probe';"
        " box.textContent = JSON.stringify(found); document.body.append(box); });"
    )
    text = page.read_text(encoding="utf-8").replace("</body>", f"<script>{run}</script></body>")
    return what_a_probe_says(probe, text, place, tmp_path)


def visible(script=""):
    return f"""{script}
      return [all("tbody tr").filter((row) => !row.hidden).map((row) => row.cells[0].textContent),
        document.querySelector(".interview-hits").textContent, location.hash];"""


def test_index_shows_all_and_filters(tmp_path):
    shown, hits, _ = act("index.html", visible(), tmp_path)
    assert sorted(shown) == list(bank)
    assert hits == f"{len(bank)} of {len(bank)} questions"

    script = """set(document.querySelector("select[name=topic]"), "vae");
      set(document.querySelector("select[name=level]"), "H");"""
    shown, hits, place = act("index.html", visible(script), tmp_path)
    wanted = {q.id for q in bank.filter(topic="vae", level="H")}
    assert set(shown) == wanted != set()
    assert place == "#topic=vae&level=H"
    assert hits.startswith(f"{len(wanted)} of")

    again, _, _ = act("index.html", visible(), tmp_path, place)  # the address keeps the choice
    assert again == shown

    script = f"{script} document.querySelector('.interview-clear').click();"
    # The form is cleared after the click; what is asked right away may still be the old list.
    all_of_them = f"""{script} return new Promise((done) => setTimeout(() => done(
      [all("tbody tr").filter((row) => !row.hidden).length, location.hash]), 50));"""
    assert act("index.html", all_of_them, tmp_path) == [len(bank), ""]


def test_index_finds_words(tmp_path):
    script = 'set(document.querySelector("input[name=words]"), "FID");'
    shown, _, _ = act("index.html", visible(script), tmp_path)
    assert "E05" in shown
    assert all("fid" in f"{bank[i].title()} {bank[i].text('prompt')}".lower() for i in shown)


def test_answers_are_closed_until_clicked(tmp_path):
    script = """
      const box = all("article details").find((d) => d.textContent.includes("30 seconds"));
      const shut = all("article details").filter((d) => d.open).length;
      const hidden = box.querySelector(".sd-summary-content").checkVisibility();
      box.querySelector("summary").click();
      return [shut, hidden, box.querySelector(".sd-summary-content").checkVisibility()];"""
    assert act("evaluation.html", script, tmp_path) == [0, False, True]


def test_rubric_adds_up(tmp_path):
    question = bank["E05"]
    script = """const part = document.getElementById("e05").closest("section");
      const fields = all("[data-weight]", part);
      const score = () => Number(part.querySelector(".rubric-score").textContent);
      const seen = [score()];
      for (const field of fields) {
        set(field, field.type === "checkbox" ? true : field.dataset.weight); seen.push(score());
      }
      set(fields[0], fields[0].type === "checkbox" ? false : 0);
      return [...seen, score()];"""
    weights = [point["weight"] for point in question.data["rubric"]]
    sums = [sum(weights[:k]) for k in range(len(weights) + 1)]
    assert act("evaluation.html", script, tmp_path) == [*sums, 100 - weights[0]]


def test_points_of_a_design_case_are_filled_in(tmp_path):
    """A part of a point's weight counts, more than all of it does not."""
    script = """const part = document.getElementById("p01").closest("section");
      const fields = all("input[data-weight]", part);
      const score = () => Number(part.querySelector(".rubric-score").textContent);
      const seen = [score()];
      set(fields[0], 7); seen.push(score());
      set(fields[1], 1000); seen.push(score());
      return seen;"""
    weights = [point["weight"] for point in bank["P01"].data["rubric"]]
    assert act("design.html", script, tmp_path) == [0, 7, 7 + weights[1]]


def test_cards_show_the_code_to_debug(tmp_path):
    script = """const card = document.querySelector(".quiz-b06");
      return all("pre", card).map((pre) => [pre.textContent, pre.checkVisibility()]);"""
    (buggy, seen), (fixed, early) = act("chapters.html", script, tmp_path)
    assert [buggy.strip(), fixed.strip()] == [text.strip() for text in bank["B06"].code().values()]
    assert seen
    assert not early


def test_quiz_counts_and_remembers(tmp_path):
    script = """const quiz = document.querySelector(".quiz");
      const score = () => quiz.querySelector(".quiz-score").textContent;
      const cards = all(".quiz-card", quiz), seen = [score()];
      cards[0].querySelector("button[value=yes]").click(); seen.push(score());
      cards[1].querySelector("button[value=no]").click(); seen.push(score());
      cards[1].querySelector("button[value=yes]").click(); seen.push(score());
      const kept = localStorage.getItem("prodimg-quiz");
      quiz.querySelector(".quiz-again").click();
      return [cards.length, ...seen, Object.keys(JSON.parse(kept)).length, score()];"""
    n, *seen, kept, last = act("chapters.html", script, tmp_path)
    assert seen == [
        f"0 known, 0 not yet, {n} to go",
        f"1 known, 0 not yet, {n - 1} to go",
        f"1 known, 1 not yet, {n - 2} to go",
        f"2 known, 0 not yet, {n - 2} to go",
    ]
    assert kept == 2
    assert last == seen[0]


def test_calculator_is_the_librarys(tmp_path):
    """Each case as it is prefilled, and random ones: every figure of ``capacity.plan``."""
    draw = random.Random(0)
    cases = [dict(q.data["design"]["capacity"]) for q in bank.filter(kind="design")]
    tried = cases + [
        {
            "images_per_day": draw.choice([100, 7e4, 3e6]),
            "seconds_per_image": draw.uniform(0.01, 30),
            "peak_factor": draw.uniform(1, 6),
            "utilisation": draw.uniform(0.3, 1),
            "acceptance": draw.uniform(0.1, 1),
            "review_share": draw.random(),
            "review_seconds": draw.uniform(0, 60),
            "review_hours": draw.uniform(1, 8),
            "autoscaling": draw.random(),
        }
        for _ in range(20)
    ]
    defaults = "const first = all('input', form).map((f) => [f.name, f.value]);"
    script = f"""const form = document.querySelector("form.capacity"); {defaults}
      const read = (f) => Object.fromEntries(
        all("td[data-name]", f).map((cell) => [cell.dataset.name, cell.dataset.value]));
      const prefilled = all("form.capacity").map(read);
      return [prefilled, {json.dumps(tried[len(cases) :])}.map((given) => {{
        for (const [name, value] of first) set(form.elements[name], value);
        for (const [name, value] of Object.entries(given)) set(form.elements[name], value);
        return read(form);
      }})];"""
    prefilled, computed = act("design.html", script, tmp_path)
    order = re.findall(r'id="(p\d\d)"', (PAGES / "design.html").read_text(encoding="utf-8"))
    order = list(dict.fromkeys(id_.upper() for id_ in order))
    base = dict(bank[order[0]].data["design"]["capacity"])
    wanted = [capacity.plan(**bank[id_].data["design"]["capacity"]) for id_ in order]
    wanted += [capacity.plan(**(base | given)) for given in tried[len(cases) :]]
    assert len(prefilled) == len(cases)
    for found, plan in zip([*prefilled, *computed], wanted, strict=True):
        assert len(found) == 12
        for name, value in found.items():
            assert float(value.replace("Infinity", "inf")) == pytest.approx(getattr(plan, name))


def test_calculator_refuses_what_the_library_refuses(tmp_path):
    script = """const form = document.querySelector("form.capacity");
      set(form.elements["utilisation"], 1.5);
      return form.querySelector("output").textContent;"""
    message = act("design.html", script, tmp_path)
    assert message.startswith("highest load (0 to 1): expected")
