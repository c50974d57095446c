"""How ``Checks`` learns what an answer does: by looking, or from the record of another process.

An answer in a file runs in a process of its own, which only writes down what it saw (``Recorded``).
The verdict is reached in a process that the file never runs in: it makes the same checks on the
same inputs, and reads what was seen (``Replayed``). What a file does to NumPy, to the checks or to
its process can therefore spoil its own record and nothing else.
"""

from prodimg_lib.interview.check.plain import from_line, to_line


class Stop(Exception):  # noqa: N818 (an event, not an error)
    """A check failed; the arguments become fields of the ``Result``."""

    def __init__(self, layer, check, **fields):
        super().__init__(layer, check)
        self.layer, self.check, self.fields = layer, check, fields


class NotAttempted(Exception):  # noqa: N818
    """The answer says itself that it is not written yet."""


class Ended(Exception):  # noqa: N818
    """The record ends here: the process that wrote it died."""


class Live:
    """Looks, and keeps nothing."""

    def observe(self, look):
        return look()


class Recorded:
    """Looks, and writes each sight as a line."""

    def __init__(self, file):
        self.file = file

    def observe(self, look):
        try:
            seen = look()
        except NotAttempted:
            self.write({"not_attempted": True})
            raise
        except Stop as stop:
            self.write({"stop": [stop.layer, stop.check, stop.fields]})
            raise
        self.write({"seen": seen})
        return seen

    def write(self, value):
        self.file.write(to_line(value) + "\n")
        self.file.flush()


class Replayed:
    """Looks at nothing: reads what was seen."""

    def __init__(self, lines):
        self.lines = iter(lines)

    def observe(self, look):
        del look
        line = self.next()
        if "stop" in line:
            layer, check, fields = line["stop"]
            raise Stop(layer, check, **fields)
        if "not_attempted" in line:
            raise NotAttempted
        if "seen" not in line:
            raise Ended
        return line["seen"]

    def next(self):
        try:
            return from_line(next(self.lines))
        except (StopIteration, ValueError, TypeError, KeyError):
            raise Ended from None
