"""The interactive pages: from a folder, by keyboard and by finger, and true to the library."""

import json

import numpy as np
import pytest
import touch
import touch_attributes
import touch_pairs
import touch_training
import touch_weights
from PIL import Image

from prodimg_lib.metrics.human import wilson_interval
from prodimg_lib.models import pretrained
from tests.browser import BROWSER
from tests.devtools import Browser

PAGES = sorted(path.stem for path in touch.PAGES.glob("*.html"))
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


def address(name):
    return (touch.PAGES / f"{name}.html").as_uri()


def drag(tab, selector, nth, right):
    """Take the middle of the ``nth`` such element with a finger, so many pixels to the right."""
    at = finger(tab, selector, 0.5, 0.5, nth, lift=False)
    there = [{"x": at["x"] + right, "y": at["y"]}]
    tab.send("Input.dispatchTouchEvent", type="touchMove", touchPoints=there)
    tab.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def finger(tab, selector, x, y, nth=0, lift=True):
    """Put a finger on a place of the ``nth`` such element, in shares of its sides."""
    place = f"""const element = document.querySelectorAll({json.dumps(selector)})[{nth}];
      element.scrollIntoView({{ block: "center" }});
      const box = element.getBoundingClientRect();
      return {{ x: box.left + {x} * box.width, y: box.top + {y} * box.height }};"""
    points = [tab.run(place)]
    tab.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=points)
    if lift:
        tab.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    return points[0]


def test_a_page_has_a_title_a_description_and_a_light_still_picture():
    for name in PAGES:
        facts = touch.about(name)
        assert len(facts["title"]) > 10
        assert len(facts["description"]) > 20
        assert (touch.PAGES / f"{name}.png").stat().st_size < 60_000, name


def test_an_unknown_page_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"'nothing': choose one of .*latent-playground") as error:
        touch.about("nothing")
    assert "\n" not in str(error.value)


def test_the_figure_finds_its_page_from_any_depth():
    facts = {"title": 'A "page"', "description": "d"}
    for docname, up in (("index", ""), ("notebooks/02_vae", "../")):
        html = "".join(touch.figure("x", docname, 400, facts))
        assert f'src="{up}_static/touch/x.html"' in html
        assert f'src="{up}_static/touch/x.png"' in html
        assert 'title="A &quot;page&quot;"' in html


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_error_or_request_and_fits_a_phone(browser, name):
    tab = browser.open(address(name), width=360, height=740, touch=True)
    assert tab.errors == []
    assert all(url.startswith(("file:", "data:")) for url in tab.requests)
    assert tab.run("return document.documentElement.scrollWidth") <= 360
    small = """return [...document.querySelectorAll("button, select, input")]
      .map((one) => [one.outerHTML.slice(0, 80), (one.closest(".choices label") ?? one)
        .getBoundingClientRect()]).filter(([, box]) => box.width && box.height < 44)
      .map(([html]) => html);"""
    assert tab.run(small) == []


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_by_keys_and_shows_it(browser, name):
    tab = browser.open(address(name))
    unseen = """const found = [];
      for (const one of document.querySelectorAll("button, select, input, a, [tabindex]")) {
        if (one.disabled || !one.checkVisibility()) continue;
        one.focus({ focusVisible: true });
        const seen = [one, one.nextElementSibling].filter(Boolean).map(getComputedStyle)
          .some((style) => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2);
        if (document.activeElement !== one || !seen) found.push(one.outerHTML.slice(0, 80));
      }
      return found;"""
    assert tab.run(unseen) == []


# What a page says and paints, but for the controls themselves, which show their own state anyway.
SHOWN = """await new Promise((done) => setTimeout(done, 30));
  const main = document.querySelector("main").cloneNode(true);
  main.querySelectorAll("{}").forEach((one) => one.remove());
  const chosen = [...document.querySelectorAll("input")].map((one) => one.checked);
  return [main.innerHTML, chosen, // what is chosen may count from the next step only
    ...[...document.querySelectorAll("canvas")].map((one) => one.toDataURL())].join();"""
