"""Which recordings pauses are learnt from, and on which the decision about them is judged.

Of a *whole* set every recording is one sentence or phrase, said to its end: what follows its last word is the
end of a turn. LibriSpeech's recordings are not: books were cut where the reader breathed, in mid-sentence as
often as not, and no cue tells those cuts from other pauses (docs/log.md). Its figures stand apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.pauses import Take, take
from models.asr.corpus import held_out, read_shard

LEAST_SPEECH = 8_000
"""samples; what is shorter than half a second holds no pause"""


@dataclass(frozen=True, slots=True)
class PauseSet:
    """One recording in `every` of a shard, from number `first` on; `held`: of speakers never trained on."""

    shard: str
    every: int
    first: int = 0
    whole: bool = True
    held: bool = True

    def recordings(self) -> Iterator[tuple[str, Take]]:
        """Each with its speaker. Raises OSError where the shard is not there."""

        def wanted(number: int, speaker: str) -> bool:
            return number % self.every == self.first and held_out(self.shard, speaker) is self.held

        for one in read_shard(self.shard, wanted=wanted):
            taken = take(one.samples)
            if len(taken.speech) >= LEAST_SPEECH:
                yield one.speaker, taken


JUDGED_ON = (
    PauseSet("cathy", 24, 12),
    PauseSet("speechocean762-test", 20, 10),
    PauseSet("librispeech-train-clean-5", 16, 8, whole=False),
)
LEARNT_FROM = (PauseSet("speechocean762-train", 4, 1, held=False),)
