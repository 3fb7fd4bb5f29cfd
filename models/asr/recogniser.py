"""Sound to words while it comes: features, the spiking network, the search."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.asr import front
from models.asr.confidence import Judge, judged
from models.asr.decode import Decoder, Hypothesis, Settings, Vocabulary, Word, greedy, log_softmax
from models.asr.features import BANDS, HOP, SAMPLE_RATE, WINDOW, MelStream, RunningMean
from models.asr.lexicon import phone_names
from models.asr.ngram import Words
from models.asr.resample import Inlet
from models.backends.backend import Backend, backend
from models.backends.counts import Counts
from models.program.graph import Program
from models.program.state import State

SHIPPED = Path(__file__).parents[1] / "shipped"
FRAMES_PER_STEP = 4
STEP_SAMPLES = FRAMES_PER_STEP * HOP
PHONES_KEPT_STEPS = 15_000  # ten minutes

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """A word, where it is in the stream in samples at 16 kHz, and how sure that is (0…1)."""

    text: str
    start: int
    end: int
    confidence: float

    @property
    def start_s(self) -> float:
        """Start in seconds."""
        return self.start / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        """End in seconds."""
        return self.end / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Partial:
    """The words so far: the stable ones will not change any more."""

    stable: str
    unstable: str
    end_log_p: float  # ln p(a sentence ends after these words), from the language model

    @property
    def text(self) -> str:
        """All words so far."""
        return f"{self.stable} {self.unstable}".strip()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `caught` is False where it would be better to ask again."""

    text: str
    words: tuple[Heard, ...]
    phones: tuple[str, ...]
    n_best: tuple[str, ...]
    confidence: float
    caught: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was fitted to one network on recordings that it was not trained on."""

    search: Settings = field(default_factory=Settings)
    priors: tuple[float, ...] = ()  # ln p of each label
    delay_ms: float = 120.0  # how long after a phone the network says so
    tail_ms: float = 400.0  # how much quiet to add at the end, for the network to say its last
    judge: Judge = field(default_factory=Judge)

    @classmethod
    def load(cls, path: Path) -> Tuning:
        """From a JSON file; what it leaves out keeps its default."""
        if not path.exists():
            return cls()
        given = json.loads(path.read_text(encoding="utf-8"))
        known = {part.name for part in fields(cls)}
        parts = {name: value for name, value in given.items() if name in known}
        if "search" in parts:
            parts["search"] = Settings(**parts["search"])
        if "judge" in parts:
            parts["judge"] = Judge(**parts["judge"])
        parts["priors"] = tuple(parts.get("priors", ()))
        return cls(**parts)

    def save(self, path: Path) -> None:
        """To a JSON file."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


