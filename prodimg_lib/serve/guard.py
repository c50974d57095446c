"""What stands around every request: its limits, its line in the log, an answer whatever happens."""

import asyncio
import json
import secrets
import time

from prodimg_lib.serve.log import Line, moment

# No script, style or picture of another host; nobody frames the page.
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


class _Refused(Exception):  # noqa: N818 (an answer, not an error)
    """``status`` and ``reason`` of a request that no route gets to see."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Guard:
    """ASGI middleware: reads the body first, within its limits, and logs every request.

    Args:
        app: the ASGI application behind it.
        limits: ``Limits``; tell: called with the ``Line`` of each request when it is answered.
        connections: says how many are open.
    """

    def __init__(self, app, limits, tell, connections):
        self.app, self.limits, self.tell, self.connections = app, limits, tell, connections

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, now = time.monotonic(), time.time()
        facts = scope.setdefault("state", {})
        identity = facts["id"] = secrets.token_hex(8)
        facts["line"] = {}  # what the route adds to the line
        status = 0

        async def answer(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {**_HEADERS, "x-request-id": identity}
                given = [(name.encode(), value.encode()) for name, value in own.items()]
                message = {**message, "headers": [*message.get("headers", []), *given]}
            await send(message)

        async def refuse(code, reason):
            facts["line"].setdefault("reason", reason)  # of an error: its own
            body = json.dumps({"detail": reason}).encode()
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            headers.append((b"content-length", str(len(body)).encode()))
            headers += [(b"retry-after", b"1")] if code == 503 else []
            await answer({"type": "http.response.start", "status": code, "headers": headers})
            await answer({"type": "http.response.body", "body": body})

        try:
            if self.connections() > self.limits.connections:
                most = f"more than {self.limits.connections} connections"
                raise _Refused(503, f"{most}: come again later")
            body = await self._body(scope, receive)
            if body is None:
                unreadable = facts.get("unreadable")  # the protocol has answered, see ``patient``
                status = 400 if unreadable else 499
                if unreadable:
                    facts["line"]["reason"] = "a body that cannot be read"
                return
            await self.app(scope, _once(body, receive), answer)
        except _Refused as error:
            await refuse(error.status, error.reason)
        except Exception as error:
            if status:
                raise  # half an answer is there already: only the connection can say so
            facts["line"]["reason"] = f"{type(error).__name__}: {error}"
            await refuse(500, "an error of the service: its log has the reason")
        finally:
            duration = round(time.monotonic() - began, 6)
            path = scope["path"][:100]
            told = {"path": path, "status": status or 499, "duration": duration}
            self.tell(Line(time=moment(now + duration), id=identity, **told, **facts["line"]))

    async def _body(self, scope, receive):
        """The whole body; None where the caller has left."""
        too_large = _Refused(413, f"the body is larger than {self.limits.body} bytes")
        if scope["http_version"] not in ("1.0", "1.1"):  # the preface of HTTP/2
            raise _Refused(400, "HTTP/1.1 is spoken here")
        names = {name for name, _ in scope["headers"]}
        if {b"content-length", b"transfer-encoding"} <= names:
            # Two servers in a row may believe one of them each (RFC 9112, section 6.1).
            raise _Refused(400, "Content-Length and Transfer-Encoding: send one of the two")
        for name, value in scope["headers"]:
            if name == b"content-length" and not 0 <= _whole(value) <= self.limits.body:
                raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.limits.patience):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > self.limits.body:
                        raise too_large
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            slow = f"the body took longer than {self.limits.patience:g} seconds"
            raise _Refused(408, slow) from None


def _once(body, receive):
    """A ``receive`` that has the body in one piece, and after it what comes anyway."""
    given = False

    async def read():
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def _whole(value):
    """A number of bytes; -1 for what is none."""
    return int(value) if value.isdigit() and len(value) < 20 else -1
