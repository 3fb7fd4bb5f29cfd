"""What the server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from agent.spans import Span

BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """One registry a server, so that two in one process do not mix."""

    def __init__(
        self,
        sessions: Callable[[], float],
        most: Callable[[], float],
        cores: Callable[[], float] = lambda: 0.0,
        late_ms: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        here = self.registry
        Gauge("spiketalk_sessions", "Sessions now", registry=here).set_function(sessions)
        Gauge("spiketalk_sessions_most", "Sessions that fit", registry=here).set_function(most)
        Gauge("spiketalk_cores_used", "Processors used lately", registry=here).set_function(cores)
        Gauge("spiketalk_late_ms", "How late the event loop usually is", registry=here).set_function(late_ms)
        self.begun = Counter("spiketalk_sessions_begun", "Sessions begun", registry=here)
        self.refused = Counter(
            "spiketalk_refused", "Connections refused, by reason", ["reason"], registry=here
        )
        self.closed = Counter("spiketalk_closed", "Connections closed, by code", ["code"], registry=here)
        self.received = Counter("spiketalk_client_events", "Client events", registry=here)
        self.errors = Counter("spiketalk_client_errors", "Client events refused", registry=here)
        self.sent = Counter("spiketalk_sent_bytes", "Bytes sent to clients", registry=here)
        self.work = Histogram(
            "spiketalk_work_seconds",
            "Wall time of one piece of work of a stage",
            ["work"],
            buckets=BUCKETS_S,
            registry=here,
        )
        self.together = Histogram(
            "spiketalk_heard_together",
            "Streams in one batch of the ears",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=here,
        )
        self._works: dict[str, Histogram] = {}  # to look a label up costs more than to count
        self.fired = Counter("spiketalk_spikes", "Neurons that fired", ["work"], registry=here)
        self.synops = Counter("spiketalk_synops", "Synaptic operations", ["work"], registry=here)

    def measured(self, span: Span) -> None:
        """A stage did a piece of work."""
        work = self._works.get(span.work)
        if work is None:
            work = self._works[span.work] = self.work.labels(span.work)
        work.observe(span.wall_ms / 1000)
        if span.account is not None:
            self.fired.labels(span.work).inc(span.account.spent.fired)
            self.synops.labels(span.work).inc(span.account.spent.synops)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
