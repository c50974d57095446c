"""Which photographs are kept, in which class and split, and why the others are not."""

import itertools
import json
import os
import re
from array import array

import numpy as np

from prodimg_lib.data import duplicates, splits
from prodimg_lib.data.gates import failed
from prodimg_lib.data.walk import Layout, shown
from prodimg_lib.data.walk import top as top_of
from prodimg_lib.errors import InputError

# One row for every file of the folder; ``reason`` is None for what is kept. ``of`` is the file that
# a duplicate is one of; ``place`` numbers what is kept, in the order of paths.
_DECIDED = """
create temp table decided (
  path blob primary key, photo int, pixels blob, class text, given int, item text, reason text,
  value real, of blob, area int, place int, grp int, split int
) without rowid;
"""
_EDGES = 200_000  # pairs held before they are joined
_LOT = 1024  # pairs that are looked at together


class NothingToReadError(InputError):
    """Not one file of a folder is an image."""


def decide(index, folder, config):
    """Fill the temporary table ``decided`` of ``index``; returns the class names.

    In this order: what cannot be read; the gates; duplicates to the pixel; copies, near enough to
    be the same photograph, of which the largest is kept; then groups, which no split separates, of
    near duplicates and of the item that a file's name gives.

    Raises:
        InputError: nothing is left, or two class folders read alike.
    """
    index.db.execute("drop table if exists temp.decided")
    index.db.executescript(_DECIDED)
    index.write(
        "insert into decided values (?, ?, ?, ?, ?, ?, ?, ?, null, ?, null, null, null)",
        _judged(index, _layout(index, folder), config),
    )
    _drop_equal(index)
    near = _near(index, config)
    names = _group_and_split(index, near, config)
    if not names:
        first = next(index.rows("select path, reason from decided order by path limit 1"), None)
        said = f" (first: {shown(os.fsdecode(first[0]))}, {first[1]})" if first else ""
        nothing = not index.one("select count(*) from files")
        raise (NothingToReadError if nothing else InputError)(
            f"{folder} holds no photograph to keep{said}: put JPEG or PNG files in it, in one "
            "subfolder per class, or open the gates that drop them"
        )
    return names


def _layout(index, folder):
    """Of the readable images' places."""
    tops = set()
    for (name,) in index.rows("select path from files where sha is not null"):
        tops.add(top_of(os.fsdecode(name)))
    return Layout(folder, tops)


def _judged(index, layout, config):
    pattern = re.compile(config.item) if config.item else None
    query = """
      select f.path, coalesce(f.reason, t.reason, p.reason), p.id, p.pixels, p.measures,
             p.width * p.height
      from found f left join files t on t.path = f.path left join photos p on p.sha = t.sha
    """
    gates = config.gates
    if gates.too_small is None:
        gates = gates.model_copy(update={"too_small": config.size})
    for name, reason, photo, pixels, measures, area in index.rows(query):
        path, value = os.fsdecode(name), None
        kind = given = item = None
        if reason is None:
            kind, given = layout.class_name(path), layout.split(path)
            given = splits.UNKNOWN if given is None else splits.NAMES.index(given)
            found = pattern.search(path.replace(os.sep, "/")) if pattern else None
            item = shown(found[1]) if found and found[1] is not None else None
            if stopped := failed(json.loads(measures), gates):
                reason, value = stopped[0]
        yield name, photo, pixels, kind, given, item, reason, value, area


def _drop_equal(index):
    """Of photographs equal after preparation the held-out one is kept, then the first."""
    query = """
      select path, pixels from decided where reason is null
      order by pixels, given desc, path
    """

    def equal():
        last = first = None
        for name, pixels in index.rows(query):
            if pixels == last:
                yield first, name
            else:
                last, first = pixels, name

    _update(index, "update decided set reason = 'equal', of = ? where path = ?", equal())


def _update(index, statement, rows):
    """In parts: what is read and what is written are one table."""
    part = []
    for row in rows:
        part.append(row)
        if len(part) == 1000:
            index.write(statement, part)
            part = []
    index.write(statement, part)


def _numbered(index):
    index.db.execute("update decided set place = null")
    query = "select path from decided where reason is null order by path"
    names = (name for (name,) in index.rows(query))
    _update(
        index, "update decided set place = ? where path = ?", ((i, n) for i, n in enumerate(names))
    )
    # Splits are written by place: without an index each would be looked for among all rows.
    index.db.execute("create index if not exists temp.by_place on decided (place)")
    return index.one("select count(*) from decided where reason is null")


def _column(index, what, n, dtype):
    query = f"select {what} from decided d join photos p on p.id = d.photo where place is not null "
    values = (value for (value,) in index.rows(query + "order by place"))
    return np.fromiter(values, dtype, n)


