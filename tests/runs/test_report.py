"""The report in a real browser: one line from the numbers, zoom, scrubber, any width."""

import io
import json
import re
from base64 import b64encode
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from prodimg_lib.plots import image_grid, save_png
from prodimg_lib.runs.config import RunConfig
from prodimg_lib.runs.report import write_report
from prodimg_lib.runs.verdict import decide
from tests.accessibility import findings, phone_shows_all
from tests.browser import BROWSER
from tests.devtools import Browser
from tests.samples import product_images, tiny_images

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")
STEPS = (20, 200, 1000)
TABLE = {
    "fd_product": {"value": 3.5, "uncertainty": 0.2, "floor": 1.7, "n": 2000, "d": 64},
    "recall": {"value": 0.4, "uncertainty": 0.02, "floor": 0.95, "n": 2000, "d": 64},
    "class_accuracy": {
        "value": 0.94, "uncertainty": 0.005, "floor": 0.93, "n": 2000, "d": None,
        "per_class": {"left": {"value": 0.9, "floor": 0.9}, "right": {"value": None, "floor": 1}},
    },
}  # fmt: skip


class Model:
    """What the report asks of a model, without one."""

    PANELS = (("d_loss", "g_loss"), ("d_real_accuracy",))
    ENCODES = False
    config = RunConfig()


def made(folder, source="folder", table=TABLE, gates=("recall >= 0.3",), left=10, fake_class=None):
    """The report of a run that nobody trained, as its path."""
    (folder / "samples").mkdir(parents=True)
    images, labels = tiny_images(24, channels=3)
    for i, step in enumerate(STEPS):
        save_png(image_grid(images[i:][:10], 10), folder / f"samples/step-{step:08d}.png")
    (folder / "samples/step-00000020 2.png").write_bytes(b"a copy")
    (folder / "history.csv").write_text(
        "step,seconds,d_loss,g_loss,d_real_accuracy\n1,1,1.4,0.7,0.5\n1000,9,1.2,0.9,0.7\n"
    )
    facts = {"python": "3.12", "commit": "0" * 40, "machine": "a-name-without-any-break-" * 6}
    (folder / "environment.json").write_text(json.dumps(facts))
    table = {name: {"interval": None, "network": "x", **facts} for name, facts in table.items()}
    result = {
        "verdict": decide(gates, table),
        "metrics": table,
        "notes": [],
        "advice": ["Look at the images."],
        "training": {"step": 1000, "seconds": 61.0},
        "seed": 0,
    }
    data = product_images()
    colour = [v.repeat(3, -1) for v in (data.images, data.test_images)]
    if fake_class is not None:
        images, labels = images[labels == fake_class], labels[labels == fake_class]
    few = (np.cumsum(data.test_labels == 0) <= left) | (data.test_labels == 1)
    data = replace(
        data, images=colour[0], test_images=colour[1][few], test_labels=data.test_labels[few],
        source=source,
    )  # fmt: skip
    write_report(
        folder, result, config=RunConfig(), model=Model, data=data, images=images, labels=labels,
        findings=[{"step": 3, "says": "It repeats itself.", "advice": "Wait.", "stands": True}],
    )  # fmt: skip
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return made(tmp_path_factory.mktemp("run"), "catalogue")


def test_what_is_called_nearly_like_a_snapshot_is_none(page):
    assert b64encode(b"a copy").decode() not in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def test_the_first_line_says_what_the_numbers_say(page):
    html = page.read_text(encoding="utf-8")
    line = re.search(r"<strong>(.*?)</strong>", html)[1]
    assert line == (
        "Good at looking like the real images as a whole and showing what was asked for; "
        "bad at variety. Ship: every gate passes."
    )
    assert html.index(line) < html.index('class="tiles"')
    assert "Recall 0.400 ± 0.020 (real 0.95)" in html


def test_the_drawn_catalogue_is_nowhere_called_photographs(page, tmp_path):
    assert "hotograph" not in page.read_text(encoding="utf-8")
    other = made(tmp_path / "other").read_text(encoding="utf-8")
    assert "Real photographs (held out)" in other


def test_every_chart_has_a_title_and_both_axes_named(page):
    charts = re.findall(r"<svg.*?</svg>", page.read_text(encoding="utf-8"), re.S)
    assert len(charts) == 2
    for chart, said in zip(
        charts, (["Discriminator's loss", "loss"], ["Real images called", "share"]), strict=True
    ):
        for words in [*said, "training step"]:
            assert f"<!-- {words}" in chart or words in chart


def test_of_classes_that_only_one_side_has_a_report_is_made_all_the_same(tmp_path):
    page = made(tmp_path / "run", fake_class=0, left=0).read_text(encoding="utf-8")
    assert page.count("data:image/png") >= 2


