"""What the user's words over ours mean: an interruption, a "mm-hm", or our own voice coming back."""

from __future__ import annotations

from typing import Literal

from agent.turn.settings import Settings

Verdict = Literal["nothing", "own", "backchannel", "stop", "words"]


def verdict(words: tuple[str, ...], saying: tuple[str, ...], settings: Settings) -> Verdict:
    """What `words` mean while we are `saying` those.

    >>> verdict(("mm-hm",), ("the", "river"), Settings())
    'backchannel'
    >>> verdict(("the", "river"), ("the", "river", "runs"), Settings())
    'own'
    >>> verdict(("wait",), ("the", "river"), Settings()), verdict(("which", "river"), ("hello",), Settings())
    ('stop', 'words')
    """
    if not words:
        return "nothing"
    words = words[own_head(words, saying) :]
    if not words:
        return "own"
    spoken = {word.casefold() for word in saying}
    foreign = [word.casefold() for word in words if word.casefold() not in spoken]
    if any(word in settings.stop_words for word in foreign):
        return "stop"
    if len(words) - len(foreign) >= settings.own_words * len(words):
        return "own"
    if all(word in settings.backchannels for word in foreign):
        return "backchannel"
    return "words"


def own_head(words: tuple[str, ...], saying: tuple[str, ...]) -> int:
    """How many words at the head of a transcript are ours.

    >>> own_head(("the", "river", "which", "river"), ("the", "river", "runs"))
    2
    """
    spoken = {word.casefold() for word in saying}
    foreign = (index for index, word in enumerate(words) if word.casefold() not in spoken)
    return next(foreign, len(words))
