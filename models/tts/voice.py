"""Text to speech as it is needed: `Voice.load()`, then `for chunk in voice.speak(text)`.

    text → spoken words → phones → lengths, melody (networks, a step per phone) → frames (network, a step per
    20 ms) → sound

A sentence is prepared when its turn comes and sounds step by step, so the first sound waits for one
sentence's phones only. Chunks are 20 ms at 24 kHz and know which word sounds in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.backends import Backend, backend
from models.backends.counts import Counts
from models.program.graph import Program, ProgramError
from models.tts.context import PHONE_PORTS, STEP_FRAMES, STEP_PORTS, Tokens, phone_tokens, step_tokens
from models.tts.melody import MELODY_PORTS, POINTS, contour, melody_tokens
from models.tts.phonemes import PAUSE, Phone, phones
from models.tts.spectrum import FRAME, PERIODICITY_BANDS, RATE, Floats
from models.tts.stream import clauses
from models.tts.synthesiser import BLOCK, Synthesiser, prepare
from models.tts.words import Spoken, spoken

SHIPPED = Path(__file__).parents[1] / "shipped"
FRAMES_FILE, LENGTHS_FILE = "mouth.safetensors", "mouth_lengths.safetensors"
MELODY_FILE = "mouth_melody.safetensors"
LEAD_FRAMES, END_FRAMES = 4, 14
GAP_FRAMES = 12
LAG_FRAMES = 2  # the synthesiser's own, and what a forced alignment of the sound finds above it
LONGEST_SENTENCE = 32
LONGEST_BLOCK = 400
SLOWEST, FASTEST = 0.25, 1.5
PACE = 0.9
"""The speed that counts as 1, in the speaker's own: a tenth slower, recognisers make a third fewer errors."""
LONGEST_PHONE = 40
LOWEST_HZ, HIGHEST_HZ = 80.0, 420.0
CEPSTRA_FROM = 2 + PERIODICITY_BANDS


