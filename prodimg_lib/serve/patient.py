"""An HTTP protocol that waits only so long for a caller who dawdles."""

import contextlib
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol


def patient(seconds):
    """A protocol class for ``uvicorn.Config(http=...)``.

    Uvicorn itself waits without end for the rest of a request's head, and for a caller who does not
    take in an answer: both would hold a connection as long as somebody likes.

    Args:
        seconds: that a head may take, and bytes of an answer may stay unconfirmed.
    """

    class Patient(H11Protocol):
        _late = None

        def connection_made(self, transport):
            super().connection_made(transport)
            link = transport.get_extra_info("socket")
            if link is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
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
            super().connection_lost(exc)

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

    return Patient
