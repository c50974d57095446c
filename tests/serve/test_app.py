"""The HTTP interface: what it answers, what it refuses, what it says of itself."""

import asyncio
import base64
import io
import json

import httpx
import numpy as np
import pytest
from PIL import Image

from prodimg_lib import provenance
from prodimg_lib.runs.acceptance import ATTEMPTS, Acceptance
from prodimg_lib.runs.archive import pack
from prodimg_lib.runs.generate import columns_of, grid_of
from prodimg_lib.runs.outputs import origin_of, write_images
from prodimg_lib.runs.requests import draw, wanted
from prodimg_lib.serve.answers import Answers
from prodimg_lib.serve.guard import Guard
from prodimg_lib.serve.limits import Limits
from prodimg_lib.serve.log import read
from tests.serve.small import CLASSES, SmallModel, opened


def written(tmp_path, n, classes, seed):
    """What `prodimg generate` writes for the same request: the folder, and the archive."""
    trained = opened()
    asked = wanted(trained.model, n, classes)
    drawn = draw(trained.model, asked, seed, {})
    origin = origin_of(trained.model, trained.name)
    grid = grid_of(drawn.images, columns_of(trained.model, n, classes, asked))
    facts = {"per_image": {}, "index": drawn.index, "grid": grid, "origin": origin}
    place = tmp_path / "files"
    place.mkdir()
    write_images(place, drawn.images, drawn.labels, CLASSES, seed, **facts)
    archive = io.BytesIO()
    pack(archive, drawn.images, drawn.labels, CLASSES, seed, **facts)
    return place, archive.getvalue()


def test_the_same_bytes_as_files(answered, tmp_path):
    folder, archive = written(tmp_path, 2, [2, 0], 7)

    async def test(client, engine, log):
        asked = {"classes": [CLASSES[2], CLASSES[0]], "n": 2, "seed": 7}
        png = await client.post("/generate", json=asked)
        assert png.content == (folder / "grid.png").read_bytes()
        packed = await client.post("/generate", json={**asked, "format": "zip"})
        assert packed.content == archive
        told = (await client.get("/generate", params={**asked, "format": "json"})).json()
        for i, image in enumerate(told["images"]):
            content = base64.b64decode(image["png"])
            assert content == (folder / f"images/{i}.png").read_bytes()
            assert provenance.read(io.BytesIO(content))["weights"] == engine.facts["model"]
        assert [image["class"] for image in told["images"]] == [CLASSES[2]] * 2 + [CLASSES[0]] * 2
        one = await client.get("/generate", params={"classes": CLASSES[2], "seed": 7})
        assert one.content == (folder / "images/0.png").read_bytes()
        assert Image.open(io.BytesIO(one.content)).size == (8, 8)

    answered(test)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"classes": ["up"]}, "'up' is none of left, right"),
        ({"classes": ["../weights"]}, "is none of"),
        ({"classes": ["left", "left"]}, "given twice"),
        ({"n": 0}, "greater than or equal to 1"),
        ({"n": 10**30}, "less than or equal"),
        ({"n": 1.5}, "integer"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**70}, "less than or equal"),
        ({"seed": False}, "not true or false"),
        ({"n": True}, "not true or false"),
        ({"truncation": True}, "not true or false"),
        ({"steps": 4}, "steps: no option of this model, which takes truncation"),
        ({"truncation": 0}, "greater than or equal to 0.01"),
        ({"accept": True}, "accept: this service was started without gates"),
        ({"format": "exe"}, "'png', 'json' or 'zip'"),
        ({"path": "/etc/passwd"}, "Extra inputs"),
        ([], "Input should be"),
    ],
)
def test_what_there_is_not_is_refused(answered, asked, words):
    async def test(client, engine, log):
        answer = await client.post("/generate", json=asked)
        assert answer.status_code == 422
        said = json.dumps(answer.json(), ensure_ascii=False)
        assert words in said
        assert "--" not in said  # who asks by HTTP knows no options of a command
        assert (await client.get("/generate")).status_code == 200

    answered(test)


def test_gates_that_refuse_all_are_told_of_without_options_of_a_command():
    images = np.zeros((4, 8, 8, 1), np.uint8)
    limits = {"fill": np.full((len(CLASSES), 2), [2.0, 3.0])}  # no image fills its frame twice
    gates = Acceptance(limits, images[0, 0, 0].astype(float))
    asked = {"id": "", "classes": [], "n": 3, "seed": 0, "format": "png", "accept": True}
    header, body = Answers(opened(), gates).answer({**asked, "drawing": {}})
    assert (header["status"], header["accepted"], header["rejected"], body) == (
        422,
        0,
        {"fill": 3 * ATTEMPTS},
        b"",
    )
    assert header["reason"].startswith("0 of 3 images passed the gates in 20 draws each, most ")
    assert "gate fill: ask for fewer" in header["reason"]
    assert "--" not in header["reason"]


