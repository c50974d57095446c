"""The script of the question pages in a real browser, on pages built for the purpose."""

import json
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from prodimg_lib.interview import bank
from tests.browser import BROWSER, what_a_probe_says

ROOT = Path(__file__).parents[2]
CONF = """
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.bibtex", "interview_pages"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath"]
bibtex_bibfiles = ["references.bib"]
html_theme = "basic"
html_static_path = [{static!r}]
html_js_files, mathjax_path = [], "none.js"
"""
HELPERS = """
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
const set = (field, value) => {
  if (field.type === "checkbox") field.checked = value; else field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const part = (id) => document.getElementById(id).closest("section");
const shown = () => all(".rubric-score").filter((s) => !s.closest("section").hidden).length;
"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The question pages alone, made by Sphinx as the book makes them."""
    pytest.importorskip("sphinx_design", reason="what builds the book is not installed")
    pytest.importorskip("sphinxcontrib.bibtex", reason="what builds the book is not installed")
    folder = tmp_path_factory.mktemp("pages")
    book = ROOT / "book"
    conf = CONF.format(extensions=str(book / "_ext"), static=str(book / "_static"))
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    (folder / "index.md").write_text("# Start\n", encoding="utf-8")
    shutil.copy(book / "references.bib", folder)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-b",
        "html",
        str(folder),
        str(folder / "html"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "html" / "book" / "interview"


def act(page, script, tmp_path, kept=None, place=""):
    """Open a page with what the browser remembers; what the script returns, and what it kept."""
    probe = page.with_name(f"probe-{tmp_path.name}.html")
    before = f"localStorage.setItem('prodimg-rubrics', {json.dumps(json.dumps(kept or {}))});"
    run = (
        "window.addEventListener('load', async () => { let found;"
        f" try {{ found = await (async () => {{ {HELPERS} {script} }})(); }}"
        " catch (e) { found = String(e.stack); }"
        " const box = document.createElement('div'); box.id = 'probe';"
        " const kept = JSON.parse(localStorage.getItem('prodimg-rubrics'));"
        " box.textContent = JSON.stringify([found, kept]); document.body.append(box); });"
    )
    text = page.read_text(encoding="utf-8")
    text = text.replace("<head>", f"<head><script>{before}</script>", 1)
    text = text.replace("</body>", f"<script>{run}</script></body>")
    return what_a_probe_says(probe, text, place, tmp_path)


def of_topic(topic):
    return [q for q in bank.values() if q.topics[0] == topic]


def test_points_add_up_to_a_verdict_and_are_kept(pages, tmp_path):
    script = """const box = part("g02");
      const read = () => [one(".rubric-score", box).textContent,
        one(".rubric-verdict", box).textContent];
      const seen = [read()];
      set(one("[name=pointwise]", box), 17); seen.push(read());
      set(one("[name=pointwise]", box), 35);
      set(one("[name=result]", box), 30); seen.push(read());
      for (const field of all("[type=checkbox][data-weight]", box)) set(field, true);
      return [...seen, read()];"""
    seen, kept = act(pages / "gan.html", script, tmp_path)
    assert seen == [
        *(["0", ""], ["17", "(no hire)"], ["65", "(hire)"], ["100", "(strong hire)"]),
    ]
    assert kept == {"G02": {p["id"]: p["weight"] for p in bank["G02"].data["rubric"]}}


def test_what_was_ticked_is_there_again_and_can_be_forgotten(pages, tmp_path):
    script = """const box = part("g02");
      const read = () => [one(".rubric-score", box).textContent,
        one("[name=pointwise]", box).value, all("[type=checkbox]:checked", box).length];
      const first = [read(), one(".practice-status").textContent];
      one(".practice-forget").click();
      return [...first, read(), one(".practice-status").textContent];"""
    point = next(p for p in bank["G02"].data["rubric"] if p["weight"] < 30)
    before = {"G02": {"pointwise": 17, point["id"]: point["weight"]}, "V01": {"prior": 35}}
    (old, status, new, after), kept = act(pages / "gan.html", script, tmp_path, before)
    n, total = len(of_topic("gan")), 17 + point["weight"]
    assert old == [str(total), "17", 1]
    assert status == f"1 of {n} answered, {total} of 100 on average"
    assert new == ["0", "0", 0]
    assert after == f"0 of {n} answered"
    assert kept == {"V01": {"prior": 35}}  # of another page


def test_answered_questions_can_be_hidden(pages, tmp_path):
    script = """const seen = [shown(), part("g02").hidden];
      one(".practice-hide").click(); seen.push(shown(), part("g02").hidden);
      location.hash = "g02"; await new Promise((done) => setTimeout(done, 50));
      seen.push(part("g02").hidden);
      one(".practice-hide").click(); return [...seen, shown()];"""
    seen, _ = act(pages / "gan.html", script, tmp_path, {"G02": {"result": 30}})
    n = len(of_topic("gan"))
    assert seen == [n, False, n - 1, True, False, n]


def test_a_random_question_is_one_not_yet_answered(pages, tmp_path):
    left = of_topic("gan")[3].id
    kept = {q.id: {"any": 10} for q in of_topic("gan") if q.id != left}
    script = """const seen = [];
      for (let i = 0; i < 5; i += 1) { location.hash = ""; one(".practice-random").click();
        seen.push(location.hash); }
      return seen;"""
    seen, _ = act(pages / "gan.html", script, tmp_path, kept)
    assert seen == [f"#{left.lower()}"] * 5


def test_the_score_stays_in_sight(pages, tmp_path):
    script = """const bar = one(".practice-bar"), box = () => bar.getBoundingClientRect();
      const inside = () => box().top >= 0 && box().bottom <= innerHeight + 1;
      const seen = [getComputedStyle(bar).position, inside()];
      part("g10").scrollIntoView(); return [...seen, inside()];"""
    assert act(pages / "gan.html", script, tmp_path)[0] == ["sticky", True, True]


def test_the_index_shows_scores_and_hides_what_is_answered(pages, tmp_path):
    script = """const rows = () => all("tbody tr").filter((row) => !row.hidden).length;
      const seen = [rows(), all(".row-score").map((score) => score.textContent)];
      const hide = one("input[name=hide]"); set(hide, true);
      return [...seen, rows(), one(".interview-hits").textContent];"""
    kept = {"G02": {"pointwise": 35, "result": 15}, "E05": {"formula": 17}}
    (n, scores, left, hits), _ = act(pages / "index.html", script, tmp_path, kept)
    assert n == len(bank)
    assert sorted(scores) == ["17", "50"]
    assert left == len(bank) - 2
    assert hits == f"{left} of {len(bank)} questions"


def test_known_cards_can_be_hidden(pages, tmp_path):
    script = """const quiz = one(".quiz"), cards = all(".quiz-card", quiz);
      const left = () => cards.filter((card) => !card.hidden).length;
      one("button[value=yes]", cards[0]).click(); one("button[value=no]", cards[1]).click();
      const seen = [left()]; one(".quiz-hide", quiz).click(); seen.push(left());
      one(".quiz-again", quiz).click();
      const { position } = getComputedStyle(one(".practice-bar", quiz));
      return [cards.length, ...seen, left(), position];"""
    (n, before, hidden, again, position), _ = act(pages / "chapters.html", script, tmp_path)
    assert [before, hidden, again, position] == [n, n - 1, n, "sticky"]


def test_spoken_answers_and_half_credit_stand_on_the_page(pages):
    text = unescape((pages / "gan.html").read_text(encoding="utf-8")).replace("’", "'")
    for q in of_topic("gan"):
        if "spoken" in q.data["answer"]:
            assert q.text("answer", "spoken").split(". ")[0][:40] in " ".join(text.split())
    assert text.count("(half)</option>") == sum(
        "half" in point for q in of_topic("gan") for point in q.data["rubric"]
    )
