"""``prodimg serve``: worker, application and HTTP server together, until told to stop."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
import threading

from prodimg_lib.errors import InputError
from prodimg_lib.serve.engine import Engine, command_of
from prodimg_lib.serve.limits import Limits
from prodimg_lib.serve.log import Log
from prodimg_lib.serve.source import Watch

_ADVICE = "the service needs FastAPI and Uvicorn: pip install 'prodimg-lib[serve]'"
_BACKLOG = 2048  # connections that wait to be accepted


def serve(source, host="127.0.0.1", port=8080, *, gates=None, log=None, limits=None, say=print):
    """Serve a model until SIGINT or SIGTERM; what is at work then is finished.

    Args:
        source: a run folder or a shipped name.
        host: address to listen on; port: 0 for one that is free.
        gates: limits of ``acceptance.parse`` as texts, [] for the photographs'; None = no gates.
        log: file that gets a line for each request, see ``log``; None = none.
        limits: ``Limits``.
        say: gets the line that says where it listens.

    Raises:
        InputError: the extra ``serve`` is missing, no such model, an address that cannot be had.
    """
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(f"{_ADVICE} ({error.name} is missing)") from None
    with contextlib.closing(_listen(host, port)) as place:
        asyncio.run(_serve(source, place, gates, log, limits or Limits(), say))


async def _serve(source, place, gates, log, limits, say):
    import uvicorn

    from prodimg_lib.serve.app import create_app
    from prodimg_lib.serve.patient import patient

    engine = Engine(command_of(source, gates), limits, Watch(source))
    await engine.start()

    def connections():
        return len(server.server_state.connections)

    try:
        # Uvicorn has a limit of its own, whose refusal neither says when to come again nor is in
        # the log.
        app = create_app(engine, Log(log), limits, connections)
        config = uvicorn.Config(
            app,
            http=patient(limits.patience, app.state.tell),
            ws="none",
            lifespan="off",
            # What it warns of (no HTTP, an upgrade that is not offered) the log says by request.
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=int(limits.seconds) + 1,
            backlog=_BACKLOG,
        )
        server = uvicorn.Server(config)
        place.listen(_BACKLOG)  # who read that it listens may come at once
        host, port = place.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{port} serves {engine.facts['run']}; Ctrl-C ends it")
        with _heard_once():
            await server.serve([place])
    finally:
        await engine.stop()


@contextlib.contextmanager
def _heard_once():
    """Uvicorn raises the signal that ended it again, before the worker was told: it is not heard
    twice."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where it has no handlers, and neither do we
        return
    ends = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler)


def _listen(host, port):
    """A bound socket.

    Raises:
        InputError: no such address, or one that is taken.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"--port {port}: expected 0 to 65535")
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        if host != "localhost":
            raise InputError(
                f"--host {host}: expected an address, such as 127.0.0.1, or 0.0.0.0 for all"
            ) from None
        host, family = "127.0.0.1", socket.AF_INET
    place = socket.socket(family, socket.SOCK_STREAM)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
    except OSError as error:
        place.close()
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot listen on {host}, port {port}: {reason}; choose another --port"
        ) from None
    return place
