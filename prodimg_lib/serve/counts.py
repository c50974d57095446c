"""What the service counts, in the text format of Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as TYPE

__all__ = ["TYPE", "Counts"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Counts:
    """The counters of one service, in a registry of its own."""

    def __init__(self):
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        self._requests = Counter(
            "prodimg_requests", "Requests by path and status.", ["path", "status"], **own
        )
        self._images = Counter("prodimg_images", "Images answered, by class.", ["class"], **own)
        self._drawn = Counter("prodimg_drawn", "Images drawn, rejected ones included.", **own)
        self._rejected = Counter(
            "prodimg_rejected", "Draws that each acceptance gate refused.", ["gate"], **own
        )
        self._seconds = Histogram(
            "prodimg_seconds", "From arrival to answer.", ["path"], buckets=_SECONDS, **own
        )
        self._gauges = {
            name: Gauge(f"prodimg_{name}", words, **own)
            for name, words in (
                ("waiting", "Requests that wait or are at work."),
                ("up", "1 where a worker is ready."),
                ("worker_restarts", "Workers started in place of a lost one."),
                ("model_reloads", "Models exchanged because their files changed."),
                ("log_lines_lost", "Lines of the log that could not be written."),
            )
        }

    def add(self, line, known):
        """Count a ``log.Line``; a path that is not ``known`` counts as ``other``."""
        path = line.path if line.path in known else "other"
        self._requests.labels(path, line.status).inc()
        self._seconds.labels(path).observe(line.duration)
        for name, number in line.labels.items():
            self._images.labels(name).inc(number)
        if line.images and not line.labels:
            self._images.labels("").inc(line.images)
        self._drawn.inc(line.drawn)
        for gate, number in line.rejected.items():
            self._rejected.labels(gate).inc(number)

    def text(self, engine, log):
        """The page, bytes."""
        self._gauges["waiting"].set(engine.waiting)
        self._gauges["up"].set(engine.ready)
        self._gauges["worker_restarts"].set(engine.restarts)
        self._gauges["model_reloads"].set(engine.reloads)
        self._gauges["log_lines_lost"].set(log.lost)
        return generate_latest(self.registry)
