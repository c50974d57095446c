"""The role ``{chapter-time}`02_vae```: how long that chapter ran when its outputs were stored.

The number is the one `make notebooks` wrote into the notebook, so the text cannot claim another.
"""

import json
import math
from pathlib import Path

from docutils import nodes


def setup(app):
    def chapter_time(name, rawtext, text, lineno, inliner, options=None, content=None):
        path = Path(app.srcdir) / "notebooks" / f"{text}.ipynb"
        inliner.document.settings.env.note_dependency(str(path))
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            seconds = notebook["metadata"]["prodimg"]["seconds"]
        except (OSError, KeyError):
            message = inliner.reporter.warning(
                f"{path.name} has no stored time; run `make notebooks`", line=lineno
            )
            return [inliner.problematic(rawtext, rawtext, message)], [message]
        return [nodes.Text(f"{math.ceil(seconds / 60)} min")], []

    app.add_role("chapter-time", chapter_time)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
