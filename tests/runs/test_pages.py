"""Pages of compare, choose, tune and monitor on a phone: nothing is too wide, nothing for axe."""

import shutil
from types import SimpleNamespace

import pytest

from prodimg_lib.monitor.report import write_result
from prodimg_lib.plots import data_uri
from prodimg_lib.runs.compare import compare
from prodimg_lib.runs.pages import write_comparison, write_page, write_search
from prodimg_lib.text import text
from tests.accessibility import findings, phone_shows_all
from tests.browser import BROWSER
from tests.devtools import Browser
from tests.runs.made import facts, finished_run
from tests.samples import tiny_images

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def fits(browser, page):
    tab = browser.open(page.as_uri(), width=360, height=800, touch=True)
    phone_shows_all(tab)
    assert findings(tab) == {"light": [], "dark": []}
    marks = "return ['header', 'main'].map((name) => document.querySelectorAll(name).length)"
    assert tab.run(marks) == [1, 1]
    return tab


def test_runs_compared(browser, tmp_path):
    table = {"fd_product": facts(4.0, 0.5, 1.0), "recall": facts(0.5, 0.05, 0.9)}
    gan = finished_run(tmp_path / "gan", table, settings={"width": 16})
    vae = finished_run(tmp_path / "vae", table, model="vae", settings={"beta": 2.0})
    long = shutil.copytree(gan, tmp_path / ("a-name-without-any-break" * 3))
    write_comparison(compare([gan, vae, long]), tmp_path / "page.html")
    tab = fits(browser, tmp_path / "page.html")
    some = """return [...document.querySelectorAll(".scroll")].some((box) =>
      box.scrollWidth > box.clientWidth)"""
    assert tab.run(some)  # so that there is something to hold


def test_a_choice(browser, tmp_path):
    """Rendered from words alone: what a choice says does not matter to its page."""
    row = SimpleNamespace(title="Recall", cells=("0.9 ± 0.1 (real 0.95)",) * 4, remark="n 200")
    choice = SimpleNamespace(
        lead="GAN, VAE, VQ-VAE and flow on a folder, each trained for 5 min; needed: variety.",
        headline="Go on with gan.",
        verdict=SimpleNamespace(reasons=["Recall is ahead."], ruled_out={"vae": "it copies"}),
        command="prodimg run --data prepared --model gan --minutes 30 --out runs/first " * 3,
        places=["1. gan", "2. flow"],
        names=["gan", "vae", "vqvae", "flow"],
        rows=[row],
        notes=["One seed."],
    )
    sheet = {"name": "gan", "kind": "GAN", "src": data_uri(tiny_images(1)[0][0]), "rows": ["bag"]}
    write_page(
        tmp_path / "page.html",
        "choice.html.j2",
        "prodimg choose",
        words=text()["choose"],
        shared=text()["compare"],
        choice=choice,
        sheets=[sheet],
        curves=[],
    )
    fits(browser, tmp_path / "page.html")


def test_a_search(browser, tmp_path):
    trial = {"number": 0, "state": "COMPLETE", "value": 0.25, "uncertainty": 0.01, "gain": None}
    trial |= {"gain_uncertainty": None, "step": 1500, "reason": "", "changed": {}}
    tried = trial | {"number": 1, "gain": 0.02, "gain_uncertainty": 0.01}
    tried |= {"changed": {"settings.g_learning_rate": 0.000512, "settings.penalty": "r1"}}
    failed = trial | {"number": 2, "state": "FAIL", "value": None, "reason": "<b>no memory</b>"}
    result = {
        "trials": [trial, tried, failed],
        "says": ["Trial 1 is better."],
        "importance": {"settings.g_learning_rate": 0.8, "settings.penalty": 0.2},
        "command": "prodimg run --config runs/search/best.yaml --out runs/search-best",
    }
    write_search(result, "gan", tmp_path / "page.html")
    fits(browser, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    for words in ("0.25 ± 0.01", "0.02 ± 0.01", "settings.g_learning_rate 0.000512", "80%"):
        assert words in html
    assert "<b>no memory" not in html


def test_a_window_that_drifts(browser, tmp_path):
    row = {"title": "Class balance", "drift": True, "p": 1e-5, "adjusted": 5e-5}
    calm = {"title": "Kernel distance, plain numbers", "drift": False, "p": 0.4, "adjusted": 0.4}
    result = {
        "verdict": "drift",
        "says": "Drift: what alarms stands below.",
        "window": "log-" * 20,
        "reference": "runs/first",
        "false_alarms": 0.01,
        "tests": [row | {"says": "Farthest off is mug: 60.0% of 80."}, calm | {"says": "0.0001."}],
        "notes": ["Rates of gates move with what is asked for."],
    }
    write_result(result, tmp_path / "page.html")
    fits(browser, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    for words in ("Class balance", "5e-05", "60.0% of 80", "at most 1.00% of the windows"):
        assert words in html