CHOICE = ".choices label:has(input:not(:checked, :disabled))"
HANDLE = "button.handle"  # dragged, or moved by arrow keys
# Buttons come last, so that a reset has what to take back; and not right after a drag, whose end
# Chromium takes for a fling, which the next tap would only stop.
KINDS = (CHOICE, "summary", HANDLE, "input[type=range]", "button:not(.handle)")


@pytest.fixture(scope="module")
def reading_canvases():
    """A browser in which a page may read what it painted from a picture beside it."""
    with Browser("--allow-file-access-from-files") as found:
        yield found


def by_finger(tab, kind, nth, value):
    if kind == HANDLE:
        drag(tab, kind, nth, 60)
    else:
        finger(tab, kind, 0.2 if value > 0.5 else 0.8, 0.5, nth)


def by_key(tab, kind, nth, value):
    tab.run(
        f"""const one = document.querySelectorAll({json.dumps(kind)})[{nth}];
        (one.querySelector("input") ?? one).focus({{ focusVisible: true }});"""
    )
    moved = kind in ("input[type=range]", HANDLE)
    slide = "ArrowLeft" if value > 0.5 else "ArrowRight"
    tab.key(slide if moved else " " if kind == CHOICE else "Enter", 20 if moved else 1)


@needs_browser
@pytest.mark.parametrize("use", [by_finger, by_key])
@pytest.mark.parametrize("name", PAGES)
def test_every_control_answers_to_fingers_and_keys(reading_canvases, name, use):
    """Something else is seen after each slider, choice, fold and button."""
    tab = reading_canvases.open(address(name), width=390, height=844, touch=True)
    used = 0
    # The settings of the game count from its next step: there only the control itself shows them.
    own = "input" if name == "gan-game" else ".slider, input"
    for kind in KINDS:
        for nth in range(tab.run(f"return document.querySelectorAll({json.dumps(kind)}).length")):
            # Where it stands from 0 to 1, or null: switched off, or no longer a choice to make.
            value = tab.run(
                f"""const one = document.querySelectorAll({json.dumps(kind)})[{nth}];
                if (!one || one.disabled || !one.checkVisibility()) return null;
                return one.type === "range" ? (one.value - one.min) / (one.max - one.min) : 0;"""
            )
            if value is None:
                continue
            before = tab.run(SHOWN.format(own))
            use(tab, kind, nth, value)
            # A busy machine paints late; what never answers, waits in vain.
            answered = any(tab.run(SHOWN.format(own)) != before for _ in range(100))
            assert answered, (kind, nth)
            used += 1
    assert used >= 3
    assert tab.errors == []


@needs_browser
def test_the_theme_is_that_of_the_address_then_that_of_the_book(browser):
    tab = browser.open(address(PAGES[0]) + "?theme=dark")
    theme = "return [document.documentElement.dataset.theme, Touch.theme().ground];"
    assert tab.run(theme) == ["dark", "#121212"]
    tab.run(
        """window.postMessage({ touch: "theme", value: "light" }, "*");
        await new Promise((done) => setTimeout(done, 100));"""
    )
    assert tab.run(theme) == ["light", "#ffffff"]


def test_the_weights_in_the_pages_are_those_that_ship():
    stored = touch_weights.SCRIPT.read_text(encoding="utf-8")
    assert stored == touch_weights.script(), "run book/tools/touch_weights.py"
    assert touch_weights.SCRIPT.stat().st_size < 1.5e6


@needs_browser
def test_the_browser_decodes_what_keras_decodes(browser):
    """Within one grey level, for codes of the prior and farther out."""
    model, n = pretrained.load("catalogue-vae"), 40
    codes = (1.3 * model.latents(n, seed=1)).tolist()
    labels = [i % 10 for i in range(n)]
    tab = browser.open(address("latent-playground"))
    decode = f"return {codes}.map((z, i) => [...vae.decode(z, {labels}[i])]);"
    seen = np.array(tab.run(decode)).reshape(n, 32, 32, 3)
    wanted = model.decode(np.array(codes, np.float32), np.array(labels, np.int32)).astype(int)
    assert np.abs(seen - wanted).max() <= 1
    assert (seen != wanted).mean() < 0.03  # only where rounding tips


