"""A real process on loopback: its start, callers that dawdle or vanish, its end."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

from prodimg_lib.errors import InputError
from prodimg_lib.serve import service as services
from tests.samples import GUARD
from tests.serve.conftest import ask
from tests.serve.odd import MOMENT


def test_a_stop_finishes_what_is_at_work(service, folder):
    child, address = service
    link = http.client.HTTPConnection(*address, timeout=GUARD)
    link.request("GET", f"/generate?seed={MOMENT}")
    while not (folder / "at work").exists():
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)
    answer = link.getresponse()
    assert (answer.status, len(answer.read())) == (200, 32)
    assert child.wait(timeout=GUARD) == 0
    with pytest.raises(ConnectionError):
        ask(address)


def test_callers_that_dawdle_or_vanish(service):
    child, address = service
    right = ask(address)
    slow = []
    for start in (b"", b"GET /generate HTTP/1.1\r\nHost: x\r\nX-", b"\x16\x03\x01garbage\r\n\r\n"):
        link = socket.create_connection(address, timeout=GUARD)
        link.sendall(start)
        slow.append(link)
    body = socket.create_connection(address, timeout=GUARD)
    head = b"POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    body.sendall(head)
    assert ask(address) == right  # nobody waits for them
    for _ in range(10_000):
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=GUARD) as link:
            link.sendall(b"GET /")
    while (answer := ask(address))[0] == 503:  # until it has seen that they are gone
        assert child.poll() is None
    assert answer == right
    assert b" 408 " in body.recv(1000)
    for link in slow:  # closed by the service, without or after an answer
        with contextlib.suppress(ConnectionError):
            while link.recv(1000):
                pass
        link.close()
    assert child.poll() is None
    if os.path.isdir("/proc"):
        assert len(os.listdir(f"/proc/{child.pid}/fd")) < 100  # no connection is left open


def test_what_cannot_be_listened_on():
    with pytest.raises(InputError, match="--port 70000"):
        services.serve("fashion-mnist", port=70000)
    with pytest.raises(InputError, match="--host up: expected an address"):
        services.serve("fashion-mnist", host="up")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port}: .* choose another --port"):
            services.serve("fashion-mnist", port=port)


def test_a_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(InputError, match=r"pip install 'prodimg-lib\[serve\]'"):
        services.serve("fashion-mnist")


def test_a_model_that_there_is_not_ends_with_its_reason():
    command = [sys.executable, "-m", "prodimg_lib.cli", "serve", "no-such-model", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=GUARD)
    assert done.returncode == 2
    assert "no-such-model is neither a run folder nor one of" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bare_command_imports_no_server():
    program = (
        "import sys, prodimg_lib, prodimg_lib.cli\n"
        "print([m for m in ('fastapi', 'uvicorn', 'onnx', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
