"""What the monitor found, as JSON and as a page."""

import json
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.files import write_atomically
from prodimg_lib.runs.pages import check_page, write_page
from prodimg_lib.text import text

COMMAND = "prodimg monitor"


def check_out(path):
    """Make sure that ``path`` can be written, before any work: .html for a page, .json for figures.

    Raises:
        InputError: another suffix, a folder, or a file that ``prodimg monitor`` did not write.
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        if path.suffix.lower() != ".html":
            raise InputError(f"--out {path}: expected a file name that ends in .html or .json")
        check_page(path, COMMAND)
        return
    if path.exists() and not _is_ours(path):
        raise InputError(f"{path} was not made by `{COMMAND}`: move it away, or choose another")


def _is_ours(path):
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("generator") == COMMAND
    except (OSError, ValueError, AttributeError):
        return False


def write_result(result, path):
    """Write the dict of ``judge.monitor``; raises as ``check_out``."""
    path = Path(path)
    check_out(path)
    if path.suffix.lower() == ".json":
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"generator": COMMAND, **result}
        write_atomically(path, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    words = text()["monitor"]
    rows = [
        {
            "title": row["title"],
            "cells": [
                words["alarms" if row["drift"] else "calm"],
                f"{row['p']:.2g}",
                f"{row['adjusted']:.2g}",
            ],
            "remark": row["says"],
        }
        for row in result["tests"]
    ]
    write_page(
        path,
        "monitor.html.j2",
        COMMAND,
        words=words,
        result=result,
        rows=rows,
        lead=words["against"].format(window=result["window"], reference=result["reference"]),
        rate=words["rate"].format(rate=result["false_alarms"]),
    )
