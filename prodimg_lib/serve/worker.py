"""The process that holds the model: reads requests from a pipe, writes answers to another.

A frame is a length of four bytes, so many bytes of JSON, and the body whose length stands in them.
Nothing is unpickled on either side, and a process that ends in the middle of a frame has answered
nothing.
"""

import json
import os
import signal
import struct
import sys

from prodimg_lib.errors import InputError

LENGTH = struct.Struct("!I")
MOST_JSON = 1 << 20  # bytes of the JSON of a frame


def frame(header, body=b""):
    """A header (dict) and a body as the bytes of one frame."""
    told = json.dumps({**header, "bytes": len(body)}).encode()
    return LENGTH.pack(len(told)) + told + body


def _read_frame(file):
    """The header of the next frame; None at the end of the pipe."""
    start = file.read(LENGTH.size)
    if len(start) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(start)
    told = file.read(length)
    return json.loads(told) if len(told) == length else None


def work(answers, source, sink):
    """Answer frames of ``source`` with frames of ``sink`` until the first one ends.

    Args:
        answers: has ``facts`` and ``answer``, see ``answers.Answers``.
        source, sink: binary files.
    """
    _send(sink, {"ready": answers.facts()})
    while (asked := _read_frame(source)) is not None:
        header, body = answers.answer(asked)
        _send(sink, {**header, "id": asked["id"]}, body)


def _send(sink, header, body=b""):
    sink.write(frame(header, body))
    sink.flush()


def main(arguments):
    """``python -m prodimg_lib.serve.worker MODEL [GATES]``; GATES: JSON, what --gate was given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends us
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not be taken for an answer
    try:
        answers = _load(*arguments)
    except InputError as error:
        _send(sink, {"failed": str(error)})
        return
    work(answers, sys.stdin.buffer, sink)


def _load(model, gates=None):
    from prodimg_lib.runs.generate import opened
    from prodimg_lib.runs.show import Show
    from prodimg_lib.serve.answers import Answers

    trained = opened(model, Show())
    if gates is None:
        return Answers(trained)
    from prodimg_lib.runs.acceptance import from_photographs, parse

    chosen = parse(json.loads(gates))
    conditional = trained.model.conditional
    return Answers(
        trained, from_photographs(trained.photographs(), trained.names, conditional, chosen)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
