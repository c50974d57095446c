"""Headless Chromium or Chrome, where there is one."""

import json
import re
import shutil
import subprocess
from html import unescape

from pdf import BROWSERS

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)


def dump_dom(url, folder, *options):
    """The command that prints a page's document after its scripts have run."""
    return [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", f"--user-data-dir={folder / 'profile'}", *options, "--dump-dom", url),
    ]


def what_a_probe_says(probe, text, place, folder):
    """What the page's own script left as JSON in ``<div id="probe">``.

    Args:
        probe: path to write the page to, beside what it loads; gone again afterwards.
        text: the page; place: what follows its address, such as ``#g02``; folder: for the profile.
    """
    probe.write_text(text, encoding="utf-8")
    try:
        command = dump_dom(probe.as_uri() + place, folder, "--virtual-time-budget=20000")
        done = subprocess.run(command, capture_output=True, timeout=600, check=True)
    finally:
        probe.unlink()
    found = re.search(r'<div id="probe">(.*?)</div>', done.stdout.decode(), re.S)
    return json.loads(unescape(found[1]))
