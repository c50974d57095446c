"""Headless Chromium or Chrome, where there is one."""

import shutil

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
BROWSER = next(filter(None, map(shutil.which, _NAMES)), None)


def dump_dom(url, folder, *options):
    """The command that prints a page's document after its scripts have run."""
    return [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", f"--user-data-dir={folder / 'profile'}", *options, "--dump-dom", url),
    ]
