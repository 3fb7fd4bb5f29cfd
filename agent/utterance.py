"""What is being said: which word sounds at which sample, and what of it has been heard."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from agent.clock import Samples


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and the samples of the utterance, [start, end), in which it sounds."""

    text: str
    start: Samples
    end: Samples


@dataclass(frozen=True, slots=True)
class Utterance:
    """The words of one response, as far as they have been made into sound, and how far they have been played.

    A word was heard once it has sounded to its end, or to the last `_ENOUGH` of it: nobody misses the rest.
    """

    generation: int
    words: tuple[SpokenWord, ...] = ()
    heard_to: Samples = Samples(0)
    """the furthest sample that has left the loudspeaker at full voice"""
    cut: bool = False

    def __post_init__(self) -> None:
        for before, word in zip(self.words, self.words[1:]):
            if word.start < before.start:
                raise ValueError(f"words must follow each other: {word} starts before {before}")

    def saying(self, *words: SpokenWord) -> Utterance:
        """The utterance with more words at its end.

        >>> u = Utterance(1).saying(SpokenWord("good", Samples(0), Samples(4000)))
        >>> u.text()
        'good'
        """
        return replace(self, words=self.words + words)

    def played(self, position: Samples) -> Utterance:
        """The utterance heard up to `position`; going over a stretch again does not unhear it."""
        return self if position <= self.heard_to else replace(self, heard_to=position)

    def ended(self, cut: bool) -> Utterance:
        """The utterance at its end: said, or cut off."""
        return replace(self, cut=cut)

    def heard(self) -> tuple[str, ...]:
        """The words that were heard.

        >>> u = Utterance(1).saying(SpokenWord("good", Samples(0), Samples(4000)))
        >>> u.played(Samples(1000)).heard(), u.played(Samples(3600)).heard()
        ((), ('good',))
        """
        return tuple(word.text for word in self.words if self.heard_to >= word.start + _enough(word))

    def text(self) -> str:
        """All that was going to be said."""
        return " ".join(word.text for word in self.words)

    def word_at(self, position: Samples) -> SpokenWord | None:
        """The word that sounds at `position`, or the last before it."""
        index = bisect_right([word.start for word in self.words], position)
        return self.words[index - 1] if index else None

    def resume_at(self, position: Samples) -> Samples:
        """Where to go on when the voice was held at `position`: the start of the word that was broken off.

        >>> u = Utterance(1).saying(SpokenWord("good", Samples(0), Samples(4000)))
        >>> u.resume_at(Samples(1500)), u.resume_at(Samples(3900))
        (0, 3900)
        """
        word = self.word_at(position)
        if word is None or position >= word.start + _enough(word):
            return position
        return word.start


def _enough(word: SpokenWord) -> int:
    """How much of a word must have sounded for it to count as heard."""
    return round((word.end - word.start) * _ENOUGH)


_ENOUGH = 0.85
