"""What the service takes on at most. Every limit is on unless it is changed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of the service.

    Attributes:
        images: of one request.
        body: bytes of one request's body.
        seconds: from the arrival of a request to its answer, waiting included; then 504, and the
            worker is started again.
        waiting: requests that wait or are at work; one more is refused with 503.
        connections: open at once; one more is refused with 503.
        patience: seconds that a caller may take to send a request, or to take in 64 KiB of an
            answer.
    """

    images: int = 256
    body: int = 16_384
    seconds: float = 30.0
    waiting: int = 32
    connections: int = 512
    patience: float = 10.0