class Recogniser:
    """A network, a vocabulary and their tuning; makes streams, which share them."""

    def __init__(
        self, program: Program, vocabulary: Vocabulary, tuning: Tuning, runner: Backend | None = None
    ) -> None:
        self.program = program
        self.vocabulary = vocabulary
        self.tuning = tuning
        self.runner = runner or backend("events")
        self.mean = np.array(json.loads(program.metadata["mean"]), np.float32)
        self.deviation = np.array(json.loads(program.metadata["deviation"]), np.float32)
        if self.mean.shape != (BANDS,) or self.deviation.shape != (BANDS,):
            raise ValueError(f"{program.name}: mean and deviation must be {BANDS} numbers each")

    @classmethod
    def load(cls, folder: Path | None = None, expect: Mapping[str, float] | None = None) -> Recogniser:
        """The ears in a folder, the shipped ones without; what the folder lacks beside the network is the
        shipped one's. expect: words to expect → nats."""
        folder = folder or SHIPPED
        words = folder / "words.safetensors"
        tuning = folder / "ears.json"
        front.prepare()
        vocabulary = Vocabulary(Words.load(words if words.exists() else SHIPPED / words.name), expect)
        recogniser = cls(
            Program.load(folder / "ears.safetensors"),
            vocabulary,
            Tuning.load(tuning if tuning.exists() else SHIPPED / tuning.name),
        )
        recogniser.stream().feed(np.zeros(4 * STEP_SAMPLES, np.float32))  # compiled and warm
        return recogniser

    def stream(
        self, rate: int = SAMPLE_RATE, vocabulary: Vocabulary | None = None, keep: bool = False
    ) -> Stream:
        """Begin to listen to one turn of sound; a vocabulary of its own makes it a closed list.

        keep: hold on to what the network said, `Stream.kept`, instead of searching for words.
        """
        return Stream(self, rate, vocabulary or self.vocabulary, keep)

    def feed(self, streams: Sequence[Stream], sounds: Sequence[NDArray[np.generic]]) -> list[list[Partial]]:
        """`Stream.feed` for several different streams of ours: the network steps once for all of them.

        What the neurons did is shared out evenly; everything else is the same as one by one.
        """
        pairs = zip(streams, sounds, strict=True)
        inputs = [stream._steps(stream._inlet.feed(sound)) for stream, sound in pairs]
        partials: list[list[Partial]] = [[] for _ in streams]
        for turn in range(max(map(len, inputs), default=0)):
            ready = [i for i, steps in enumerate(inputs) if turn < len(steps)]
            said = self._step([streams[i] for i in ready], np.stack([inputs[i][turn] for i in ready]))
            for i, log_p in zip(ready, said, strict=True):
                streams[i]._search(log_p)
                if (partial := streams[i]._changed()) is not None:
                    partials[i].append(partial)
        return partials

    def _step(self, streams: Sequence[Stream], mels: Floats) -> NDArray[np.float64]:
        """ln p (streams, 40) after one step of the network."""
        state = State(self.program.layout, np.concatenate([stream._state.memory for stream in streams]))
        counts = Counts(self.program)
        outputs = self.runner.step(self.program, state, {"mels": mels}, counts)
        share, rest = np.divmod(counts.table, len(streams))
        for row, stream in enumerate(streams):
            stream._state.memory[0] = state.memory[row]
            stream.counts.steps += 1
            stream.counts.table += share if row else share + rest
        return log_softmax(outputs[self.program.outputs[0]])


