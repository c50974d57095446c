"""The HTML page about a prepared folder: what was kept, what was dropped and why, with pictures."""

import itertools
import os

import numpy as np
import yaml

from prodimg_lib.data import prepare
from prodimg_lib.data.decode import UnreadableImageError, flatten, opened
from prodimg_lib.data.splits import NAMES
from prodimg_lib.data.walk import shown
from prodimg_lib.files import write_atomically
from prodimg_lib.plots import data_uri
from prodimg_lib.templates import render
from prodimg_lib.text import text

_PICTURES, _PAIRS, _ROWS = 16, 16, 200  # shown of each kind; manifest.csv has them all
_BEFORE = 128  # pixels of the picture before preparation
_SIDES = (64, 128, 256, 512, 1024, 2048)


def write_report(index, folder, path, manifest):
    """Write the page from the table ``decided``, unless it is there already.

    Args:
        index: ``Index``; folder: the photographs; manifest: what ``manifest.json`` will hold.
    """
    page = _Page(index, folder, manifest)
    words = text()["data_report"]
    html = render(
        "data_report.html.j2",
        language="en",
        words=words,
        manifest=manifest,
        tiles=page.tiles(),
        balance=page.balance(),
        sizes=page.sizes(),
        before=page.before_and_after(),
        dropped=page.dropped(),
        pairs=page.pairs(),
        groups=page.groups(),
        unread=page.unread(),
        settings=yaml.safe_dump(manifest["config"], sort_keys=False),
    )
    if not path.is_file() or path.read_bytes() != html.encode():
        write_atomically(path, html)


def _before(path):
    with opened(path, _BEFORE) as image:
        picture = flatten(image, 255, _BEFORE).convert("RGB")
    return np.asarray(prepare._square(picture, _BEFORE, "pad", 255))


class _Page:
    """The parts of the page, each a query or two."""

    def __init__(self, index, folder, manifest):
        self.index, self.folder, self.manifest = index, folder, manifest
        self.size, self.channels = (manifest["config"][k] for k in ("size", "channels"))

    def _picture(self, photo):
        pixels = np.frombuffer(self.index.image(photo), np.uint8)
        return data_uri(pixels.reshape(self.size, self.size, self.channels))

    def _count(self, condition):
        return self.index.one(f"select count(*) from decided where {condition}")

    def tiles(self):
        totals = {split: sum(of.values()) for split, of in self.manifest["counts"].items()}
        return {
            "files": self._count("true"),
            "kept": self._count("reason is null"),
            "dropped": self._count("reason is not null"),
            **totals,
        }

    def balance(self):
        """``(class, {split: count}, share of the largest class)``."""
        counts = self.manifest["counts"]
        rows = [(k, {s: counts[s][k] for s in NAMES}) for k in self.manifest["class_names"]]
        most = max(sum(of.values()) for _, of in rows)
        return [(kind, of, {s: 100 * n / most for s, n in of.items()}) for kind, of in rows]

    def sizes(self):
        """``(from, to, count, share)`` by the shorter side of the files."""
        edges = [0, *_SIDES, None]
        found: list[tuple] = []
        for low, high in itertools.pairwise(edges):
            below = "" if high is None else f" and min(p.width, p.height) < {high}"
            n = self.index.one(
                "select count(*) from decided d join photos p on p.id = d.photo "
                f"where p.pixels is not null and min(p.width, p.height) >= {low}{below}"
            )
            found.append((low, high, n))
        most = max(n for _, _, n in found) or 1
        return [(low, high, n, 100 * n / most) for low, high, n in found if n]

    def before_and_after(self):
        """Photographs as they were and as they are: as many cut out as left whole."""
        found = []
        for condition in ("p.box is not null", "p.box is null"):
            found += self.index.rows(
                "select d.path, d.photo, p.confidence, p.box from decided d join photos p "
                f"on p.id = d.photo where d.reason is null and {condition} "
                f"order by d.pixels limit {_PICTURES // 2}"
            )
        rows = []
        for name, photo, confidence, box in found:
            path = os.fsdecode(name)
            try:
                before = data_uri(_before(os.path.join(self.folder, path)))
            except UnreadableImageError:  # gone or changed since it was read
                continue
            rows.append(
                {
                    "file": shown(path),
                    "before": before,
                    "after": self._picture(photo),
                    "confidence": confidence,
                    "cut": box is not None,
                }
            )
        cut = self.index.one(
            "select count(*) from decided d join photos p on p.id = d.photo "
            "where d.reason is null and p.box is not null"
        )
        return {"rows": rows, "cut": cut, "whole": self._count("reason is null") - cut}

    def dropped(self):
        """For each gate that dropped something: how many, its limit, and some of the pictures."""
        words, gates = text()["data_report"]["reasons"], self.manifest["config"]["gates"]
        found = []
        for reason, n in self.index.rows(
            "select reason, count(*) from decided where reason is not null and photo is not null "
            "and value is not null group by reason order by count(*) desc, reason"
        ):
            rows = self.index.rows(
                "select path, photo, value from decided where reason = ? and value is not null "
                f"order by pixels limit {_PICTURES}",
                reason,
            )
            limit = gates[reason] if gates[reason] is not None else self.size
            found.append(
                {
                    "gate": reason,
                    "title": words[reason]["title"],
                    "meaning": words[reason]["meaning"].format(limit=limit),
                    "count": n,
                    "pictures": [
                        (shown(os.fsdecode(name)), self._picture(photo), f"{value:.2f}")
                        for name, photo, value in rows
                    ],
                }
            )
        return found

    def pairs(self):
        """Duplicates beside what they are duplicates of."""
        counts = {r: self._count(f"reason = '{r}'") for r in ("equal", "copy")}
        rows = self.index.rows(
            "select d.reason, d.path, d.photo, k.path, k.photo from decided d join decided k "
            "on k.path = d.of where d.reason in ('copy', 'equal') "
            f"order by d.reason, d.pixels, d.path limit {_PAIRS}"
        )
        shown_pairs = [
            {
                "reason": reason,
                "dropped": shown(os.fsdecode(name)),
                "dropped_picture": self._picture(photo),
                "kept": shown(os.fsdecode(other)),
                "kept_picture": self._picture(kept),
            }
            for reason, name, photo, other, kept in rows
        ]
        return {**counts, "rows": shown_pairs}

    def groups(self):
        """Groups of several photographs that no split separates: how many, and the largest."""
        many = "select grp, count(*) n from decided where reason is null group by grp having n > 1"
        number = self.index.one(f"select count(*) from ({many})")
        rows = []
        for group, n in self.index.rows(f"{many} order by n desc, grp limit 4"):
            members = self.index.rows(
                "select photo, path, split from decided where grp = ? and reason is null "
                "order by path limit 8",
                group,
            )
            pictures = [
                (self._picture(photo), shown(os.fsdecode(name)), NAMES[split])
                for photo, name, split in members
            ]
            rows.append({"count": n, "split": pictures[0][2], "pictures": pictures})
        return {"count": number, "rows": rows}

    def unread(self):
        """Files that are no readable image, and why."""
        condition = "reason is not null and value is null and reason not in ('copy', 'equal')"
        rows = self.index.rows(
            f"select path, reason from decided where {condition} order by path limit {_ROWS}"
        )
        return {
            "count": self._count(condition),
            "rows": [(shown(os.fsdecode(name)), reason) for name, reason in rows],
        }
