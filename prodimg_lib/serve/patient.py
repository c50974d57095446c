"""An HTTP protocol that waits only so long for who dawdles, and tells of what it cannot read."""

import contextlib
import json
import secrets
import socket
import time

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from prodimg_lib.serve.log import Line, moment

_LEAST = 64 * 1024  # bytes of an answer that a caller takes in while its patience lasts
_UNREAD = "no request of HTTP/1.1"


def patient(seconds, tell):
    """A protocol class for ``uvicorn.Config(http=...)``.

    Uvicorn itself waits without end for the rest of a request's head, and for a caller who does not
    take in an answer: both would hold a connection as long as somebody likes. What it cannot read
    never reaches an application, so nothing there could log it.

    Args:
        seconds: that a head may take, and in which 64 KiB of an answer that waits must be taken in.
        tell: called with the ``Line`` of what was no request.
    """

    class Patient(H11Protocol):
        _late = _stuck = None

        def connection_made(self, transport):
            super().connection_made(transport)
            link = transport.get_extra_info("socket")
            if link is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
                # Also for what the system still has to send when the connection is closed here.
                with contextlib.suppress(OSError):
                    option = socket.TCP_USER_TIMEOUT
                    link.setsockopt(socket.IPPROTO_TCP, option, int(1000 * seconds))
            self._expect()

        def data_received(self, data):
            self._expect()
            super().data_received(data)
            if not self._idle():
                self._rest()

        def connection_lost(self, exc):
            self._rest()
            self._taken_in()
            super().connection_lost(exc)

        def pause_writing(self):
            super().pause_writing()
            self._wait_for_caller()

        def resume_writing(self):
            self._taken_in()
            super().resume_writing()

        def send_400_response(self, msg):
            """Answer what is no HTTP as the service answers everything: JSON, and a line."""
            reading = not self._idle()
            if reading:  # a body whose end cannot be read: the line is that of its request
                self.scope["state"]["unreadable"] = True
            if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                self.transport.close()  # there is an answer already, to a caller who went on
                return
            identity = secrets.token_hex(8)
            body = json.dumps({"detail": _UNREAD}).encode()
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
                ("x-content-type-options", "nosniff"),
                ("connection", "close"),
            ]
            if not reading:
                headers.append(("x-request-id", identity))
            for event in (
                h11.Response(status_code=400, headers=headers),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event))
            self.transport.close()
            if not reading:
                now = moment(time.time())
                tell(Line(now, identity, path="", status=400, duration=0.0, reason=_UNREAD))

        def _idle(self):
            """Whether no request is at work."""
            return self.cycle is None or self.cycle.response_complete

        def _expect(self):
            if self._late is None and self._idle():
                self._late = self.loop.call_later(seconds, self._give_up)

        def _rest(self):
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _give_up(self):
            self._late = None
            if self._idle() and not self.transport.is_closing():
                self.transport.close()

        def _wait_for_caller(self):
            waits = self.transport.get_write_buffer_size()
            self._stuck = self.loop.call_later(seconds, self._look_again, waits)

        def _look_again(self, before):
            if self.transport.get_write_buffer_size() > before - _LEAST:
                self._stuck = None
                self.transport.abort()  # to close it would wait for the caller
            else:
                self._wait_for_caller()

        def _taken_in(self):
            if self._stuck is not None:
                self._stuck.cancel()
                self._stuck = None

    return Patient