class Stream:
    """One turn being heard."""

    def __init__(self, recogniser: Recogniser, rate: int, vocabulary: Vocabulary, keep: bool) -> None:
        self._recogniser = recogniser
        self._inlet = Inlet(rate)
        self._mels = MelStream()
        self._mean = RunningMean(recogniser.mean, recogniser.deviation)
        self._waiting: Floats = np.zeros((0, BANDS), np.float32)
        self._quietest: Floats | None = None
        self._state = recogniser.program.state(1)
        self._output = recogniser.program.outputs[0]
        tuning = recogniser.tuning
        priors = np.array(tuning.priors, np.float32) if tuning.priors else None
        self._decoder = Decoder(vocabulary, tuning.search, priors)
        self._labels: list[int] = []
        self._shown = ""
        self._shape = (-1, -1)
        self._keep = keep
        self.kept: list[Floats] = []  # ln p (40,) of each step
        self.samples = 0  # heard, at 16 kHz
        self.counts = Counts(recogniser.program)

    def feed(self, samples: NDArray[np.generic]) -> list[Partial]:
        """Hear some more; the words so far, once for each time that they changed."""
        partials = []
        for step in self._steps(self._inlet.feed(samples)):
            self._hear(step)
            if (partial := self._changed()) is not None:
                partials.append(partial)
        return partials

    def due(self) -> int:
        """How many samples at 16 kHz are missing to the network's next step; fewer bring nothing new."""
        frames = FRAMES_PER_STEP - len(self._waiting)
        return max(0, WINDOW + (frames - 1) * HOP - self._mels.held)

    def _changed(self) -> Partial | None:
        """The words so far, where the last step changed them."""
        shape = self._decoder.shape()
        if shape == self._shape:
            return None
        self._shape = shape
        sure, open_words = self._decoder.partial()
        stable, unstable = _joined(sure), _joined(open_words)
        if f"{stable}|{unstable}" == self._shown:
            return None
        self._shown = f"{stable}|{unstable}"
        return Partial(stable, unstable, self._decoder.end_log_p())

    def end_log_p(self) -> float:
        """ln p(a sentence ends after the words so far); after `finish`, after the last word."""
        return self._decoder.end_log_p()

    def fork(self) -> Stream:
        """An independent stream that has heard the same, at 16 kHz only."""
        other = copy(self)
        other._inlet, other._mels, other._mean = self._inlet.fork(), copy(self._mels), self._mean.fork()
        other._state, other._decoder = self._state.fork(), self._decoder.fork()
        other._labels, other.kept = self._labels.copy(), self.kept.copy()
        other.counts = self.counts.fork()
        return other

    def finish(self, readings: int | None = None) -> Transcript:
        """What was said, now that nothing follows.

        readings: compare so many for the n-best list and for how sure the words are; 1 is fastest, and the
        words are the same.
        """
        for step in self._steps(self._inlet.finish()):
            self._hear(step)
        for step in self._tail():
            self._hear(step)
        hypotheses = self._decoder.best(readings or self._recogniser.tuning.judge.n_best)
        return self._transcript(hypotheses)

    def _steps(self, samples: Floats) -> list[Floats]:
        """The network inputs (320,) that these samples complete."""
        self.samples += len(samples)
        mels = self._mels.feed(samples)
        if len(mels):
            quiet = mels[mels.mean(1).argmin()]
            if self._quietest is None or quiet.mean() < self._quietest.mean():
                self._quietest = quiet
        return self._grouped(mels)

    def _grouped(self, mels: Floats) -> list[Floats]:
        if not len(mels):
            return []
        self._waiting = np.concatenate([self._waiting, self._mean.feed(mels)])
        ready = len(self._waiting) // FRAMES_PER_STEP
        inputs = self._waiting[: ready * FRAMES_PER_STEP].reshape(ready, FRAMES_PER_STEP * BANDS)
        self._waiting = self._waiting[ready * FRAMES_PER_STEP :]
        return list(inputs)

    def _tail(self) -> list[Floats]:
        """Quiet as it was heard here, for the network to finish in."""
        if self._quietest is None:
            return []
        frames = int(self._recogniser.tuning.tail_ms / 10)
        frames += -(frames + len(self._waiting)) % FRAMES_PER_STEP
        return self._grouped(np.repeat(self._quietest[None], frames, axis=0))

    def _hear(self, step: Floats) -> None:
        runner, program = self._recogniser.runner, self._recogniser.program
        outputs = runner.step(program, self._state, {"mels": step[None]}, self.counts)
        self._search(log_softmax(outputs[self._output][0]))

    def _search(self, log_p: NDArray[np.float64]) -> None:
        """Go on with what the network said in a step, ln p (40,)."""
        self._labels.append(int(log_p.argmax()))
        del self._labels[:-PHONES_KEPT_STEPS]
        if self._keep:
            self.kept.append(log_p.astype(np.float32))
        else:
            self._decoder.step(log_p)

    def _transcript(self, hypotheses: list[Hypothesis]) -> Transcript:
        judge = self._recogniser.tuning.judge
        words = judged(hypotheses, judge)
        heard = self._placed(words)
        sure = float(np.mean([word.confidence for word in heard])) if heard else 1.0
        return Transcript(
            text=_joined(words),
            words=heard,
            phones=tuple(phone_names(greedy(np.eye(40, dtype=np.float32)[self._labels]))),
            n_best=tuple(hypothesis.text for hypothesis in hypotheses[: judge.shown]),
            confidence=sure,
            caught=sure >= judge.ask_again_below,
            counts=self.counts,
        )

    def _placed(self, words: tuple[Word, ...]) -> tuple[Heard, ...]:
        """The words in samples; one that would reach into the next ends where that begins."""
        delay = int(self._recogniser.tuning.delay_ms * SAMPLE_RATE / 1000)
        starts = [min(self.samples, max(0, word.since * STEP_SAMPLES - delay)) for word in words]
        placed = []
        limits = [*starts[1:], self.samples][: len(words)]
        for word, start, limit in zip(words, starts, limits, strict=True):
            end = max((word.until + 2) * STEP_SAMPLES - delay, start + STEP_SAMPLES)
            placed.append(Heard(word.text, start, max(start, min(end, limit)), word.confidence))
        return tuple(placed)


def _joined(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)