@needs_browser
def test_the_browser_draws_from_the_fitted_prior(browser):
    model, label, n = pretrained.load("catalogue-vae"), 6, 40_000
    weights, means, scales = (
        getattr(model, f"prior_{name}").numpy()[label] for name in ("weight", "mean", "scale")
    )
    mean = weights @ means
    second = scales @ scales.transpose(0, 2, 1) + means[:, :, None] * means[:, None]
    covariance = np.tensordot(weights, second, 1) - np.outer(mean, mean)
    tab = browser.open(address("latent-playground"))
    draw = f"""const random = Touch.random(3);
      return Array.from({{ length: {n} }}, () => vae.drawPrior(random, {label}));"""
    drawn = np.array(tab.run(draw))
    error = np.sqrt(np.diag(covariance) / n)
    assert (np.abs(drawn.mean(0) - mean) < 5 * error).all()
    # A covariance of n draws is off by about its diagonal times sqrt(2 / n), 0.7 %.
    assert np.abs(np.cov(drawn.T) - covariance).max() < 0.05 * np.diag(covariance).max()


@needs_browser
def test_the_playground_answers_to_keys_and_fingers(browser):
    tab = browser.open(address("latent-playground"), touch=True)
    state = """await new Promise((done) => setTimeout(done, 50));
      const product = document.querySelector(".product canvas");
      return [[...code], label, product.toDataURL(),
        document.querySelector("[role=status]").textContent];"""
    code, label, image, _ = tab.run(state)
    tab.run("document.querySelector('.controls input').focus()")
    tab.key("ArrowRight", 10)
    moved, _, other, _ = tab.run(state)
    assert moved[0] == pytest.approx(code[0] + 0.5, abs=0.026)  # the slider has steps
    assert moved[1:] == code[1:]
    assert other != image
    finger(tab, ".map canvas", 0.25, 0.25)
    there, *_ = tab.run(state)
    assert there[:2] == pytest.approx([-1.5, 1.5], abs=0.05)
    finger(tab, ".classes label:nth-of-type(10)", 0.5, 0.5)
    kept, chair, _, said = tab.run(state)
    assert (kept, chair, label) == (there, 9, 6)
    assert "chair" in said


def test_the_pairs_are_of_the_catalogue_and_of_the_shipped_gan():
    with Image.open(touch_pairs.PICTURE) as file:
        stored = np.asarray(file).astype(int)
    drawn = touch_pairs.picture()
    half = len(drawn) // 2
    assert np.array_equal(stored[:half], drawn[:half])
    # Another processor adds in another order.
    assert np.abs(stored[half:] - drawn[half:]).max() <= 2


@needs_browser
def test_a_round_by_arrow_keys_ends_with_the_score_and_its_interval(browser):
    tab = browser.open(address("which-is-real"))
    wanted = tab.run("return round.map((one) => one.realIsLeft)")
    assert len(wanted) == 20
    assert 3 <= sum(wanted) <= 17  # 999 in 1,000 shuffles
    for i, left in enumerate(wanted):
        tab.key("ArrowLeft" if left == (i < 15) else "ArrowRight")
    said = tab.run("return document.querySelector('[role=status]').textContent")
    low, high = wilson_interval(15 / 20, 20)
    interval = f"{100 * low:.0f} % to {100 * high:.0f} %"
    assert f"15 of 20 right, 75 %; 95 % interval {interval}. Chance is excluded" in said
    assert wilson_interval(14 / 20, 20)[0] < 0.5 < low  # what the book's question asks for
    tab.run("document.querySelector('.main').click()")
    assert tab.run("return [answered, sides[0].button.disabled, round.length]") == [0, False, 20]


@pytest.fixture(scope="module")
def encoded():
    return touch_attributes.encoded()


def test_the_directions_are_those_of_the_shipped_vae(encoded):
    stored = touch_attributes.SCRIPT.read_text(encoding="utf-8")
    facts = json.loads(stored[stored.index("{") : stored.rindex(";")])
    assert facts["names"] == list(touch_attributes.NAMES)
    assert np.allclose(facts["directions"], touch_attributes.directions(*encoded), atol=2e-3)


