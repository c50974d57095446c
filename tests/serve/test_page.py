"""The small page of the service as a visitor meets it, with the shipped catalogue behind it."""

import subprocess
import sys
import time

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

from tests.accessibility import findings, phone_shows_all
from tests.browser import BROWSER
from tests.devtools import Browser
from tests.samples import GUARD

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")

_DRAWN = """return [...document.querySelectorAll("#images img")].filter((image) =>
  image.complete && image.naturalWidth > 0).length"""


@pytest.fixture(scope="module")
def address():
    command = [sys.executable, "-m", "prodimg_lib.cli", "serve", "catalogue", "--port", "0"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield child.stdout.readline().split()[0]
    finally:
        child.terminate()
        child.communicate(timeout=GUARD)


def drawn(tab, count):
    """Wait for so many pictures, however slow the machine."""
    until = time.monotonic() + GUARD
    while tab.run(_DRAWN) != count:
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(("width", "theme"), [(1300, "light"), (390, "dark")])
def test_a_visitor_chooses_and_draws(address, width, theme):
    with Browser() as browser:
        tab = browser.open(address, theme, width=width, touch=width < 400, math=False)
        tab.run(
            """document.querySelector("#n").value = 5;
            document.querySelector("#n").dispatchEvent(new Event("input", { bubbles: true }));
            document.querySelector("#draw").click();"""
        )
        drawn(tab, 5)
        assert (
            tab.errors == []
        )  # later axe adds some: its own styles, which the page does not allow
        tab.run("for (const e of document.querySelectorAll('*')) e.style.transition = 'none'")
        assert findings(tab) == {"light": [], "dark": []}  # not in the middle of a change of theme
        phone_shows_all(tab)
        tab.run("document.querySelector('#images button').click()")
        assert tab.run("return document.querySelector('dialog').open")
        assert findings(tab) == {"light": [], "dark": []}
