"""A service in this process, with an odd worker beside it, or with a small model inside."""

import asyncio
import contextlib
import http.client
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import httpx

from prodimg_lib.serve.app import create_app
from prodimg_lib.serve.engine import Engine
from prodimg_lib.serve.limits import Limits
from prodimg_lib.serve.log import Log
from tests.samples import GUARD


@pytest.fixture
def folder(tmp_path):
    """Of the odd worker's model."""
    place = tmp_path / "model"
    place.mkdir()
    (place / "weights").write_bytes(b"one")
    return place


def serve(test, engine, log, limits):
    """Run ``async test(client, engine, log)`` while the service does."""

    async def all_of_it():
        async with asyncio.timeout(GUARD):
            await engine.start()
            transport = httpx.ASGITransport(create_app(engine, log, limits))
            try:
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://service", timeout=GUARD
                ) as client:
                    await test(client, engine, log)
            finally:
                await engine.stop()

    asyncio.run(all_of_it())


@pytest.fixture
def during(folder, tmp_path):
    """``during(test)``: with the odd worker in a process of its own."""

    def run(test, watch=None, **limits):
        told = Limits(**{"seconds": float(GUARD), "patience": float(GUARD), **limits})
        command = [sys.executable, "-m", "tests.serve.odd", str(folder)]
        serve(test, Engine(command, told, watch), Log(tmp_path / "log.jsonl"), told)

    return run


@pytest.fixture
def answered(tmp_path):
    """``answered(test)``: with the small model, in this process."""
    from prodimg_lib.serve.answers import Answers
    from tests.serve.small import opened

    def run(test, **limits):
        answers = Answers(opened())

        async def nothing():
            pass

        async def ask(asked):
            return answers.answer(asked)

        engine = SimpleNamespace(facts=answers.facts(), ready=True, problem=None, waiting=0)
        vars(engine).update(restarts=0, reloads=0, ask=ask, start=nothing, stop=nothing)
        told = Limits(**{"patience": float(GUARD), **limits})
        serve(test, engine, Log(tmp_path / "log.jsonl"), told)

    return run


_PROGRAM = """
import sys
from prodimg_lib.serve import service
from prodimg_lib.serve.limits import Limits
service.command_of = lambda source, gates: [sys.executable, "-m", "tests.serve.odd", source]
service.Watch = lambda source: None
service.serve(
    sys.argv[1], port=0, limits=Limits(patience=2.0), log=sys.argv[2],
    say=lambda line: print(line, flush=True),
)
"""


@pytest.fixture
def service(folder):
    """(process, address) of a service with the odd worker; ``log``, ``stderr`` beside its model."""
    command = [sys.executable, "-c", _PROGRAM, str(folder), str(folder.parent / "log")]
    with (folder.parent / "stderr").open("wb") as errors:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    line = child.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), line
    port = int(line.split()[0].rpartition(":")[2])
    try:
        yield child, ("127.0.0.1", port)
    finally:
        child.kill()
        child.communicate(timeout=GUARD)


def ask(address, path="/generate"):
    """Status and body."""
    link = http.client.HTTPConnection(*address, timeout=GUARD)
    with contextlib.closing(link):
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
