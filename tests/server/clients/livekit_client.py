"""`livekit-agents` and its OpenAI plugin: say, hear, ask, interrupt, write.   url, wav → JSON"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from livekit import rtc
from livekit.plugins import openai
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad
from speech import chunks, pause, report

url, wav = sys.argv[1:]


async def main() -> None:
    patient = ServerVad(
        type="server_vad", silence_duration_ms=1_500, create_response=True, interrupt_response=True
    )
    model = openai.realtime.RealtimeModel(
        base_url=url, api_key="none", model="spiketalk", voice="pip", turn_detection=patient
    )
    session = model.session()
    found: dict[str, Any] = {"events": [], "audio_ms": 0, "said": "", "heard": "", "errors": []}
    generations: asyncio.Queue[Any] = asyncio.Queue()

    def note(name: str) -> Any:
        return lambda *event: found["events"].append(name)

    for name in ("input_speech_started", "input_speech_stopped"):
        session.on(name, note(name))
    session.on("error", lambda event: found["errors"].append(str(event)))
    session.on("generation_created", generations.put_nowait)
    session.on(
        "input_audio_transcription_completed",
        lambda event: found.update(heard=found["heard"] or event.transcript),
    )

    async def length(frames: Any) -> float:
        return sum([1000 * frame.duration async for frame in frames])

    async def listen(generation: Any) -> tuple[str, float]:
        async for message in generation.message_stream:
            sounding = asyncio.create_task(length(message.audio_stream))
            said = "".join([str(part) async for part in message.text_stream])
            ms = await sounding
            return said, ms
        return "", 0.0

    async def speak() -> None:
        for data in chunks(wav):
            session.push_audio(rtc.AudioFrame(data, 24_000, 1, len(data) // 2))
            await asyncio.sleep(pause())

    await speak()
    generation = await asyncio.wait_for(generations.get(), 120)
    found["said"], found["audio_ms"] = await asyncio.wait_for(listen(generation), 120)

    reply = await asyncio.wait_for(session.generate_reply(instructions="Tell me something."), 30)
    listening = asyncio.create_task(listen(reply))
    await asyncio.sleep(pause(600))
    session.interrupt()
    found["cut"], _ = await asyncio.wait_for(listening, 120)

    context = session.chat_ctx.copy()
    context.add_message(role="user", content="what is your name")
    await asyncio.wait_for(session.update_chat_ctx(context), 10)
    found["items"] = [item.role for item in session.chat_ctx.items if item.type == "message"]
    await session.aclose()
    report(**found)


asyncio.run(main())