def _near(index, config):
    """Mark copies; returns the pairs of photographs that belong together, paths of both."""
    n = _numbered(index)
    index.db.execute("create temp table if not exists places (place integer primary key, thumb)")
    index.db.execute("delete from places")
    index.db.execute(
        "insert into places select d.place, p.thumb from decided d join photos p on p.id = d.photo "
        "where d.place is not null"
    )
    limits = config.duplicates
    sketches = duplicates.Sketches(n)
    rows = index.rows("select place, thumb from places")
    while lot := list(itertools.islice(rows, _LOT)):
        places, thumbs = zip(*lot, strict=True)
        sketches.keep(list(places), np.stack([_as_thumb(thumb) for thumb in thumbs]))
    copies, same = _Edges(n), _Edges(n)
    hashes = _column(index, "bits", n, np.int64).astype(np.uint64)
    for i, j in _in_lots(duplicates.candidates(hashes)):
        # Of a thousand copies of one photograph not half a million pairs need a look.
        look = copies.apart(i, j) | same.apart(i, j)
        look[look] = sketches.possible(i[look], j[look], limits.copies, limits.same)
        if look.any():
            i, j = i[look], j[look]
            plain, centred = duplicates.differences(_thumbs(index, i), _thumbs(index, j))
            copies.add(i, j, plain <= limits.copies)
            same.add(i, j, centred <= limits.same)
    _drop_copies(index, copies.groups(), n)
    return same.groups()


def _in_lots(pairs):
    """Pairs of arrays (i, j), however long, as pairs of arrays of about ``_LOT``."""
    waiting: list[np.ndarray] = []
    held = 0
    for i, j in pairs:
        for start in range(0, len(i), _LOT):
            waiting.append(np.stack([i, j])[:, start : start + _LOT])
            held += waiting[-1].shape[1]
            if held >= _LOT:
                yield np.concatenate(waiting, 1)
                waiting, held = [], 0
    if waiting:
        yield np.concatenate(waiting, 1)


def _as_thumb(stored):
    side = duplicates.THUMB
    return np.frombuffer(stored, np.uint8).reshape(side, side, 3)


def _thumbs(index, places):
    stored = {
        int(p): index.one("select thumb from places where place = ?", int(p))
        for p in np.unique(places)
    }
    return np.stack([_as_thumb(stored[int(p)]) for p in places])


class _Edges:
    """Pairs of n things that belong together, joined now and then so that they stay few."""

    def __init__(self, n):
        self.n, self.i, self.j, self.held = n, [], [], 0
        self.joined = np.arange(n, dtype=np.int32)  # group of each, when they were last joined

    def add(self, i, j, which):
        if which.any():
            self.i.append(i[which])
            self.j.append(j[which])
            self.held += int(which.sum())
            if self.held > _EDGES:
                self.joined = self.groups()
                _, first = np.unique(self.joined, return_index=True)
                linked = np.arange(self.n, dtype=np.int32)
                self.i, self.j, self.held = [linked], [first[self.joined].astype(np.int32)], 0

    def apart(self, i, j):
        """Which pairs are not known yet to be in one group, bool."""
        return self.joined[i] != self.joined[j]

    def groups(self):
        none = np.empty(0, np.int32)
        return duplicates.join(
            self.n, np.concatenate([none, *self.i]), np.concatenate([none, *self.j])
        )


def _drop_copies(index, groups, n):
    """Of each group of copies the held-out one is kept, then the largest, then the first."""
    many = np.bincount(groups, minlength=n)[groups] > 1
    query = """
      select place, path from decided where place is not null order by given desc, area desc, path
    """

    def copies():
        kept: dict[int, bytes] = {}
        for place, name in index.rows(query):
            if many[place]:
                first = kept.setdefault(int(groups[place]), name)
                if first != name:
                    yield first, name

    _update(index, "update decided set reason = 'copy', of = ? where path = ?", copies())


def _group_and_split(index, near, config):
    """Number groups and give splits to what is kept; returns the class names."""
    n = len(near)
    kept = np.zeros(n, bool)
    names = sorted(
        name for (name,) in index.rows("select distinct class from decided where reason is null")
    )
    number = {name: i for i, name in enumerate(names)}
    labels, given = np.zeros(n, np.int32), np.full(n, splits.UNKNOWN, np.int8)
    ranks = np.zeros(n, np.uint64)
    query = """
      select place, class, given, hex(pixels) from decided where reason is null order by place
    """
    for place, kind, split, digest in index.rows(query):
        kept[place] = True
        labels[place], given[place] = number[kind], split
        ranks[place] = splits.rank(config.seed, digest.lower())
    groups = _with_items(index, near)
    _, groups = np.unique(groups[kept], return_inverse=True)
    found = splits.assign(
        labels[kept], ranks[kept], groups, test=config.test, val=config.val, given=given[kept]
    )
    if (given[kept] != splits.UNKNOWN).any() and not (found == splits.TEST).any():
        found[found == splits.VAL] = splits.TEST  # a folder split in two has its test there
    places = np.flatnonzero(kept)
    _update(
        index,
        "update decided set split = ?, grp = ? where place = ?",
        zip(*(map(int, column) for column in (found, groups, places)), strict=True),
    )
    return names


def _with_items(index, near):
    """Groups joined by the items that names give. Dropped copies link what they are near to, and
    equal ones what they are equal to: what is filed under two items is of both."""
    n = len(near)
    _, first = np.unique(near, return_index=True)
    edges = _Edges(n)
    edges.add(np.arange(n, dtype=np.int32), first[near].astype(np.int32), np.ones(n, bool))
    last, before = None, 0
    pairs = array("i")
    query = """
      select d.item, coalesce(d.place, k.place) at
      from decided d left join decided k on k.path = d.of
      where d.item is not null and at is not null order by d.item
    """
    for item, place in index.rows(query):
        if item == last:
            pairs.extend((before, place))
        last, before = item, place
    i, j = np.array(pairs, np.int32).reshape(-1, 2).T
    edges.add(i, j, np.ones(len(i), bool))
    return edges.groups()
