"""One worker process kept alive behind a queue of bounded length."""

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

from prodimg_lib.errors import InputError
from prodimg_lib.serve.process import Lost, Process

_TRIES = 2  # a request whose worker is lost is drawn again once: the same seed, the same images
_LOOK = 2.0  # seconds between two looks at the model's files
_LONGEST = 30.0  # seconds between two attempts to start a worker


class Refused(Exception):  # noqa: N818 (an answer, not an error)
    """A request that is not answered now.

    Attributes:
        status: 503 (come again in ``retry`` seconds) or 504 (it took too long).
    """

    def __init__(self, status, reason, retry=1):
        super().__init__(reason)
        self.status, self.reason, self.retry = status, reason, retry


class Engine:
    """Asks the worker for one request after the other.

    Requests are not merged into larger batches: a matrix product of another size may round in
    another way, and a seed has one set of bytes here.

    Where the model's files change, a worker with the new ones is started beside the old one and
    takes its place when it is ready; where it cannot be, the old one stays and ``problem`` says so.

    Args:
        command: of the worker process, see ``command_of``.
        limits: ``Limits``; watch: ``source.Watch``, or None to look at no files.

    Attributes:
        facts: of the model in use.
        problem: what keeps a worker from running, or the changed files from being used; or None.
        restarts: workers that were started in place of one that was lost.
        reloads: models that were exchanged.
        waiting: requests that wait or are at work.
    """

    def __init__(self, command, limits, watch=None):
        self.command, self.limits, self.watch = command, limits, watch
        self.facts: dict[str, Any] = {}
        self.problem: str | None = None
        self.restarts = self.reloads = self.waiting = 0
        self._turn, self._up = asyncio.Lock(), asyncio.Event()
        self._process: Any = None
        self._tasks: list[asyncio.Task] = []
        self._recent = 0.1  # seconds that a request takes, a running mean

    @property
    def ready(self):
        """Whether a worker is there."""
        return self._up.is_set()

    @property
    def pid(self):
        """Of the worker process, None where there is none."""
        return self._process.pid if self._process else None

    async def start(self):
        """Start the first worker.

        Raises:
            InputError: it cannot run, with its reason.
        """
        try:
            self._use(await Process.start(self.command))
        except Lost:
            raise InputError("the worker process ended before it was ready: see above") from None
        self._tasks = [asyncio.create_task(self._keep())]
        if self.watch:
            self._tasks.append(asyncio.create_task(self._look()))

    async def stop(self):
        """End the worker and whatever looks after it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._up.clear()
        if self._process:
            await self._process.end()

    def _use(self, process):
        self._process, self.facts, self.problem = process, process.facts, None
        self._up.set()

    async def _keep(self):
        """Start a worker whenever there is none."""
        while True:
            process = self._process
            await process.wait()
            if process is not self._process:
                continue  # it was exchanged
            self._up.clear()
            pause = 0.5
            while not self._up.is_set():
                try:
                    new = await Process.start(self.command)
                    if self._up.is_set():  # meanwhile one with new files came
                        await new.end()
                        break
                    self._use(new)
                    self.restarts += 1
                except (InputError, Lost, OSError) as error:
                    self.problem = f"no worker: {error or 'it ended before it was ready'}"
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST)

    async def _look(self):
        """Exchange the worker when the files of the model have changed."""
        while True:
            await asyncio.sleep(_LOOK)
            if await asyncio.to_thread(self.watch.changed):
                await self._exchange()

    async def _exchange(self):
        try:
            new = await Process.start(self.command)
        except (InputError, Lost, OSError) as error:
            self.problem = (
                f"the model's files changed and cannot be used, the old one stays: {error}"
            )
            return
        async with self._turn:  # nobody is asking
            old = self._process
            self._use(new)
            self.reloads += 1
        await old.end()

    async def ask(self, asked):
        """Answer a request: (header, body), as the worker gave them.

        Raises:
            Refused: too many are waiting, no worker is there, or it took too long.
        """
        if self.waiting >= self.limits.waiting:
            retry = max(1, round(self._recent * self.waiting))
            raise Refused(503, f"{self.waiting} requests are waiting: come again later", retry)
        if not self.ready and self.problem:
            raise Refused(503, self.problem, 5)
        self.waiting += 1
        stage: dict[str, bool] = {"drawing": False}
        try:
            async with asyncio.timeout(self.limits.seconds), self._turn:
                return await self._work(asked, stage)
        except TimeoutError:
            if not (stage["drawing"] or self.ready):  # one was lost, and another loads the model
                raise Refused(503, "a worker is starting: come again later", 5) from None
            reason = f"no answer within {self.limits.seconds:g} seconds: ask for fewer images"
            raise Refused(504, reason) from None
        finally:
            self.waiting -= 1

    async def _work(self, asked, stage):
        began = time.monotonic()
        for _ in range(_TRIES):
            await self._up.wait()
            process = self._process
            stage["drawing"] = True
            try:
                answer = await process.ask(asked)
                self._recent += 0.1 * (time.monotonic() - began - self._recent)
                return answer
            except BaseException as error:
                # Also where it took too long: what it still answers belongs to nobody.
                self._up.clear()
                with contextlib.suppress(Exception):
                    await asyncio.shield(process.end())
                if not isinstance(error, Lost):
                    raise
                stage["drawing"] = False
        raise Refused(503, "the worker was lost twice at this request: come again later", 5)


def command_of(source, gates=None):
    """The command of a worker for a model; ``gates``: a list of limits as ``--gate`` takes them."""

    told = [] if gates is None else [json.dumps(gates)]
    return [sys.executable, "-m", "prodimg_lib.serve.worker", str(source), *told]
