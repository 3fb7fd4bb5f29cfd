"""The loudspeaker: gapless, never louder than it should be, silent soon, and back at a word."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import SPEAKING_HZ
from agent.player import BEHIND, FADE, FRAME_SAID, Player
from tests.room import WORD, Said, ScriptedMouth


def loaded(text: str = "a river is water", started: bool = True) -> Player:
    player = Player()
    player.prepare(1)
    for piece in ScriptedMouth().speak(text):
        player.add(1, piece)
    player.complete(1)
    if started:
        player.start(1)
    return player


def played(player: Player, frames: int) -> np.ndarray:
    return np.concatenate([player.frame()[0] for _ in range(frames)])


def test_what_is_made_is_what_sounds() -> None:
    made = np.concatenate([piece.samples for piece in ScriptedMouth().speak("a river is water")])
    out = played(loaded(), len(made) // FRAME_SAID)
    assert np.allclose(out[FADE:], made[FADE:])


def test_nothing_sounds_before_the_gate_opens() -> None:
    player = loaded(started=False)
    assert not played(player, 10).any()
    player.start(1)
    assert played(player, 10).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 45))
def test_a_held_voice_is_silent_within_30_ms_and_goes_on_at_a_word(frames: int) -> None:
    player = loaded()
    played(player, frames)
    player.hold(1)
    out = played(player, 5)
    assert not out[FADE:].any()
    reply = player.replies[1]
    assert reply.position == frames * FRAME_SAID
    player.resume(1)
    assert reply.position <= frames * FRAME_SAID
    assert reply.position in (frames * FRAME_SAID, *range(0, 4 * WORD, WORD))


def test_words_are_known_as_they_are_made() -> None:
    utterance = loaded().utterance(1)
    assert utterance is not None
    assert [word.text for word in utterance.words] == ["a", "river", "is", "water"]
    assert [word.start for word in utterance.words] == [0, 4_000, 8_000, 12_000]
    assert utterance.words[-1].end == 16_000


def test_a_dropped_reply_takes_no_more_and_leaves_nothing() -> None:
    player = loaded()
    played(player, 5)
    player.drop(1)
    player.drop(1)
    player.add(1, Said(np.ones(480, np.float32), 0, 0, 0, "late"))
    assert player.utterance(1) is None
    assert not played(player, 10)[FADE:].any()


def test_a_long_reply_is_not_kept() -> None:
    player = Player()
    player.prepare(1)
    player.start(1)
    for number in range(2_000):
        start = number * FRAME_SAID
        player.add(1, Said(np.full(FRAME_SAID, 0.1, np.float32), start, number // 25, start, "word"))
        player.frame()
    kept = sum(len(sound) for _, sound in player.replies[1].pieces)
    assert kept <= BEHIND + 3 * FRAME_SAID
    assert player.replies[1].position == 2_000 * FRAME_SAID


def test_a_murmur_is_mixed_under_and_clipped() -> None:
    player = loaded()
    player.murmur(np.ones(SPEAKING_HZ // 10, np.float32))
    out = played(player, 5)
    assert np.abs(out).max() <= 1
    assert out.mean() > 0.2
