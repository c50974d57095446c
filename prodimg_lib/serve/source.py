"""Which files a served model comes from, and whether they are still the same."""

import hashlib
import os
from importlib import resources
from pathlib import Path
from typing import Any

from prodimg_lib import weights
from prodimg_lib.models import pretrained


def files(source):
    """The files that decide what ``source``, a run folder or a shipped name, draws."""
    if not os.path.exists(source) and source in pretrained.available():
        with resources.as_file(resources.files(weights)) as folder:
            return [Path(folder) / pretrained.card(source)["weights"]]
    folder = Path(source)
    named = [folder / "config.yaml", folder / "classes.json"]
    return named + sorted(p for p in (folder / "checkpoints").rglob("*") if p.is_file())


class Watch:
    """Tells when the content of a model's files is another.

    Args:
        source: a run folder or a shipped name.
    """

    def __init__(self, source):
        self.source = source
        self._seen = None
        self.digest = self._digest()

    def changed(self):
        """Whether the content differs from that of the last call; files that are gone count."""
        before, self.digest = self.digest, self._digest()
        return self.digest != before

    def _digest(self):
        """Of the content, read only where size or time of a file say that it may have changed."""
        stats: dict[Path, Any] = {}
        for path in files(self.source):
            try:
                facts = path.stat()
                stats[path] = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
            except OSError:
                stats[path] = None
        if stats == self._seen:
            return self.digest
        told = hashlib.sha256()
        for path in stats:
            told.update(path.name.encode())
            try:
                told.update(hashlib.sha256(path.read_bytes()).digest())
            except OSError:
                told.update(b"gone")
        self._seen = stats
        return told.hexdigest()
