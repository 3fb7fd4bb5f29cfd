"""What leaves the loudspeaker, sample by sample: one reply at a time, held, resumed and cut without a click.

Sound is at 24 kHz. Positions told to others are on the audio clock's scale, 16 kHz.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME_MS, HEARING_HZ, SPEAKING_HZ, Samples, silence
from agent.stages import Piece
from agent.utterance import SpokenWord, Utterance

Floats = NDArray[np.float32]

FRAME_SAID = SPEAKING_HZ * FRAME_MS // 1000
FADE = SPEAKING_HZ * 20 // 1000
"""the length of a fade: long enough not to click, short enough to be silence at once"""
AHEAD = SPEAKING_HZ * 2
"""so much sound may wait to be played before the mouth must wait"""
BEHIND = SPEAKING_HZ * 4
"""so much sound is kept to go back to the start of a word"""
MURMUR_GAIN = 0.5


def on_clock(position: int) -> Samples:
    """A position at 24 kHz on the clock's scale."""
    return Samples(position * HEARING_HZ // SPEAKING_HZ)


@dataclass
class Reply:
    """One reply's sound as far as it was made."""

    utterance: Utterance
    pieces: deque[tuple[int, Floats]] = field(default_factory=deque)
    made: int = 0
    position: int = 0
    complete: bool = False
    started: bool = False
    held: bool = False
    gain: float = 0.0

    def add(self, piece: Piece) -> None:
        """Take the next piece, and the word that begins in it."""
        self.pieces.append((self.made, piece.samples))
        self.made += len(piece.samples)
        known = len(self.utterance.words)
        end = on_clock(self.made)
        if known and piece.word < known:
            last = replace(self.utterance.words[-1], end=end)
            self.utterance = replace(self.utterance, words=(*self.utterance.words[:-1], last))
        elif piece.word >= known:
            words = self.utterance.words
            if known:
                words = (*words[:-1], replace(words[-1], end=on_clock(piece.word_at)))
            word = SpokenWord(piece.said, on_clock(piece.word_at), end)
            self.utterance = replace(self.utterance, words=(*words, word))

    def read(self, count: int) -> Floats:
        """Up to `count` samples from the position on, which moves behind them."""
        out = silence(count)
        filled = 0
        for start, sound in self.pieces:
            first = self.position + filled - start
            if first < 0 or first >= len(sound):
                continue
            part = sound[first : first + count - filled]
            out[filled : filled + len(part)] = part
            filled += len(part)
            if filled == count:
                break
        self.position += filled
        while self.pieces and self.pieces[0][0] + len(self.pieces[0][1]) < self.position - BEHIND:
            self.pieces.popleft()
        return out[:filled]


class Player:
    """The loudspeaker's next 20 ms, whenever they are asked for."""

    def __init__(self) -> None:
        self.replies: dict[int, Reply] = {}
        self._fading = np.zeros(0, np.float32)
        self._murmur = np.zeros(0, np.float32)

    def prepare(self, generation: int) -> None:
        """Make room for a reply."""
        self.replies[generation] = Reply(Utterance(generation))

    def wants(self, generation: int) -> bool:
        """Whether there is room for more of this reply's sound."""
        reply = self.replies.get(generation)
        return reply is not None and reply.made - reply.position < AHEAD

    def add(self, generation: int, piece: Piece) -> None:
        """More sound; dropped where the reply is no longer wanted."""
        if generation in self.replies:
            self.replies[generation].add(piece)

    def complete(self, generation: int) -> None:
        """The reply has been made to its end."""
        if generation in self.replies:
            self.replies[generation].complete = True

    def start(self, generation: int) -> None:
        """Open the gate."""
        self.replies[generation].started = True

    def hold(self, generation: int) -> None:
        """Fade out, and stay where the fade began."""
        reply = self.replies[generation]
        if not reply.held:
            self._fade_out(reply)
            reply.held = True

    def resume(self, generation: int) -> None:
        """Go on from the start of the word that was broken off."""
        reply = self.replies[generation]
        back = reply.utterance.resume_at(on_clock(reply.position))
        if back < on_clock(reply.position):
            reply.position = -(-back * SPEAKING_HZ // HEARING_HZ)
        reply.held = False

    def drop(self, generation: int) -> None:
        """Fade out and forget the reply; one that is not there is forgotten already."""
        reply = self.replies.pop(generation, None)
        if reply and not reply.held:
            self._fade_out(reply)

    def murmur(self, sound: Floats) -> None:
        """Mix a short sound under everything else."""
        self._murmur = np.concatenate((self._murmur, MURMUR_GAIN * sound))

    def utterance(self, generation: int) -> Utterance | None:
        """What a reply says, and how much of it was heard."""
        reply = self.replies.get(generation)
        return reply.utterance if reply else None

    def frame(self) -> tuple[Floats, Reply | None]:
        """The next 20 ms, and the reply that sounds in them."""
        out = silence(FRAME_SAID)
        self._fading = _mix(out, self._fading)
        self._murmur = _mix(out, self._murmur)
        for reply in self.replies.values():
            if reply.started and not reply.held:
                return self._play(reply, out), reply
        return out, None

    def _play(self, reply: Reply, out: Floats) -> Floats:
        sound = reply.read(FRAME_SAID)
        reply.utterance = reply.utterance.played(on_clock(reply.position))
        gains = np.minimum(reply.gain + np.arange(1, len(sound) + 1, dtype=np.float32) / FADE, 1)
        out[: len(sound)] += sound * gains
        if len(sound):
            reply.gain = float(gains[-1])
        return np.clip(out, -1, 1)

    def _fade_out(self, reply: Reply) -> None:
        if not reply.started or reply.gain == 0.0:
            return
        at = reply.position
        sound = reply.read(FADE)
        reply.position = at
        fall = np.linspace(reply.gain, 0, FADE, dtype=np.float32)[: len(sound)]
        self._fading = sound * fall
        reply.gain = 0.0


def _mix(out: Floats, waiting: Floats) -> Floats:
    """Add the head of what waits to `out`; gives the rest."""
    head = waiting[: len(out)]
    out[: len(head)] += head
    return waiting[len(out) :]
