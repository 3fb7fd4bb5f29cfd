"""`pipecat-ai`'s OpenAI Realtime service in a pipeline: hear, interrupt, say.   url, wav → JSON"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    ProposedUserStartedSpeakingFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    InputAudioTranscription,
    SessionProperties,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from speech import chunks, pause, report

url, wav = sys.argv[1:]
found: dict[str, Any] = {"audio": 0, "text": "", "heard": "", "interruptions": 0, "errors": []}
sounded, finished = asyncio.Event(), asyncio.Event()


class Watch(FrameProcessor):
    """Notes what passes."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case TTSAudioRawFrame():
                found["audio"] += len(frame.audio)
                sounded.set()
            case TTSTextFrame():
                found["text"] += frame.text
            case TTSStoppedFrame():
                finished.set()
            case ProposedUserStartedSpeakingFrame():
                found["interruptions"] += 1
            case TranscriptionFrame():
                found["heard"] = found["heard"] or frame.text
            case ErrorFrame():
                found["errors"].append(frame.error)
        await self.push_frame(frame, direction)


async def main() -> None:
    transcription = AudioConfiguration(input=AudioInput(transcription=InputAudioTranscription()))
    service = OpenAIRealtimeLLMService(
        api_key="none",
        base_url=url.replace("http", "ws") + "/realtime",
        settings=OpenAIRealtimeLLMService.Settings(session_properties=SessionProperties(audio=transcription)),
    )
    task = PipelineTask(Pipeline([Watch(), service, Watch()]))

    async def speak() -> None:
        for data in chunks(wav, 20):
            await task.queue_frame(InputAudioRawFrame(data, 24_000, 1))
            await asyncio.sleep(pause(20))

    async def talk() -> None:
        context = LLMContext([{"role": "user", "content": "tell me a story please"}])
        await task.queue_frame(LLMContextFrame(context))
        await asyncio.wait_for(sounded.wait(), 120)
        await speak()
        finished.clear()
        await asyncio.wait_for(finished.wait(), 120)
        await task.queue_frame(EndFrame())

    talking = asyncio.create_task(talk())
    await PipelineRunner(handle_sigint=False).run(task)
    await talking
    report(**found)


asyncio.run(main())