def test_one_number_of_the_code_comes_near_the_height_of_a_product(encoded):
    """What the landing page says of its playground: z5 is the fifth number."""
    codes, labels, truth = encoded
    height = truth[:, touch_attributes.NAMES.index("height")]
    together, single = touch_attributes.explained(codes, labels, height)
    assert together.min() > 0.9
    assert (single.argmax(1) == 4).sum() >= 8
    mug, chair = single[6], single[9]
    assert mug.argmax() == chair.argmax() == 4
    assert 0.45 < mug[4] < 0.62  # half
    assert 0.28 < chair[4] < 0.42  # a third
    for values in truth.T[[touch_attributes.NAMES.index(n) for n in ("detail", "rotation")]]:
        assert touch_attributes.explained(codes, labels, values)[1][:, 4].max() > 0.05  # also moved


@needs_browser
def test_an_edit_moves_its_own_property_most_and_flare_widens_a_dress(browser):
    tab = browser.open(address("attributes"))
    effects = """const moved = vae.classes.map((_, of) => {
        const random = Touch.random(100 + of);
        const codes = Array.from({ length: 8 }, () => vae.drawPrior(random, of));
        const seen = codes.map((z) => measure(vae.decode(z, of), vae.size));
        const usual = properties.map((name) => {
          const values = seen.map((one) => one[name]);
          const mean = values.reduce((a, b) => a + b) / 8;
          return Math.hypot(...values.map((v) => v - mean)) / Math.sqrt(7);
        });
        return ATTRIBUTES.directions[of].map((way) => properties.map((name, k) =>
          codes.reduce((sum, z, i) => sum + measure(vae.decode(z.map((v, j) => v + way[j]), of),
            vae.size)[name] - seen[i][name], 0) / 8 / usual[k]));
      });
      return moved;"""
    moved = np.array(tab.run(effects))  # [class, attribute, property], per standard deviation
    names = list(touch_attributes.NAMES)
    own = [names.index(n) for n in ("value", "warm", "height", "width", "rotation", "light_angle")]
    effect = moved.mean(0)[own]
    assert np.array_equal(np.abs(effect).argmax(1), np.arange(6))
    assert np.diag(effect).min() > 0.25
    assert moved[2, names.index("detail"), 3] > 0.5  # what chapter 11 asks the reader to foresee


@needs_browser
def test_an_attribute_is_moved_by_keys_and_taken_back(browser):
    tab = browser.open(address("attributes"))
    state = """return [amounts, [...document.querySelectorAll(".moved td:nth-child(2)")]
      .map((cell) => Number(cell.textContent.replace("\\u2212", "-")))];"""
    assert tab.run(state) == [[0] * 7, [0] * 6]
    tab.run("sliders[2].input.focus()")
    tab.key("ArrowRight", 15)
    amounts, moved = tab.run(state)
    assert amounts == pytest.approx([0, 0, 1.5, 0, 0, 0, 0])
    assert moved[2] == max(moved)
    tab.run("document.querySelector('.buttons button').click()")
    assert tab.run(state) == [[0] * 7, [0] * 6]


@needs_browser
def test_the_scrubber_shows_the_measure_only_after_the_reader_has_decided(browser):
    tab = browser.open(address("training-scrubber"))
    with Image.open(touch_training.PICTURE) as file:
        looks = touch_training.STEPS // touch_training.EVERY + 1
        assert file.size == (32 * touch_training.SHOWN, 32 * looks * len(touch_training.RUNS))
    collapsed, healthy, limit = tab.run(
        """const { collapsed, healthy } = TRAINING.runs;
        return [collapsed, healthy, TRAINING.limit];"""
    )
    assert collapsed["spread"][-1] < limit < min(healthy["spread"])
    assert [name for _, name in collapsed["found"]] == ["collapsed"]
    assert healthy["found"] == []
    tab.run("document.querySelector('input[type=range]').focus()")
    tab.key("ArrowRight", 16)
    state = """return [step, document.querySelectorAll("canvas").length,
      document.querySelector("[role=status]").textContent];"""
    step, canvases, said = tab.run(state)
    assert (step, canvases) == (400, 6)
    assert "differ" not in said
    tab.run("document.querySelector('.buttons button').focus()")
    tab.key("Enter")
    step, canvases, said = tab.run(state)
    assert canvases == 7
    assert said.startswith("Right. You decided at step 400.")
    assert f"at step {collapsed['found'][0][0]}" in said
