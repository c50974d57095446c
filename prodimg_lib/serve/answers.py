"""From a request to the bytes that answer it: the same as `prodimg generate` writes to files."""

import base64
import io
import json
import traceback
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodimg_lib import provenance
from prodimg_lib.errors import InputError
from prodimg_lib.plots import png
from prodimg_lib.runs import requests
from prodimg_lib.runs.acceptance import ATTEMPTS
from prodimg_lib.runs.archive import pack
from prodimg_lib.runs.generate import columns_of, drawing_of, grid_of
from prodimg_lib.runs.outputs import contents, origin_of
from prodimg_lib.runs.show import Show

TYPES = {"png": "image/png", "json": "application/json", "zip": "application/zip"}


@dataclass
class _Counts(Show):
    """What the gates refused."""

    rejected: dict[str, int] = field(default_factory=dict)
    drawn: int = 0

    def gates(self, limits, refused, *, accepted, asked, drawn):
        self.rejected, self.drawn = dict(refused), drawn


class Answers:
    """Draws for requests from one model.

    Args:
        opened: ``runs.generate.Opened``.
        gates: an ``Acceptance``, or None where requests cannot ask for gates.
    """

    def __init__(self, opened, gates=None):
        self.opened, self.gates = opened, gates
        self.origin = origin_of(opened.model, opened.name)

    def facts(self):
        """What the service says of the model, as JSON."""
        model, c = self.opened.model, self.opened.model.config
        return {
            "run": self.opened.name,
            "model": self.origin["weights"],
            "family": self.origin["model"],
            "classes": list(self.opened.names) if model.conditional else [],
            "size": c.size,
            "channels": c.channels,
            "drawing": list(model.DRAWING),
            "gates": None if self.gates is None else list(self.gates.limits),
        }

    def answer(self, asked):
        """Images for a request.

        Args:
            asked: dict of ``classes`` (names or []), ``n``, ``seed``, ``drawing``, ``format`` and
                ``accept``.

        Returns:
            (header, body): header has ``status``, ``type`` and the counts of ``log.Line``, or
            ``status`` and ``reason``.
        """
        try:
            return self._answer(asked)
        except InputError as error:
            return {"status": 422, "reason": str(error)}, b""
        except Exception as error:  # one request's trouble is not the next one's
            traceback.print_exc()
            return {"status": 500, "reason": f"{type(error).__name__}: {error}"}, b""

    def _answer(self, asked):
        model, names = self.opened.model, self.opened.names
        classes = [requests.class_index(each, names) for each in asked["classes"]]
        drawing = drawing_of(model, asked["drawing"])
        wanted = requests.wanted(model, asked["n"], classes)
        counts = _Counts(drawn=len(wanted.index))
        problem = None
        if asked["accept"]:
            if self.gates is None:
                raise InputError("accept: this service was started without gates")
            from prodimg_lib.runs.accepted import draw_accepted

            drawn, problem = draw_accepted(
                model, wanted, asked["seed"], drawing, names, self.gates, {}, None, counts
            )
        else:
            drawn = requests.draw(model, wanted, asked["seed"], drawing)
        told = {"drawn": counts.drawn, "rejected": counts.rejected}
        told |= {"accepted": len(drawn.images)} if asked["accept"] else {}
        told |= {"model": self.origin["weights"], "run": self.opened.name}
        if problem:  # which is for who has the command
            worst = max(counts.rejected, key=lambda name: counts.rejected[name])
            reason = (
                f"{len(drawn.images):,} of {len(wanted.index):,} images passed the gates in "
                f"{ATTEMPTS} draws each, most were refused by the gate {worst}: ask for fewer, "
                "with another seed, or without accept"
            )
            return {"status": 422, "reason": reason, **told}, b""
        columns = columns_of(model, asked["n"], classes, wanted)
        body = _FORMATS[asked["format"]](drawn, names, self.origin | drawing, columns)
        labels: dict[str, int] = {}
        if drawn.labels is not None:
            for label in drawn.labels:
                labels[names[label]] = labels.get(names[label], 0) + 1
        header = {"status": 200, "type": TYPES[asked["format"]], "images": len(drawn.images)}
        return header | {"labels": labels} | told, body


def _files(drawn, names, origin):
    given = (drawn.images, drawn.labels, names, drawn.seeds, drawn.columns)
    return contents(*given, "images", drawn.index, None, origin)[1]


def _as_png(drawn, names, origin, columns):
    """One image as its file is; several as their grid."""
    if len(drawn.images) == 1:
        return next(iter(_files(drawn, names, origin)))[1]
    told = {**origin, "images": len(drawn.images)}
    return png(grid_of(drawn.images, columns), provenance.chunks(told))


def _as_json(drawn, names, origin, columns):
    seeds = np.broadcast_to(np.asarray(drawn.seeds, object), len(drawn.images)).tolist()
    images: list[dict[str, Any]] = []
    for i, (_, content) in enumerate(_files(drawn, names, origin)):
        images.append(
            {
                "class": None if drawn.labels is None else names[drawn.labels[i]],
                "seed": seeds[i],
                "index": int(drawn.index[i]),
                "png": base64.b64encode(content).decode(),
            }
        )
    return json.dumps({**origin, "images": images}, ensure_ascii=False).encode()


def _as_zip(drawn, names, origin, columns):
    file = io.BytesIO()
    more = {"index": drawn.index, "grid": grid_of(drawn.images, columns), "origin": origin}
    pack(file, drawn.images, drawn.labels, names, drawn.seeds, drawn.columns, **more)
    return file.getvalue()


_FORMATS = {"png": _as_png, "json": _as_json, "zip": _as_zip}
