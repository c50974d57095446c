"""What comes over the wire and is no request: 4xx, a line in the log, a count, and no crash."""

import asyncio
import contextlib
import json
import socket
import time

import pytest

pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")

import uvicorn

from prodimg_lib.serve.log import read
from prodimg_lib.serve.patient import patient
from tests.samples import GUARD
from tests.serve.conftest import ask
from tests.serve.odd import LARGE

POST = b"POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
UNREAD, BOTH, BODY = (
    "no request of HTTP/1.1",
    "Content-Length and Transfer-Encoding: send one of the two",
    "a body that cannot be read",
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# What is sent, the status, and the reason that its line in the log has.
ODD = {
    "both lengths": (CHUNKED + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400, BOTH),
    "lengths that differ": (
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        400,
        UNREAD,
    ),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400, UNREAD),
    "a length that is none": (POST + b"Content-Length: two\r\n\r\n{}", 400, UNREAD),
    "a length with a sign": (POST + b"Content-Length: +2\r\n\r\n{}", 400, UNREAD),
    "a coding that there is not": (POST + b"Transfer-Encoding: gzip\r\n\r\n{}", 400, UNREAD),
    "a chunk without a size": (CHUNKED + b"\r\nsize\r\n{}\r\n0\r\n\r\n", 400, BODY),
    "a chunk of a negative size": (CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n", 400, BODY),
    "a chunk longer than its size": (CHUNKED + b"\r\n2\r\n{}{}\r\n0\r\n\r\n", 400, BODY),
    "a greeting of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, UNREAD),
    "the preface of HTTP/2": (PREFACE, 400, "HTTP/1.1 is spoken here"),
    "a line that is too long": (b"GET /" + b"a" * 100_000, 400, UNREAD),
    "no version": (b"GET /\r\n\r\n", 400, UNREAD),
    "a space before a colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, UNREAD),
}


def logged(folder, count):
    """The lines of the log, when there are so many: an answer may arrive before its line."""
    for _ in range(100 * GUARD):
        lines, damaged = (
            read(folder.parent / "log") if (folder.parent / "log").exists() else ([], 0)
        )
        if len(lines) >= count:
            break
        time.sleep(0.01)
    assert damaged == 0
    return lines


def sent(address, content):
    """(status, body) of the first answer to these bytes, read until the connection ends."""
    with socket.create_connection(address, timeout=GUARD) as link:
        link.sendall(content)
        parts = []
        with contextlib.suppress(ConnectionError):
            while part := link.recv(10_000):
                parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_what_is_no_request_is_refused_logged_and_counted(service, folder):
    child, address = service
    found = {name: sent(address, content) for name, (content, _, _) in ODD.items()}
    assert {name: status for name, (status, _) in found.items()} == {
        name: status for name, (_, status, _) in ODD.items()
    }
    for _, body in found.values():
        assert list(json.loads(body)) == ["detail"]
    lines = logged(folder, len(ODD))
    assert [(line.status, line.reason) for line in lines] == [
        (status, reason) for _, status, reason in ODD.values()
    ]
    nowhere = sum(reason == UNREAD for _, _, reason in ODD.values())
    assert [line.path for line in lines].count("") == nowhere
    text = ask(address, "/metrics")[1].decode()
    nowhere += 1  # the preface asks for the path *
    assert f'prodimg_requests_total{{path="other",status="400"}} {nowhere:.1f}' in text
    there = len(ODD) - nowhere
    assert f'prodimg_requests_total{{path="/generate",status="400"}} {there:.1f}' in text
    assert child.poll() is None
    assert ask(address)[0] == 200
    assert (folder.parent / "stderr").read_bytes() == b""


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_an_upgrade_that_is_not_offered_is_passed_over_without_a_word(service, folder, protocol):
    _, address = service
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: "
    status, body = sent(
        address, head.replace(b"Upgrade, close", b"close, Upgrade") + protocol + b"\r\n\r\n"
    )
    assert (status, json.loads(body)["status"]) == (200, "ok")
    (line,) = logged(folder, 1)
    assert (line.path, line.status) == ("/health", 200)
    assert (folder.parent / "stderr").read_bytes() == b""


def test_a_body_that_is_refused_may_go_on_and_break(service, folder):
    _, address = service
    with socket.create_connection(address, timeout=GUARD) as link:
        link.sendall(CHUNKED + b"\r\n8000\r\n" + b" " * 0x8000 + b"\r\n")
        assert b" 413 " in link.recv(10_000)
        with contextlib.suppress(ConnectionError):
            link.sendall(b"no size\r\n")
            while link.recv(10_000):
                pass
    assert ask(address)[0] == 200
    assert [line.status for line in logged(folder, 2)] == [413, 200]
    assert (folder.parent / "stderr").read_bytes() == b""


def test_who_reads_nothing_holds_up_nobody(service):
    child, address = service
    with socket.create_connection(address, timeout=GUARD) as link:
        link.sendall(b"GET /generate?seed=%d HTTP/1.1\r\nHost: x\r\n\r\n" % LARGE)
        assert [ask(address)[0] for _ in range(5)] == [200] * 5
    assert child.poll() is None


@pytest.mark.parametrize("reads", [False, True])
def test_a_caller_who_takes_in_nothing_is_let_go(reads, monkeypatch):
    """Whatever the system does for it: not all have a limit of their own."""
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    size = 64 * 2**20

    async def app(scope, receive, send):
        length = [(b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": bytes(size)})

    async def talk():
        kind = patient(0.5, lambda line: None)
        options = {"ws": "none", "lifespan": "off", "log_level": "error"}
        server = uvicorn.Server(uvicorn.Config(app, http=kind, timeout_keep_alive=60, **options))
        with socket.create_server(("127.0.0.1", 0)) as place:
            running = asyncio.create_task(server.serve([place]))
            link, loop = socket.create_connection(place.getsockname()), asyncio.get_running_loop()
            link.setblocking(False)
            await loop.sock_sendall(link, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            seen = 0
            while reads and seen < size:
                seen += len(await loop.sock_recv(link, 2**20))
            while not (reads or server.server_state.connections):
                await asyncio.sleep(0.01)
            while not reads and server.server_state.connections:
                await asyncio.sleep(0.01)
            link.close()
            server.should_exit = True
            await running
        return seen

    async def guarded():
        async with asyncio.timeout(GUARD):
            return await talk()

    assert asyncio.run(guarded()) >= (size if reads else 0)
