"""A turn exported to OpenTelemetry: one trace, its work inside it, in order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from agent.pipeline import Conversation
from agent.telemetry import Telemetry
from tests.room import Room, ScriptedEars, ScriptedMind, ScriptedMouth
from tests.scene import read
from tests.virtual_loop import run

sdk = pytest.importorskip("opentelemetry.sdk.trace")


def test_a_turn_is_a_trace_with_its_work_inside() -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry, scene = Telemetry(provider.get_tracer("test")), read("clean_turn")

    async def live() -> None:
        mind = ScriptedMind(scene, Counter())
        await Conversation(
            Room(scene), ScriptedEars(scene), mind, ScriptedMouth(),
            pace="file", watch=telemetry.watch, measure=telemetry.measure,
        ).converse()  # fmt: skip

    run(live())
    spans: Any = exporter.get_finished_spans()
    (turn,) = [span for span in spans if span.name == "turn"]
    assert turn.attributes["turn"] == 1 and turn.attributes["outcome"] == "heard"
    inside = [span for span in spans if span.parent and span.parent.span_id == turn.context.span_id]
    assert {"ears, last words", "mind", "mouth"} <= {span.name for span in inside}
    assert len({span.context.trace_id for span in inside} | {turn.context.trace_id}) == 1
    assert all(span.attributes["budget_ms"] > 0 and span.start_time <= span.end_time for span in inside)
