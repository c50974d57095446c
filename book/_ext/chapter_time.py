"""Roles for the times of chapters, which stand in no text as a number that somebody typed.

``{chapter-time}`02_vae``` is how long the code ran when `make notebooks` stored its outputs;
``{reading-time}`02_vae``` how long the chapter takes to read, counted by ``book/tools/reading.py``.
Several names with commas between them give the sum.
"""

import json
import math
import sys
from pathlib import Path

from docutils import nodes

sys.path.append(str(Path(__file__).parents[1] / "tools"))
import reading


def running(notebook):
    """Minutes of computing, rounded up."""
    return math.ceil(notebook["metadata"]["prodimg"]["seconds"] / 60)


def setup(app):
    def role_of(minutes):
        def role(name, rawtext, text, lineno, inliner, options=None, content=None):
            total = 0
            for chapter in text.split(","):
                path = Path(app.srcdir) / "notebooks" / f"{chapter.strip()}.ipynb"
                inliner.document.settings.env.note_dependency(str(path))
                try:
                    total += minutes(json.loads(path.read_text(encoding="utf-8")))
                except (OSError, KeyError):
                    message = inliner.reporter.warning(
                        f"{path.name} has no stored time; run `make notebooks`", line=lineno
                    )
                    return [inliner.problematic(rawtext, rawtext, message)], [message]
            return [nodes.Text(f"{total} min")], []

        return role

    app.add_role("chapter-time", role_of(running))
    app.add_role("reading-time", role_of(reading.minutes))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
