"""A worker whose images are the hashes of what was asked, for tests of the process: ready at once.

``python -m tests.serve.odd FOLDER``: the file ``weights`` in FOLDER is its model. What a seed asks
for: 1001 ends the process, 1002 too but only once, 1003 takes a minute, 1004 answers another
request than it was asked, 1005 takes a moment, 1006 has an answer of 64 MiB.
"""

import hashlib
import os
import sys
import time
from pathlib import Path

from prodimg_lib.errors import InputError
from prodimg_lib.serve import worker

ENDS, ENDS_ONCE, SLOW, ASTRAY, MOMENT, LARGE = 1001, 1002, 1003, 1004, 1005, 1006


class Odd:
    """As ``answers.Answers``, with the accidents of this module."""

    def __init__(self, folder):
        self.folder, weights = folder, (folder / "weights").read_bytes()
        if (folder / "slow").exists():  # to start
            time.sleep(60)
        if weights == b"damaged":
            raise InputError(f"{folder / 'weights'} is damaged: restore it")
        self.model = hashlib.sha256(weights).hexdigest()

    def facts(self):
        facts = {"run": "odd", "model": self.model, "family": "Odd", "classes": []}
        return facts | {"size": 8, "channels": 1, "drawing": [], "gates": None}

    def answer(self, asked):
        seed, once = asked["seed"], self.folder / "ended"
        if seed == ENDS or (seed == ENDS_ONCE and not once.exists()):
            once.touch()
            os._exit(1)
        if seed == SLOW:
            time.sleep(60)
        if seed == ASTRAY:
            asked["id"] = "another"
        if seed == MOMENT:
            (self.folder / "at work").touch()
            time.sleep(1)
        body = hashlib.sha256(f"{self.model} {seed}".encode()).digest()
        body = bytes(64 * 2**20) if seed == LARGE else body
        return {"status": 200, "type": "image/png", "model": self.model, "run": "odd"}, body


if __name__ == "__main__":
    worker._load = lambda folder: Odd(Path(folder))
    worker.main(sys.argv[1:])
