"""The worker process: lost, slow, astray, replaced; no request is answered wrongly."""

import asyncio
import os
import signal

from prodimg_lib.serve import engine as engines
from prodimg_lib.serve.source import Watch
from tests.serve.odd import ASTRAY, ENDS, ENDS_ONCE, SLOW


def replace(folder, weights):
    """Put other weights in place, whole."""
    (folder / "new").write_bytes(weights)
    os.replace(folder / "new", folder / "weights")


async def until(true):
    """Wait for what comes, however slow the machine."""
    while not true():
        await asyncio.sleep(0.02)


def test_killed_under_load(during):
    async def test(client, engine, log):
        right = {s: (await client.get("/generate", params={"seed": s})).content for s in range(12)}

        async def ask(seed):
            return seed, await client.get("/generate", params={"seed": seed})

        asked = [asyncio.create_task(ask(seed)) for seed in range(12)]
        for _ in range(2):
            await until(lambda: engine.ready)
            os.kill(engine.pid, signal.SIGKILL)
            await until(lambda: not engine.ready)
        answers = [await task for task in asked]
        assert {answer.status_code for _, answer in answers} <= {200, 503}
        for seed, answer in answers:
            if answer.status_code == 200:
                assert answer.content == right[seed]
            else:
                assert int(answer.headers["retry-after"]) > 0
        await until(lambda: engine.ready)
        assert engine.restarts >= 2
        assert (await client.get("/generate", params={"seed": 3})).content == right[3]

    during(test)


def test_a_request_whose_worker_was_lost_once_is_drawn_again(during):
    async def test(client, engine, log):
        assert (await client.get("/generate", params={"seed": ENDS_ONCE})).status_code == 200
        assert engine.restarts == 1

    during(test)


def test_a_request_that_ends_every_worker_is_refused(during):
    async def test(client, engine, log):
        answer = await client.get("/generate", params={"seed": ENDS})
        assert answer.status_code == 503
        assert "lost twice" in answer.json()["detail"]
        assert (await client.get("/generate", params={"seed": 1})).status_code == 200

    during(test)


def test_an_answer_to_another_request_is_never_passed_on(during):
    async def test(client, engine, log):
        assert (await client.get("/generate", params={"seed": ASTRAY})).status_code == 503

    during(test)


def test_what_takes_too_long_is_ended(during):
    async def test(client, engine, log):
        pid = engine.pid
        answer = await client.get("/generate", params={"seed": SLOW})
        assert answer.status_code == 504
        await until(lambda: engine.ready)
        assert engine.pid != pid
        assert engine.waiting == 0

    during(test, seconds=0.5)


def test_who_waits_for_a_worker_that_starts_is_told_to_come_again(during, folder):
    async def test(client, engine, log):
        (folder / "slow").touch()
        os.kill(engine.pid, signal.SIGKILL)
        await until(lambda: not engine.ready)
        answer = await client.get("/generate", params={"seed": 1})
        assert answer.status_code == 503
        assert answer.json()["detail"] == "a worker is starting: come again later"
        assert int(answer.headers["retry-after"]) > 0

    during(test, seconds=0.5)


def test_a_full_queue_refuses(during):
    async def test(client, engine, log):
        async def ask():
            return await client.get("/generate", params={"seed": SLOW})

        waiting = [asyncio.create_task(ask()) for _ in range(2)]
        await until(lambda: engine.waiting == 2)
        answer = await client.get("/generate")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/health")).status_code == 200  # others are answered meanwhile
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    during(test, waiting=2)


class FolderWatch(Watch):
    """Of the small model, whose folder is no run."""

    def _digest(self):
        with open(self.source, "rb") as file:
            return file.read()


def test_a_model_that_is_replaced_is_taken_up_whole(during, folder, monkeypatch):
    monkeypatch.setattr(engines, "_LOOK", 0.02)

    async def test(client, engine, log):
        old = engine.facts["model"]
        replace(folder, b"two")
        await until(lambda: engine.reloads == 1)
        answer = await client.get("/generate")
        assert answer.headers["x-model"] == engine.facts["model"] != old
        assert (await client.get("/health")).json()["reloads"] == 1
        assert engine.restarts == 0

    during(test, watch=FolderWatch(folder / "weights"))


def test_a_model_that_is_replaced_by_a_damaged_one_stays(during, folder, monkeypatch):
    monkeypatch.setattr(engines, "_LOOK", 0.02)

    async def test(client, engine, log):
        old = engine.facts["model"]
        replace(folder, b"damaged")
        await until(lambda: engine.problem)
        assert (await client.get("/generate")).headers["x-model"] == old
        health = (await client.get("/health")).json()
        assert health["status"] == "degraded"
        assert "the old one stays" in health["problems"][0]
        replace(folder, b"two")
        await until(lambda: engine.reloads == 1)
        assert (await client.get("/health")).json()["status"] == "ok"

    during(test, watch=FolderWatch(folder / "weights"))


def test_a_log_that_cannot_be_written_stops_nothing(during):
    async def test(client, engine, log):
        log.path = log.path / "no" / "folder"
        assert (await client.get("/generate")).status_code == 200
        health = (await client.get("/health")).json()
        assert health["status"] == "degraded"
        assert "cannot write" in health["problems"][0]
        assert health["log_lines_lost"] >= 1

    during(test)
