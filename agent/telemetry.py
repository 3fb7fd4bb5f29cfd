"""Every turn as a trace of OpenTelemetry: one span for the turn, one within it for each piece of work.

Needs the extra "telemetry". Spans lie in wall time, as those of other programs do; audio and processor time,
budget and spikes are their attributes. Work of every single frame is summed up on the turn's span.
"""

from __future__ import annotations

from typing import Any

from agent.budgets import BUDGETS, over
from agent.clock import Samples, seconds
from agent.spans import Span
from agent.trace import Timing, epoch_ns
from agent.turn.effects import CloseTurn, Effect, End, OpenTurn, Start
from agent.turn.events import Event
from agent.turn.states import State

OF_A_FRAME = ("voice activity", "ears", "mouth, going on")


class Telemetry:
    """Hand `watch` and `measure` to a conversation. `tracer` is the global one unless given."""

    def __init__(self, tracer: Any = None) -> None:
        from opentelemetry import trace

        self._api: Any = trace
        self._tracer: Any = tracer or trace.get_tracer("spiketalk")
        self._turn: Any = None
        self._answering: dict[int, Any] = {}
        self._sums: dict[str, Timing] = {}

    @classmethod
    def to_collector(cls) -> Telemetry:
        """Exports over OTLP to where the OTEL_* variables of the environment say."""
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http import (  # type: ignore[import-not-found, unused-ignore]
            trace_exporter,
        )
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(trace_exporter.OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
        return cls(provider.get_tracer("spiketalk"))

    def measure(self, span: Span) -> None:
        """Export one piece of work, within its turn."""
        if span.work in OF_A_FRAME:
            known = self._sums.get(span.work, Timing())
            self._sums[span.work] = known.plus(span.wall_ms, span.compute_ms, span.calls)
            return
        end = epoch_ns()
        parent = self._answering.get(span.generation, self._turn)
        context = self._api.set_span_in_context(parent) if parent is not None else None
        begun = end - round(1e6 * span.wall_ms)
        made = self._tracer.start_span(
            span.work, context=context, start_time=begun, attributes=_attributes(span)
        )
        if over(span.work, span.wall_ms):
            made.add_event("over budget", {"budget_ms": BUDGETS[span.work].limit_ms})
        made.end(end)

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Open and end the spans of turns."""
        for effect in effects:
            match effect:
                case OpenTurn(reopened=False):
                    self._finish(self._turn, after.book.at, "superseded")
                    self._sums = {}
                    onset = {"turn": effect.turn, "onset_s": seconds(effect.onset)}
                    self._turn = self._tracer.start_span("turn", attributes=onset)
                case CloseTurn(outcome=outcome) if outcome != "committed":
                    self._finish(self._turn, after.book.at, outcome)
                    self._turn = None
                case Start(generation=generation, turn=turn):
                    about = {"generation": generation, "why": effect.why}
                    owner = self._turn if turn is not None and self._turn is not None else None
                    self._answering[generation] = owner or self._tracer.start_span(
                        "unasked", attributes=about
                    )
                    self._turn = None if owner is not None else self._turn
                case End(generation=generation, outcome=outcome):
                    span = self._answering.pop(generation, None)
                    if outcome == "withdrawn" and self._turn is None:
                        self._turn = span  # the turn goes on
                    else:
                        self._finish(span, after.book.at, outcome)

    def _finish(self, span: Any, at: Samples, outcome: str) -> None:
        if span is None:
            return
        span.set_attribute("outcome", outcome)
        span.set_attribute("over_s", seconds(at))
        for work, timing in self._sums.items():
            span.set_attribute(f"{work} ms", round(timing.mean_ms, 3))
        span.end()


def _attributes(span: Span) -> dict[str, Any]:
    about: dict[str, Any] = {
        "audio_s": seconds(span.began),
        "compute_ms": round(span.compute_ms, 3),
        "budget_ms": BUDGETS[span.work].limit_ms,
    }
    if span.account is not None and span.account.spent.steps:
        spent = span.account.spent
        about |= {"spikes": spent.spikes, "synaptic_operations": spent.synops, "firing": spent.firing_rate}
    return about