@dataclass(frozen=True, slots=True)
class Chunk:
    """20 ms of speech: 480 samples from sample `at` on, in the `word`th word, which began at `word_at`.

    `said` is that word as spoken; between words it is still the last one. Before the first word `word` is −1.
    `counts` is what the frames network fired for it (None in the silence between sentences); `planning` what
    the networks of lengths and melody fired for the sentence that begins here.
    """

    samples: Floats
    at: int
    word: int
    word_at: int
    said: str
    counts: Counts | None
    planning: tuple[Counts, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A sentence ready to sound: step tokens, log F0 (steps, 2), each word's text and first frame, and what
    it cost.
    """

    tokens: np.ndarray
    log_f0: Floats
    words: tuple[tuple[str, int], ...]
    counts: tuple[Counts, ...]


class Voice:
    """A speaking voice. One `speak` at a time per state; the voice itself keeps none between calls."""

    def __init__(
        self,
        frames: Program,
        lengths: Program,
        engine: str | Backend = "events",
        melody: Program | None = None,
    ) -> None:
        """Without `melody` the voice stays on its middle note."""
        self._frames, self._lengths, self._melody = frames, lengths, melody
        self._backend = backend(engine) if isinstance(engine, str) else engine
        about = frames.metadata
        try:
            self._mean = np.array(json.loads(about["mean"]), np.float32)
            self._deviation = np.array(json.loads(about["deviation"]), np.float32)
            self._gain = np.array(json.loads(about["gain"]), np.float32)
            self._range: dict[str, float] = json.loads(melody.metadata["range"]) if melody else {}
        except (KeyError, ValueError) as error:
            raise ProgramError(
                f"{frames.source or frames.name}: not a mouth: {error} is missing or damaged"
            ) from error

    @classmethod
    def load(cls, folder: Path | None = None, engine: str = "events") -> Voice:
        """The shipped voice, or the one in `folder`."""
        place = folder or SHIPPED
        prepare()
        frames, lengths, melody = (
            Program.load(place / name) for name in (FRAMES_FILE, LENGTHS_FILE, MELODY_FILE)
        )
        voice = cls(frames, lengths, engine, melody)
        next(
            voice.speak("Oh."), None
        )  # loads dictionary and compiled kernels, so that the first word need not wait
        return voice

    def speak(self, text: str, speed: float = 1.0) -> Iterator[Chunk]:
        """The speech of `text`, chunk by chunk; nothing where there is nothing to say.

        `speed` 0.25 … 1.5 changes the lengths of sounds, not their pitch; beyond that ValueError.
        """
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed is {speed}; use {SLOWEST} to {FASTEST}")
        return self._speak(sentences(text), speed)

    def speak_along(self, pieces: Iterable[str], speed: float = 1.0) -> Iterator[Chunk]:
        """The speech of a text that is still being written, each clause as soon as it is complete."""
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed is {speed}; use {SLOWEST} to {FASTEST}")
        return self._speak((s for clause in clauses(pieces) for s in sentences(clause)), speed)

    def _speak(self, spoken_sentences: Iterable[list[Spoken]], speed: float) -> Iterator[Chunk]:
        at = word = last_at = 0
        last_said = last_mark = ""
        for sentence in spoken_sentences:
            if at and last_mark != ",":
                for _ in range(round(GAP_FRAMES / STEP_FRAMES / speed)):
                    yield Chunk(np.zeros(BLOCK, np.float32), at, word - 1, last_at, last_said, None)
                    at += BLOCK
            planned = self.plan(sentence, speed * PACE)
            state = self._frames.state()
            synthesiser = Synthesiser()
            starts = [at + FRAME * (frame + LAG_FRAMES) for _, frame in planned.words]
            current, planning = -1, planned.counts
            for tokens, log_f0 in zip(planned.tokens, planned.log_f0, strict=True):
                counts = Counts(self._frames)
                samples = limited(synthesiser.step(self._values(tokens, log_f0, state, counts)))
                while current + 1 < len(starts) and starts[current + 1] < at + BLOCK:
                    current += 1
                    last_at, last_said = starts[current], planned.words[current][0]
                yield Chunk(samples, at, word + current, last_at, last_said, counts, planning)
                at, planning = at + BLOCK, ()
            word += len(planned.words)
            last_mark = sentence[-1].mark

    def plan(self, sentence: Sequence[Spoken], speed: float = 1.0) -> Planned:
        """Phones, their lengths and melody, and the tokens of every step of a sentence."""
        line = phones(sentence)
        words = [s.word for s in sentence]
        tokens = phone_tokens(line, words, sentence[-1].mark or ".")
        counts = tuple(Counts(program) for program in (self._lengths, self._melody) if program)
        lengths = self.lengths(line, tokens, speed, counts[0])
        unhurried = lengths if speed == 1.0 else [max(1, round(n * speed)) for n in lengths]
        melody = melody_tokens(line, words, tokens, unhurried)
        log_f0 = self.melody(melody, lengths, counts[-1])
        first = np.cumsum(lengths) - lengths
        starts = {p.word: int(first[i]) for i, p in reversed(list(enumerate(line))) if p.word >= 0}
        said = tuple((words[w], starts[w]) for w in sorted(starts))
        return Planned(step_tokens(tokens, lengths), in_steps(log_f0), said, counts)

    def lengths(
        self, line: Sequence[Phone], tokens: np.ndarray, speed: float = 1.0, counts: Counts | None = None
    ) -> list[int]:
        """Frames of 10 ms for every phone; what rounding takes from one it gives to the next."""
        state = self._lengths.state()
        found, owed = [], 0.0
        for i, phone in enumerate(line):
            inputs = {name: tokens[i : i + 1, k : k + 1] for k, name in enumerate(PHONE_PORTS)}
            log_length = float(self._backend.step(self._lengths, state, inputs, counts)["out"][0, 0])
            if phone.symbol == PAUSE:
                found.append(LEAD_FRAMES if i == 0 else END_FRAMES)
                continue
            wanted = min(float(np.exp(min(log_length, 5.0))), LONGEST_PHONE) / speed + owed
            found.append(max(1, round(wanted)))
            owed = float(np.clip(wanted - found[-1], -1.0, 1.0))
        return found

    def melody(self, tokens: Tokens, lengths: Sequence[int], counts: Counts | None = None) -> Floats:
        """(frames,) log F0 for melody tokens (phones, 29) and lengths."""
        if self._melody is None:
            return np.full(sum(lengths), self._mean[0], np.float32)
        state = self._melody.state()
        points = np.empty((len(tokens), POINTS), np.float32)
        for i in range(len(tokens)):
            inputs = {name: tokens[i : i + 1, k : k + 1] for k, name in enumerate(MELODY_PORTS)}
            points[i] = self._backend.step(self._melody, state, inputs, counts)["out"][0]
        within = self._range
        log_f0 = contour(points * within["deviation"] * within["gain"] + within["mean"], lengths)
        return np.clip(log_f0, *np.log((LOWEST_HZ, HIGHEST_HZ)))

    def frames(self, tokens: Tokens, log_f0: Floats) -> Floats:
        """(2·steps, 55) acoustic frames for step tokens and log F0, as they go to the synthesiser."""
        state = self._frames.state()
        pairs = zip(tokens, in_steps(log_f0), strict=True)
        return np.concatenate([self._values(row, two, state, None) for row, two in pairs])

    def _values(self, tokens: Tokens, log_f0: Floats, state: object, counts: Counts | None) -> Floats:
        inputs = {name: tokens[None, k : k + 1] for k, name in enumerate(STEP_PORTS)}
        out = self._backend.step(self._frames, state, inputs, counts)["out"]  # type: ignore[arg-type]
        values = np.empty((STEP_FRAMES, len(self._mean)), np.float32)
        scaled = out.reshape(STEP_FRAMES, -1) * self._gain[1:]
        values[:, 0] = log_f0
        values[:, 1:] = scaled * self._deviation[1:] + self._mean[1:]
        values[:, 1] = values[:, 1] > 0.0
        values[:, 2:CEPSTRA_FROM] = np.clip(values[:, 2:CEPSTRA_FROM], -60.0, 0.0)
        return values


def in_steps(log_f0: Floats) -> Floats:
    """(steps, 2) from (frames,), an odd last one said twice."""
    return np.append(log_f0, log_f0[-1:] if len(log_f0) % STEP_FRAMES else []).reshape(-1, STEP_FRAMES)


def limited(samples: Floats) -> Floats:
    """Samples kept within ±1: straight to 0.8, then bent."""
    size = np.abs(samples)
    over = np.maximum(size - 0.8, 0.0)
    return np.where(size <= 0.8, samples, np.sign(samples) * (0.8 + 0.2 * np.tanh(over / 0.2))).astype(
        np.float32
    )


def fade_out(samples: Floats, ms: float = 8.0) -> Floats:
    """The beginning of `samples` led to zero within `ms`, for stopping at any sample without a click."""
    n = min(len(samples), round(RATE * ms / 1000.0))
    return (samples[:n] * (0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, n)))).astype(np.float32)


def blocks(text: str) -> Iterator[str]:
    """Text in pieces that end where a sentence ends, of about `LONGEST_BLOCK` characters, so that long text
    starts soon.
    """
    start = 0
    while start < len(text):
        if len(text) - start <= LONGEST_BLOCK:
            yield text[start:]
            return
        end = re.compile(r"[.!?][\"')\]]*\s|\n").search(
            text, start + LONGEST_BLOCK // 2, start + 3 * LONGEST_BLOCK
        )
        space = text.find(" ", start + LONGEST_BLOCK, start + 3 * LONGEST_BLOCK)
        stop = end.end() if end else space + 1 if space >= 0 else start + 3 * LONGEST_BLOCK
        yield text[start:stop]
        start = stop


def sentences(text: str) -> Iterator[list[Spoken]]:
    """Sentences of spoken words; long ones are cut at a rest, or after `LONGEST_SENTENCE` words."""
    for block in blocks(text):
        sentence: list[Spoken] = []
        for word in spoken(block):
            sentence.append(word)
            full = len(sentence) >= LONGEST_SENTENCE
            if (
                word.mark in (".", "!", "?")
                or full
                or (word.mark and len(sentence) >= LONGEST_SENTENCE * 2 // 3)
            ):
                yield sentence
                sentence = []
        if sentence:
            yield sentence
