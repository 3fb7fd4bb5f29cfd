"""The three spiking networks as stages of the pipeline, and how sure they are that the user has finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.clock import HEARING_HZ, Samples, samples
from agent.finished import Evidence, judged
from agent.history import Line
from agent.loading import loading
from agent.messages import TurnEnded, Word
from agent.sound.wav import Recording
from agent.spans import Account
from agent.stages import Piece
from agent.trace import Activity, activity
from agent.turn.events import Why

if TYPE_CHECKING:
    from models.asr.recogniser import Partial, Recogniser, Stream, Transcript
    from models.lm.elsewhere import Elsewhere, ElsewhereTalk
    from models.lm.mind import Mind, Reply, Talk
    from models.tts.voice import Voice

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Networks:
    """The three stages."""

    ears: SpikingEars
    mind: SpikingMind
    mouth: SpikingMouth

    @classmethod
    def load(cls, folder: Path | None = None, endpoint: Elsewhere | None = None) -> Networks:
        """The shipped ones, or those in `folder`, warm; an `endpoint` takes the mind's place."""
        mind = SpikingMind(endpoint) if endpoint else SpikingMind.load(folder)
        return cls(SpikingEars.load(folder), mind, SpikingMouth.load(folder))


class SpikingEars:
    """The recogniser."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser

    @classmethod
    def load(cls, folder: Path | None = None) -> SpikingEars:
        """The shipped ears, or those in `folder`, with their kernels compiled."""
        from models.asr.recogniser import Recogniser

        with loading("ears", folder):
            ears = cls(Recogniser.load(folder))
        warm = ears.listen(Samples(0))
        warm.hear([np.zeros(HEARING_HZ // 2, np.float32)])
        warm.so_far()
        judged(Evidence())  # reads its tables, which the first pause would have to wait for
        return ears

    def listen(self, since: Samples) -> SpikingHearing:
        """Begin a transcript."""
        return SpikingHearing(self.recogniser.stream(), since)

    def transcribe(self, recording: Recording) -> TurnEnded:
        """A whole recording taken as one turn."""
        stream = self.recogniser.stream()
        for block in recording.blocks(HEARING_HZ):
            stream.feed(block)
        return placed(stream.finish(), Samples(0), Samples(stream.samples))


class SpikingHearing:
    """One transcript; `so_far` finishes a copy of it."""

    def __init__(self, stream: Stream, since: Samples) -> None:
        self._stream, self._since = stream, since
        self._account: Account | None = None
        self._end_log_p: float | None = None

    def hear(self, frames: Sequence[Floats]) -> str | None:
        """The words so far where they changed."""
        return self._told(self._stream.feed(np.concatenate(list(frames))))

    def due(self) -> int:
        """How many samples are missing to the network's next step."""
        return self._stream.due()

    def _told(self, partials: Sequence[Partial]) -> str | None:
        if not partials:
            return None
        self._end_log_p = partials[-1].end_log_p
        return partials[-1].text

    def end_log_p(self) -> float | None:
        """ln p(a sentence ends after the words so far)."""
        return self._end_log_p

    def so_far(self) -> str:
        """The words as if the sound ended here."""
        ended = self._stream.fork()
        finished = ended.finish(readings=1)
        self._end_log_p = ended.end_log_p()
        until = Samples(self._since + self._stream.samples)
        self._account = Account(activity(finished.counts), placed(finished, self._since, until))
        return finished.text

    def account(self) -> Account | None:
        """What the neurons did in this transcript so far, and its words and phones; after `so_far` only."""
        account, self._account = self._account, None
        return account


def placed(transcript: Transcript, since: Samples, until: Samples) -> TurnEnded:
    """A transcript of the sound from `since` to `until`, in audio time."""
    words = tuple(
        Word(w.text, Samples(since + samples(1000 * w.start_s)), Samples(since + samples(1000 * w.end_s)))
        for w in transcript.words
    )
    return TurnEnded(until, transcript.text, words, tuple(transcript.phones))


def loaded_mind(folder: Path | None = None) -> Mind:
    """The shipped mind, or the one in `folder`, warm; LoadingError where a part is missing or damaged."""
    from models.lm.mind import MEMORY, PROGRAM, SHIPPED, Mind

    with loading("mind", folder):
        for name in (MEMORY, PROGRAM):
            if not ((folder or SHIPPED) / name).is_file():
                raise FileNotFoundError(f"{name} is missing")
        mind = Mind.load(folder)
    mind.talk().think("the dog ate my hat")  # no wish of its own: every part is asked, and made now
    return mind


class SpikingMind:
    """The language model and its memory. It is told the whole talk each time, and reads only what is new."""

    def __init__(self, mind: Mind | Elsewhere, seed: int = 0) -> None:
        self._mind, self._seed = mind, seed
        self._known: Talk | ElsewhereTalk = mind.talk(seed)
        self._thinking: Talk | ElsewhereTalk = self._known
        self._said: Reply | None = None

    @classmethod
    def load(cls, folder: Path | None = None, seed: int = 0) -> SpikingMind:
        """The shipped mind, or the one in `folder`; LoadingError where a part is missing or damaged."""
        mind = loaded_mind(folder)
        return cls(mind, seed)

    def talk(self) -> Talk | ElsewhereTalk:
        """A talk in writing, of which nothing was said yet."""
        return self._mind.talk(self._seed)

    def reply(self, talk: Sequence[Line], words: str, why: Why) -> str:
        """What to say to `words`; an empty line is silence."""
        turns = [("user" if line.speaker == "user" else "pip", line.text()) for line in talk]
        if turns and turns[-1] == ("user", words):
            turns = turns[:-1]
        if self._known.turns != turns[: len(self._known.turns)]:
            self._known = self._mind.talk(self._seed)
        self._known.turns += turns[len(self._known.turns) :]
        self._thinking = self._known.fork()
        self._said = self._thinking.think(words)
        return str(self._said.text)

    def stop(self) -> None:
        """The reply that is being made is no longer wanted: one that comes from elsewhere ends now."""
        if stop := getattr(self._thinking, "stop", None):
            stop()

    def account(self) -> Account | None:
        """What the neurons did for the last reply, and the reply with its source."""
        said = self._said
        if said is None:
            return None
        return Account(activity(said.counts) if said.counts is not None else Activity(), said.source)


class SpikingMouth:
    """The voice."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._spent = Activity()

    @classmethod
    def load(cls, folder: Path | None = None) -> SpikingMouth:
        """The shipped mouth, or the one in `folder`, with its kernels compiled."""
        from models.tts.voice import Voice

        with loading("mouth", folder):
            return cls(Voice.load(folder))

    def speak(self, text: str) -> Iterator[Piece]:
        """The sound of `text`, 20 ms at a time."""
        for chunk in self._voice.speak(text):
            for counts in (*chunk.planning, *(() if chunk.counts is None else (chunk.counts,))):
                self._spent += activity(counts)
            yield chunk

    def account(self) -> Account:
        """What the neurons did since the last account."""
        spent, self._spent = self._spent, Activity()
        return Account(spent)
