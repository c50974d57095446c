"""How long a chapter takes to read, from what stands in it: the one source of every such number.

Words at 160 a minute, as for a text one learns from; a displayed formula as 45 seconds, one in a
line as 3; a line of code as 3; a picture as 15. Answers and solutions that a reader opens count
like the rest; what no page shows (``remove-cell``) does not, and nor do the sources.
"""

import json
import re
from pathlib import Path

WORDS_A_MINUTE = 160
SECONDS = {"formula": 45.0, "symbol": 3.0, "line": 3.0, "picture": 15.0}
STEP = 5  # minutes, to which a time is rounded
SENTENCE = re.compile(r"(\*\*Time:\*\* about) \d+ minutes")


def counts(notebook):
    """Words, displayed formulas, formulas in lines, lines of code and pictures of a notebook.

    Args:
        notebook: a notebook as ``json`` or ``nbformat`` reads it.
    """
    found = dict.fromkeys(("word", *SECONDS), 0)
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if "remove-cell" in cell["metadata"].get("tags", []) or text.startswith("## Sources"):
            continue
        if cell["cell_type"] == "markdown":
            text = _take(r"```.*?```", text, found, "line", lambda block: block.count("\n") - 1)
            text = _take(r"\$\$.*?\$\$", text, found, "formula")
            text = _take(r"\$[^$]+\$", text, found, "symbol")
            found["word"] += len(re.findall(r"\w[\w'’-]*", re.sub(r"<[^>]+>", " ", text)))
        else:
            found["line"] += sum(bool(line.strip()) for line in text.splitlines())
            found["picture"] += sum(_is_picture(output) for output in cell.get("outputs", []))
    return found


def _take(pattern, text, found, kind, worth=lambda block: 1):
    """Count what matches as ``kind`` and return the text without it."""
    found[kind] += sum(worth(block) for block in re.findall(pattern, text, re.DOTALL))
    return re.sub(pattern, " ", text, flags=re.DOTALL)


def _is_picture(output):
    data = output.get("data", {})
    return "image/png" in data or "prodimg-figure" in "".join(data.get("text/html", ""))


def minutes(notebook):
    """Minutes of reading, rounded to ``STEP``."""
    found = counts(notebook)
    seconds = sum(found[kind] * each for kind, each in SECONDS.items())
    return STEP * round((found["word"] / WORDS_A_MINUTE + seconds / 60) / STEP)


def say(notebook):
    """Put the minutes into the chapter's own sentence, ``**Time:** about N minutes``."""
    wanted = minutes(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = SENTENCE.sub(rf"\1 {wanted} minutes", "".join(cell["source"]))


def of_file(path):
    """``minutes`` of a notebook's file."""
    return minutes(json.loads(Path(path).read_text(encoding="utf-8")))
