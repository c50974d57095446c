"""The built book is complete and needs no other host, by its text and in a real browser.

`make test` runs this after building. Without a build there is nothing to look at: then it is
skipped, unless PRODIMG_BOOK_BUILT says that there must be one.
"""

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser import BROWSER, dump_dom
from tests.samples import GUARD

BOOK = Path(__file__).parents[2] / "_build" / "html"
BUILT = (BOOK / "index.html").is_file()
PAGES = [path for path in sorted(BOOK.rglob("*.html")) if "_static" not in path.parts]
MUST = bool(os.environ.get("PRODIMG_BOOK_BUILT"))

pytestmark = pytest.mark.skipif(
    not BUILT and not MUST, reason="no book in _build/html; `make book` builds it"
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")

# What a browser fetches by itself. A plain link, <a href>, waits for a click and may go anywhere.
FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
PASSIVE_LINKS = {"author", "canonical", "help", "index", "license", "next", "prev", "search"}


class Page(HTMLParser):
    """What a page fetches, what it links to, and which places in it can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.path, self.fetched, self.links, self.places = path, [], [], set()
        self.math, self.pictures_without_alt = False, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = {key: value or "" for key, value in attributes}
        self.places |= {given[key] for key in ("id", "name") if key in given}
        self.math |= "math" in given.get("class", "").split()
        if tag == "img" and not given.get("alt", "").strip():
            self.pictures_without_alt.append(given.get("src"))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and set(given.get("rel", "").split()) <= PASSIVE_LINKS:
            return
        for key in FETCHED.get(tag, ()):
            if key in given:
                cut = given[key].split(",") if key == "srcset" else [given[key]]
                self.fetched += [part.split()[0] for part in cut if part.strip()]
        self.fetched += urls_in_css(given.get("style", ""))


def urls_in_css(text):
    urls = re.findall(r"url\(\s*['\"]?([^'\")]+)", text)
    return urls + re.findall(r"@import\s+['\"]([^'\"]+)", text)


def is_elsewhere(url):
    return bool(urlsplit(url).netloc) or url.startswith("//")


def inside(page, url):
    """The file of the book a relative address leads to."""
    target = (page.parent / unquote(urlsplit(url).path)) if urlsplit(url).path else page
    return target.resolve()


@pytest.fixture(scope="module")
def pages():
    return {path.resolve(): Page(path) for path in PAGES}


def test_the_book_is_built_and_has_every_page():
    names = {path.relative_to(BOOK).with_suffix("").as_posix() for path in PAGES}
    contents = (BOOK.parents[1] / "_toc.yml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"(?:file|root): *(\S+)", contents))
    assert wanted
    assert wanted <= names, f"not built: {sorted(wanted - names)}"


def test_no_asset_comes_from_another_host(pages):
    found = [(p.path.name, url) for p in pages.values() for url in p.fetched if is_elsewhere(url)]
    for sheet in BOOK.rglob("*.css"):
        urls = urls_in_css(sheet.read_text(encoding="utf-8"))
        found += [(sheet.name, url) for url in urls if is_elsewhere(url)]
    assert not found


def test_every_internal_link_and_asset_leads_somewhere(pages):
    broken = []
    for page in pages.values():
        for url in [*page.links, *page.fetched]:
            if urlsplit(url).scheme or is_elsewhere(url) or url in ("", "#"):
                continue
            target, place = inside(page.path, url), unquote(urlsplit(url).fragment)
            known = place in ("", "top") or target not in pages or place in pages[target].places
            if not target.exists() or not known:
                broken.append(f"{page.path.relative_to(BOOK)}: {url}")
    assert not broken


def test_every_picture_has_a_text_alternative(pages):
    missing = {p.path.name: p.pictures_without_alt for p in pages.values()}
    assert not {name: pictures for name, pictures in missing.items() if pictures}


def open_offline(url, folder):
    """Open a page in headless Chromium without a network: its DOM and all it asked hosts for."""
    log = folder / "requests.json"
    command = dump_dom(
        url,
        folder,
        f"--log-net-log={log}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=20000",
    )
    done = subprocess.run(command, capture_output=True, timeout=GUARD, check=True)
    record = json.loads(log.read_text(encoding="utf-8"))
    start = record["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    params = [event.get("params", {}) for event in record["events"] if event["type"] == start]
    # The browser asks its maker for the time and for updates; such requests have no origin.
    asked = [p["url"] for p in params if "url" in p and p.get("initiator") != "not an origin"]
    return done.stdout.decode(), [url for url in asked if not url.startswith(("file:", "data:"))]


@needs_browser
def test_the_browser_test_sees_a_request(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<p>x</p><img src="https://host.invalid/a.png" alt="a">')
    dom, asked = open_offline(page.as_uri(), tmp_path)
    assert "<p>x</p>" in dom
    assert asked == ["https://host.invalid/a.png"]


@needs_browser
@pytest.mark.parametrize(
    "path", PAGES, ids=lambda path: path.relative_to(BOOK).with_suffix("").as_posix()
)
def test_page_opens_from_disk_without_a_network(path, tmp_path, pages):
    dom, asked = open_offline(path.as_uri(), tmp_path)
    assert not asked
    if pages[path.resolve()].math:
        assert "<mjx-container" in dom, "mathematics is not typeset"
        assert not re.findall(r"<mjx-merror[^>]*>", dom), "a formula has an error"
