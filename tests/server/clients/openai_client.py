"""The `openai` package: say, hear, interrupt, truncate, write, cancel, disconnect.   url, wav → JSON"""

from __future__ import annotations

import asyncio
import base64
import sys
from typing import Any

from openai import AsyncOpenAI
from speech import chunks, pause, report

url, wav = sys.argv[1:]


async def speak(connection: Any) -> None:
    for data in chunks(wav):
        await connection.input_audio_buffer.append(audio=base64.b64encode(data).decode())
        await asyncio.sleep(pause())


async def main() -> None:
    client = AsyncOpenAI(base_url=url, api_key="none is asked for")
    found: dict[str, Any] = {"types": []}

    async with client.realtime.connect(model="spiketalk") as connection:

        async def until(kind: str) -> Any:
            while True:
                event = await asyncio.wait_for(connection.recv(), 120)
                found["types"].append(event.type)
                assert event.type != "error", event
                if event.type == kind:
                    return event

        await connection.session.update(
            session={"type": "realtime", "audio": {"input": {"transcription": {"model": "ears"}}}}
        )
        await until("session.updated")

        speaking = asyncio.create_task(speak(connection))
        found["heard"] = (await until("conversation.item.input_audio_transcription.completed")).transcript
        found["audio"] = len((await until("response.output_audio.delta")).delta)
        await speaking
        interrupting = asyncio.create_task(speak(connection))
        done = (await until("response.done")).response
        found["first"] = done.status
        if done.status == "cancelled":
            found["reason"] = done.status_details.reason
            await connection.conversation.item.truncate(
                item_id=done.output[0].id, content_index=0, audio_end_ms=50
            )
            await until("conversation.item.truncated")
        await interrupting
        await until("response.done")

        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "tell me a story"}],
            }
        )
        await connection.response.create()
        await until("response.output_audio.delta")
        await connection.response.cancel()
        found["last"] = (await until("response.done")).response.status
    report(**found)


asyncio.run(main())
