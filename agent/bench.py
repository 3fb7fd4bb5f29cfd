"""The figures of a whole talk, over a folder of recordings whose words and phones are known."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import numpy as np
import soundfile
import soxr

from agent.clock import HEARING_HZ
from agent.messages import TurnEnded
from agent.networks import Networks
from agent.sound.wav import Recording, SoundError
from agent.talk import Turn, talk
from agent.trace import Activity, Timing
from models.asr.errors import edits

_TO_FIRST_SAMPLE = "first sample"


@dataclass(frozen=True, slots=True)
class Held:
    """A recording that no network was trained on: its speaker, its words, and its phones without stress."""

    path: Path
    speaker: str
    text: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A recording, what the ears make of it as a whole, its turns in a talk, and the file with the answers.

    The words of the talk are fewer where a turn was thought to be over too soon.
    """

    held: Held
    whole: TurnEnded
    turns: tuple[Turn, ...]
    answer: Path

    @property
    def heard(self) -> str:
        """All words that were recognised in the talk."""
        return " ".join(turn.text for turn in self.turns if turn.text)

    @property
    def reply(self) -> str:
        """All that was answered."""
        return " ".join(turn.reply for turn in self.turns if turn.reply)

    @property
    def phone_errors(self) -> int:
        """Phones of the whole recording that were missed, made up or taken for others, greedily."""
        return edits(self.whole.phones, self.held.phones)


def held_out(folder: Path) -> list[Held]:
    """The recordings that `folder`/texts.tsv lists, in its order; SoundError where there is no such list."""
    try:
        with open(folder / "texts.tsv", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise SoundError(
            f"{folder} has no list texts.tsv of recordings: name a folder that has one"
        ) from error
    return [Held(folder / r["file"], r["speaker"], r["text"], tuple(r["phones"].split())) for r in rows]


def answer_all(folder: Path, answers: Path, models: Path | None = None) -> list[Answered]:
    """Put each recording of `folder` to the agent, in a talk of its own; its answers go to `answers`."""
    networks = Networks.load(models)
    made = []
    for held in held_out(folder):
        answer = answers / f"{held.path.stem}.wav"
        turns = talk(held.path, answer, lambda: networks)
        with Recording(held.path) as recording:
            whole = networks.ears.transcribe(recording)
        made.append(Answered(held, whole, tuple(turns), answer))
    return made


def words(text: str) -> list[str]:
    """The words of a text, without case and punctuation.

    >>> words("Don't, you see?")
    ["don't", 'you', 'see']
    """
    return re.findall(r"[a-z']+", text.lower())


def read_back(path: Path) -> str:
    """What pocketsphinx's packaged US English model hears in a file."""
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL", samprate=HEARING_HZ)
    sound, rate = soundfile.read(path, dtype="float32")
    pcm = np.clip(soxr.resample(sound, rate, HEARING_HZ) * 32_767, -32_768, 32_767).astype("<i2")
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    return str(best.hypstr) if best else ""


def shared_words(said: str, back: str) -> float:
    """The share of the words said that were read back, each as often as it was said.

    >>> shared_words("the cat and the dog", "the bat and dog")
    0.6
    """
    left, found = words(back), 0
    for word in words(said):
        if word in left:
            left.remove(word)
            found += 1
    return found / max(1, len(words(said)))


def figures(answered: Sequence[Answered], with_reading: bool = True) -> dict[str, object]:
    """Errors, latencies and activity, per file and over all."""
    rows = []
    for one in answered:
        row: dict[str, object] = {
            "file": one.held.path.name,
            "said": one.held.text,
            "heard": one.heard,
            "reply": one.reply,
            "phone_error_rate": round(one.phone_errors / len(one.held.phones), 4),
            "word_error_rate": round(_word_errors(one, one.whole.text) / len(words(one.held.text)), 4),
            "word_error_rate_in_talk": round(_word_errors(one, one.heard) / len(words(one.held.text)), 4),
            "to_first_sample_ms": [round(t.total_ms, 1) for t in _to_first_sample(one)],
        }
        if with_reading and one.reply:
            back = read_back(one.answer)
            row |= {"read_back": back, "words_read_back": round(shared_words(one.reply, back), 4)}
        rows.append(row)
    said = sum(len(one.held.phones) for one in answered)
    spoken = sum(len(words(one.held.text)) for one in answered)
    latencies = [t for one in answered for t in _to_first_sample(one)]
    report: dict[str, object] = {
        "files": rows,
        "phone_error_rate": round(sum(one.phone_errors for one in answered) / said, 4),
        "word_error_rate": round(sum(_word_errors(one, one.whole.text) for one in answered) / spoken, 4),
        "word_error_rate_in_talk": round(sum(_word_errors(one, one.heard) for one in answered) / spoken, 4),
        "to_first_sample_ms": _middle_and_worst([t.total_ms for t in latencies]),
        "to_first_sample_compute_ms": _middle_and_worst([t.compute_ms for t in latencies]),
        "firing_rate": {stage: round(spent.firing_rate, 4) for stage, spent in _activities(answered).items()},
    }
    if with_reading:
        shares = [row["words_read_back"] for row in rows if "words_read_back" in row]
        report["words_read_back"] = round(mean(float(str(share)) for share in shares), 4) if shares else 0.0
    return report


def _word_errors(one: Answered, heard: str) -> int:
    return edits(words(heard), words(one.held.text))


def _to_first_sample(one: Answered) -> list[Timing]:
    return [turn.trace.timings[_TO_FIRST_SAMPLE] for turn in one.turns if turn.reply]


def _middle_and_worst(values: Sequence[float]) -> dict[str, float]:
    return {"median": round(median(values), 1), "worst": round(max(values), 1)} if values else {}


def _activities(answered: Sequence[Answered]) -> dict[str, Activity]:
    """What each stage's networks did over all recordings."""
    sums: dict[str, Activity] = {}
    for one in answered:
        for turn in one.turns:
            for stage, spent in turn.trace.activities.items():
                sums[stage] = sums.get(stage, Activity()) + spent
    return sums
