"""Ten held-out recordings, from sound to spoken answer, through the shipped networks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import soundfile
import soxr

from agent.conversation import Conversation
from agent.ears import Ears
from agent.mind import Mind
from agent.mouth import Mouth
from agent.talk import Turn, talk
from tests.recordings import Held, edits, held_out

MOST_PHONE_ERRORS = 0.35
LEAST_WORDS_READ_BACK = 0.40
MOST_COMPUTE_MS = 150.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A recording, its turns, and where the answer is."""

    held: Held
    turns: list[Turn]
    answer: Path

    @property
    def phones(self) -> list[str]:
        return [phone for turn in self.turns for phone in turn.phones]

    @property
    def reply(self) -> str:
        return " ".join(turn.reply for turn in self.turns)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[Answered]:
    folder = tmp_path_factory.mktemp("answers")
    ears, mind, mouth = Ears.load(), Mind.load(), Mouth.load()
    made = []
    for held in held_out():
        answer = folder / f"{held.path.stem}.wav"
        made.append(Answered(held, talk(held.path, answer, lambda: Conversation(ears, mind, mouth)), answer))
    return made


def test_ten_recordings_are_there() -> None:
    assert len(held_out()) == 10
    assert len({held.speaker for held in held_out()}) == 4


def test_phone_errors(answered: list[Answered], capsys: pytest.CaptureFixture[str]) -> None:
    wrong = said = 0
    lines = []
    for one in answered:
        mistakes = edits(one.phones, one.held.phones)
        wrong, said = wrong + mistakes, said + len(one.held.phones)
        lines.append(f"{mistakes / len(one.held.phones):6.1%}  {one.held.path.stem:28} {one.held.text}")
        lines.append(f"        heard: {' / '.join(turn.text for turn in one.turns)}")
        lines.append(f"        reply: {one.reply}")
    with capsys.disabled():
        print("\nphone errors, greedy:", *lines, f"{wrong / said:6.1%}  over all", sep="\n")
    assert wrong / said <= MOST_PHONE_ERRORS


def test_each_recording_is_understood_as_words_and_gets_a_reply(answered: list[Answered]) -> None:
    for one in answered:
        assert any(turn.text for turn in one.turns), one.held.path.name
        assert one.reply, one.held.path.name
        for turn in one.turns:
            for word in turn.words:
                assert turn.started <= word.start <= word.end <= turn.ended, (one.held.path.name, word)


def test_the_first_sample_comes_soon_after_the_turns_end(answered: list[Answered]) -> None:
    took = [
        turn.trace.timings["end of turn to first sample"].total_ms
        for one in answered
        for turn in one.turns
        if turn.reply
    ]
    assert median(took) <= MOST_COMPUTE_MS, took


def test_every_stage_fired(answered: list[Answered]) -> None:
    for one in answered:
        for turn in one.turns:
            if turn.reply:
                for stage in ("ears", "mouth"):
                    assert 0 < turn.trace.activities[stage].firing_rate < 0.5, (one.held.path.name, stage)


def test_the_answer_sounds_like_its_words(
    answered: list[Answered], capsys: pytest.CaptureFixture[str]
) -> None:
    shares, lines = [], []
    for one in answered:
        said, back = words(one.reply), words(read_back(one.answer))
        shared = sum(word in back for word in said) / len(said)
        shares.append(shared)
        lines.append(f"{shared:6.1%}  {one.reply}  →  {' '.join(back)}")
    with capsys.disabled():
        print("\nwords read back:", *lines, f"{np.mean(shares):6.1%}  on average", sep="\n")
    assert np.mean(shares) >= LEAST_WORDS_READ_BACK


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def read_back(path: Path) -> str:
    """What pocketsphinx's packaged US English model hears in a file."""
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL", samprate=16_000)
    sound, rate = soundfile.read(path, dtype="float32")
    pcm = np.clip(soxr.resample(sound, rate, 16_000) * 32_767, -32_768, 32_767).astype("<i2")
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    return best.hypstr if best else ""
