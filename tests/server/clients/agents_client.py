"""`openai-agents`: say, hear, interrupt, write, disconnect.   url, wav → JSON"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner
from speech import chunks, pause, report

url, wav = sys.argv[1:]
address = url.replace("http", "ws") + "/realtime?model=spiketalk"


async def main() -> None:
    runner = RealtimeRunner(RealtimeAgent(name="guest", instructions="Be kind."))
    session = await runner.run(model_config={"url": address, "api_key": "none"})
    found: dict[str, Any] = {"events": [], "audio": 0, "errors": [], "history": []}
    stop = asyncio.Event()

    async def listen() -> None:
        async for event in session:
            found["events"].append(event.type)
            if event.type == "audio":
                found["audio"] += len(event.audio.data)
            elif event.type == "error":
                found["errors"].append(str(event.error))
            elif event.type == "history_updated":
                found["history"] = [f"{i.role}" for i in event.history if i.type == "message"]
            elif event.type == "audio_end":
                stop.set()

    async with session:
        listening = asyncio.create_task(listen())
        for data in chunks(wav):
            await session.send_audio(data)
            await asyncio.sleep(pause())
        await asyncio.wait_for(stop.wait(), 120)
        stop.clear()
        await session.send_message("how are you today")
        while "audio" not in found["events"][-3:]:
            await asyncio.sleep(0.05)
        await session.interrupt()
        await asyncio.sleep(1)
        listening.cancel()
    report(**found)


asyncio.run(main())