@needs_browser
def test_a_class_with_few_held_out_images_is_drawn_no_larger(browser, tmp_path):
    tab = browser.open(made(tmp_path / "run", left=3).as_uri(), width=1200, height=900)
    sizes = """return [...document.querySelectorAll(".pairs img")].map((image) =>
      [image.naturalWidth, image.getBoundingClientRect().width])"""
    (few, shown), _, (many, whole), _ = tab.run(sizes)
    assert few < many / 2
    assert shown / whole == pytest.approx(3 / 10, rel=0.02)


def test_without_scripts_every_snapshot_stands_still(page):
    html = page.read_text(encoding="utf-8")
    assert '<figure class="scrubber" hidden>' in html
    shown = html[html.index('<div class="snapshots">') :]
    for step in ("20", "200", "1,000"):
        assert f'alt="Samples after {step} steps"' in shown


@needs_browser
def test_the_scrubber_picks_a_snapshot_by_key_and_by_touch(browser, page):
    tab = browser.open(page.as_uri(), width=390, height=844, touch=True)
    shown = """const box = document.querySelector(".scrubber"), image = box.querySelector("img");
      return [box.querySelector("output").textContent, image.alt, box.hidden,
        document.querySelector(".snapshots").hidden,
        [...document.querySelectorAll(".snapshots img")].findIndex((i) => i.src === image.src)]"""
    assert tab.run(shown) == ["step 1,000", "Samples after 1,000 steps", False, True, 2]
    tab.run("document.querySelector('.scrubber input').focus()")
    tab.key("ArrowLeft")
    assert tab.run(shown) == ["step 200", "Samples after 200 steps", False, True, 1]
    x, y = tab.run(
        """const slider = document.querySelector(".scrubber input");
        slider.scrollIntoView({block: "center"});
        const box = slider.getBoundingClientRect();
        return [box.left + 4, box.top + box.height / 2]"""
    )
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        tab.send("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    assert tab.run(shown) == ["step 20", "Samples after 20 steps", False, True, 0]
    assert tab.errors == []
    assert all(url.startswith(("file:", "data:", "about:")) for url in tab.requests)


@needs_browser
def test_a_picture_is_enlarged_by_key_and_click_and_focus_comes_back(browser, page):
    tab = browser.open(page.as_uri())
    state = """const dialog = document.querySelector("dialog"), image = dialog.querySelector("img");
      await new Promise((done) => setTimeout(done, 50));
      return [dialog.open, image.width / (image.naturalWidth || 1), image.alt,
        document.activeElement.className]"""
    tab.run("document.querySelector('button.zoom').focus()")
    tab.key("Enter")
    opened, times, alt, _ = tab.run(state)
    assert opened
    assert times >= 2
    assert times == int(times)  # each pixel as large as the next
    assert alt.startswith("Catalogue images")
    tab.key("+")
    assert tab.run(state)[1] == times + 1
    tab.key("Escape")
    assert tab.run(state)[::3] == [False, "zoom"]
    tab.run("document.querySelectorAll('button.zoom')[1].click()")
    assert tab.run(state)[:1] == [True]
    tab.run("document.querySelector('dialog [data-does=close]').click()")
    assert tab.run(state)[:1] == [False]
    assert tab.errors == []


@needs_browser
@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_has_its_landmarks_and_nothing_that_axe_finds(browser, page, width):
    tab = browser.open(page.as_uri(), width=width, touch=width < 400)
    marks = (
        "return ['header', 'nav', 'main', 'footer'].map((n) => document.querySelectorAll(n).length)"
    )
    assert tab.run(marks) == [1, 1, 1, 1]
    phone_shows_all(tab)
    lost = """return [...document.querySelectorAll("nav a")].filter((link) =>
      !document.querySelector(link.hash)).length"""
    assert tab.run(lost) == 0
    assert findings(tab) == {"light": [], "dark": []}
    tab.run("document.querySelector('button.zoom').click()")
    assert findings(tab) == {"light": [], "dark": []}


@needs_browser
def test_in_the_dark_the_ground_is_dark(browser, page):
    ground = "return getComputedStyle(document.body).backgroundColor"
    seen = {theme: browser.open(page.as_uri(), theme).run(ground) for theme in ("light", "dark")}
    levels = {k: np.mean([int(v) for v in re.findall(r"\d+", c)]) for k, c in seen.items()}
    assert levels["dark"] < 60 < 200 < levels["light"]


@needs_browser
def test_in_the_dark_a_chart_is_no_white_panel(browser, page):
    place = """const chart = document.querySelector("main svg"); chart.scrollIntoView();
      const at = chart.getBoundingClientRect(); return [at.left, at.top, at.right, at.bottom];"""
    levels = {}
    for theme in ("light", "dark"):
        tab = browser.open(page.as_uri(), theme)
        left, top, right, bottom = map(int, tab.run(place))
        picture = np.asarray(Image.open(io.BytesIO(tab.picture())).convert("L"))
        levels[theme] = np.median(picture[top:bottom, left:right])
    assert levels["dark"] < 60 < 200 < levels["light"]