def test_more_images_than_a_request_may_have(answered):
    async def test(client, engine, log):
        answer = await client.post("/generate", json={"classes": CLASSES[:2], "n": 200})
        assert answer.status_code == 409
        assert "400 images: at most 256" in answer.json()["detail"]

    answered(test)


def test_an_error_of_the_model_is_said_and_logged(answered, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("secret")

    async def test(client, engine, log):
        monkeypatch.setattr(SmallModel, "decode", fails)
        answer = await client.get("/generate")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "ZeroDivisionError: secret" in read(log.path)[0][0].reason

    answered(test)


def test_bodies_that_are_none(answered):
    async def test(client, engine, log):
        broken = await client.post(
            "/generate", content=b'{"n": 1', headers={"content-type": "application/json"}
        )
        assert broken.status_code == 400
        large = await client.post("/generate", content=b" " * 20_000)
        assert large.status_code == 413

        async def endless():
            while True:
                yield b" " * 1000

        assert (await client.post("/generate", content=endless())).status_code == 413
        lying = {"content-length": "9" * 40}
        assert (await client.post("/generate", content=b"", headers=lying)).status_code == 413
        deep = b'{"n":' + b"[" * 8000 + b"]" * 8000 + b"}"
        headers = {"content-type": "application/json"}
        answer = await client.post("/generate", content=deep, headers=headers)
        assert answer.status_code in (400, 422)
        other = await client.put("/generate")
        assert (other.status_code, other.headers["allow"]) == (405, "GET, POST")
        assert (await client.get("/../../etc/passwd")).status_code == 404

    answered(test)


def test_health_classes_and_metrics(answered):
    async def test(client, engine, log):
        health = (await client.get("/health")).json()
        assert health["status"] == "ok"
        assert health["problems"] == []
        assert health["family"] == "SmallModel"
        assert (await client.get("/classes")).json() == CLASSES
        await client.get("/generate", params={"n": 4})
        await client.get("/nowhere")
        text = (await client.get("/metrics")).text
        assert 'prodimg_requests_total{path="/generate",status="200"} 1.0' in text
        assert 'prodimg_requests_total{path="other",status="404"} 1.0' in text
        assert 'prodimg_images_total{class="left"} 2.0' in text
        assert "prodimg_drawn_total 4.0" in text
        assert "prodimg_up 1.0" in text

    answered(test)


def test_every_request_has_its_line(answered):
    async def test(client, engine, log):
        asked = {"classes": ["right"], "n": 2, "seed": 5, "truncation": 1.5}
        good = await client.get("/generate", params=asked)
        bad = await client.get("/generate", params={"classes": "up"})
        (first, second), damaged = read(log.path)
        assert damaged == 0
        assert first.id == good.headers["x-request-id"]
        assert second.id == bad.headers["x-request-id"]
        assert first.model == engine.facts["model"] == good.headers["x-model"]
        assert (first.classes, first.n, first.seed) == (["right"], 2, 5)
        assert (first.labels, first.images, first.drawn) == ({"right": 2}, 2, 2)
        assert first.drawing == {"truncation": 1.5}
        assert first.duration > 0
        assert (second.status, second.images) == (422, 0)
        assert "none of" in second.reason

    answered(test)


def test_of_a_request_that_too_few_images_pass_the_log_says_what_was_refused(answered):
    """What answers it is tested in tests/runs: here only that its counts reach the log."""

    async def test(client, engine, log):
        counts = {"drawn": 40, "rejected": {"fill": 39}, "accepted": 1}

        async def ask(told):
            return {"status": 422, "reason": "too few", **counts}, b""

        engine.ask = ask
        assert (await client.get("/generate")).status_code == 422
        (line,), _ = read(log.path)
        assert (line.drawn, line.rejected, line.accepted) == (40, {"fill": 39}, 1)

    answered(test)


def test_one_connection_too_many_is_told_when_to_come_again_and_logged():
    lines = []
    guard = Guard(None, Limits(connections=2), lines.append, connections=lambda: 3)

    async def asked():
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get("/health")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {"detail": "more than 2 connections: come again later"}
    (line,) = lines
    assert (line.status, line.path) == (503, "/health")


def test_the_description_names_classes_and_limits(answered):
    async def test(client, engine, log):
        told = (await client.get("/openapi.json")).json()
        asked = told["components"]["schemas"]["Asked"]["properties"]
        assert asked["classes"]["items"]["enum"] == CLASSES
        assert asked["n"]["maximum"] == 256
        assert set(asked) == {"classes", "n", "seed", "format", "truncation"}  # as the model takes
        assert set(told["paths"]) == {"/health", "/classes", "/metrics", "/generate"}

    answered(test)


def test_the_page_asks_no_other_host(answered):
    async def test(client, engine, log):
        for path in ("/", "/page.css", "/page.js"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "//" not in answer.text.replace("// ", "").replace("<!doctype", "")
            assert "default-src 'none'" in answer.headers["content-security-policy"]

    answered(test)
