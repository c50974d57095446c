"""Print the built book: a PDF of each page and one of the whole book, by headless Chromium.

    python book/tools/pdf.py           every page of _toc.yml, and _build/pdf/book.pdf
    python book/tools/pdf.py 02 13     these chapters only

The style sheet opens the answers and wraps what is long; page numbers run through the book. Needs
`make book` before, Chromium or Chrome, and pypdf (extra `teach`).
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK, OUT = ROOT / "_build" / "html", ROOT / "_build" / "pdf"
BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PATIENCE, TRIES = 300, 2  # seconds for a page; then a browser hangs, is ended and started again
HUNG = "it hung"
# Chromium gives formulas this much of the page's own time before it prints.
SETTLE = "--virtual-time-budget=60000"
# Of a formula in CSS pixels: what just fits between the margins, and in an answer or a note.
WIDTH, INNER = 600, 530
PAPER = """<script>
addEventListener("load", async () => {{
  await window.MathJax?.startup?.promise;
  for (const box of document.querySelectorAll("mjx-container[display]")) {{
    const wide = box.firstElementChild.getBoundingClientRect().width;
    const room = box.closest("details, .admonition") ? {inner} : {width};
    if (wide > room) box.style.fontSize = `${{100 * room / wide}}%`;
    box.style.overflow = "visible";
  }}
}});
</script>
<style>
@page {{ size: A4; margin: 18mm 16mm 20mm;
  @bottom-center {{ content: counter(page); font: 9pt sans-serif; color: #444; }} }}
@page :first {{ counter-set: page {first}; }}
</style>"""


class PdfError(Exception):
    """What is missing, on one line."""


def names(toc=ROOT / "_toc.yml"):
    """The pages of the book in their order, without their endings."""
    found = []

    def walk(node):
        if isinstance(node, dict):
            found.extend(node[key] for key in ("root", "file") if key in node)
        for child in node.values() if isinstance(node, dict) else node:
            if isinstance(child, dict | list):
                walk(child)

    walk(yaml.safe_load(Path(toc).read_text(encoding="utf-8")))
    return found


def printable(text, first=1):
    """A page of the book with what makes its formulas fit the paper, and numbers its pages."""
    paper = PAPER.format(first=first, width=WIDTH, inner=INNER)
    return text.replace("</head>", f"{paper}</head>")


def print_page(page, target, first, browser, patience=PATIENCE):
    """Print one built page, its pages counted from ``first``, with a PDF outline.

    Args:
        patience: seconds after which the browser counts as hung, and is started once more.

    Raises:
        PdfError: the browser hangs each time, or ends with an error.
    """
    text = page.read_text(encoding="utf-8")
    beside = page.with_name(f"{page.stem}.printed.html")  # so that what it loads is found
    beside.write_text(printable(text, first), "utf-8")
    try:
        for _ in range(TRIES):
            code = _code_of_browser(beside, target, browser, patience)
            if code != HUNG:
                break
    finally:
        beside.unlink()
    if code or not Path(target).is_file():
        raise PdfError(f"{page.name}: {browser} did not print it ({code}): try once more")


def _code_of_browser(page, target, browser, patience):
    """The browser's exit code; or ``HUNG``, where it did not end in time and was ended, whole."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *(f"--user-data-dir={profile}", SETTLE, "--no-pdf-header-footer"),
            *("--generate-pdf-document-outline", f"--print-to-pdf={target}"),
            page.as_uri(),
        ]
        null = subprocess.DEVNULL
        child = subprocess.Popen(command, stdout=null, stderr=null, start_new_session=True)
        try:
            return child.wait(patience)
        except subprocess.TimeoutExpired:
            return HUNG
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # its helpers too
            child.wait()


def place(link, pages):
    """The page of the book that a link of a printed page leads to, or None."""
    parts = urlsplit(link)
    path = unquote(parts.path).replace(".printed.html", ".html")
    return pages.get(path) if parts.scheme == "file" else None


def write(parts, target):
    """Put printed pages behind each other. Links between them stay inside of the file.

    Links to pages that the file does not have are taken out: they name a folder of this machine.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import Link
    from pypdf.generic import Fit, NameObject

    writer, starts = PdfWriter(), {}
    for page, file in parts:
        starts[str(page)] = len(writer.pages)
        writer.append(PdfReader(file), import_outline=True)
    for number, sheet in enumerate(writer.pages):
        old = [a.get_object() for a in sheet.get("/Annots") or []]
        kept, inner = [], []
        for note in old:
            uri = note.get("/A", {}).get("/URI", "")
            if not uri.startswith("file:"):
                kept.append(note.indirect_reference)
            elif (goal := place(uri, starts)) is not None:
                inner.append((note["/Rect"], goal))
        if len(kept) != len(old):
            sheet[NameObject("/Annots")] = type(sheet["/Annots"].get_object())(kept)
        for rect, goal in inner:
            writer.add_annotation(
                number, Link(rect=rect, target_page_index=goal, fit=Fit.fit(), border=[0, 0, 0])
            )
    writer.write(target)
    return len(writer.pages)


def build(chosen=("",), out=OUT, book=BOOK, say=print):
    """Print the pages whose file names begin so; the whole book too, if these are all.

    Raises:
        PdfError: no browser, no pypdf, or no book.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise PdfError("needs Chromium or Chrome (Debian, Ubuntu: apt install chromium)")
    try:
        import pypdf
    except ImportError as error:
        raise PdfError("needs pypdf: `make environment` installs it") from error
    if not (book / "index.html").is_file():
        raise PdfError(f"no book in {book}: run `make book` first")
    out.mkdir(parents=True, exist_ok=True)
    parts, first = [], 1
    with tempfile.TemporaryDirectory() as folder:
        for name in names():
            page = book / f"{name}.html"
            if not page.name.startswith(tuple(chosen)):
                continue
            file = Path(folder) / f"{len(parts):02d}.pdf"
            print_page(page, file, first, browser)
            parts.append((page, file))
            write(parts[-1:], out / f"{'-'.join(Path(name).parts[1:])}.pdf")
            count = len(pypdf.PdfReader(file).pages)
            say(f"{name}: pages {first} to {first + count - 1}")
            first += count
        if not parts:
            raise PdfError(f"no page begins with {', '.join(chosen)}")
        if set(chosen) == {""}:
            write(parts, out / "book.pdf")
            say(f"the whole book: {(out / 'book.pdf').as_uri()}")
    return first - 1


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NN", help="beginnings of page names")
    chosen = parser.parse_args(arguments).names or [""]
    try:
        build(chosen)
    except PdfError as error:
        print(f"pdf: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
