"""The worker process as the service sees it: start it, ask it, end it."""

import asyncio
import contextlib
import json

from prodimg_lib.errors import InputError
from prodimg_lib.serve.worker import LENGTH, MOST_JSON, frame


class Lost(Exception):  # noqa: N818 (an event, which the service answers by starting another)
    """The process ended, or said what it was not asked, before it had answered."""


class Process:
    """A worker process.

    Attributes:
        facts: of its model, see ``answers.Answers.facts``.
        pid: of the process.
    """

    def __init__(self, child, facts):
        self._child, self.facts, self.pid = child, facts, child.pid

    @classmethod
    async def start(cls, command):
        """Start ``command`` and wait until it is ready.

        Raises:
            InputError: it says why it cannot be.
            Lost: it ended without a word.
        """
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        self = cls(child, {})
        try:
            header, _ = await self._read()
        except BaseException:
            await self.end()
            raise
        if "failed" in header:
            await self.end()
            raise InputError(header["failed"])
        self.facts = header["ready"]
        return self

    async def ask(self, asked):
        """The (header, body) that answer ``asked``, which has an ``id``.

        Whoever gives up waiting must ``end`` the process: its answer would be taken for another's.

        Raises:
            Lost: it ended, or answered something else.
        """
        try:
            self._child.stdin.write(frame(asked))
            await self._child.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise Lost from error
        header, body = await self._read()
        if header.get("id") != asked["id"]:
            raise Lost
        return header, body

    async def _read(self):
        try:
            start = await self._child.stdout.readexactly(LENGTH.size)
            (length,) = LENGTH.unpack(start)
            if length > MOST_JSON:
                raise Lost
            header = json.loads(await self._child.stdout.readexactly(length))
            return header, await self._child.stdout.readexactly(header["bytes"])
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise Lost from error

    async def wait(self):
        """Until the process has ended."""
        await self._child.wait()

    async def end(self):
        """End the process, at once."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        if self._child.stdin:
            self._child.stdin.close()
        await self._child.wait()
