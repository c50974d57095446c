"""A service in this process, with an odd worker beside it, or with a small model inside."""

import asyncio
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
