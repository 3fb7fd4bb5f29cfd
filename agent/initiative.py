"""When to speak unasked: after a silence, into a very long turn, "mm-hm" at pauses; each with a switch."""

from __future__ import annotations

from agent.clock import Samples, samples
from agent.turn.settings import Settings


def breaks_silence(quiet: Samples, spoken_up: int, settings: Settings) -> bool:
    """Whether to say something after `quiet` of silence, having done so `spoken_up` times without an answer.

    The wait doubles each time, and after `silence_times` times there is no more.

    >>> rules = Settings(silence_ms=10_000, silence_times=2)
    >>> breaks_silence(samples(10_000), 0, rules), breaks_silence(samples(10_000), 1, rules)
    (True, False)
    """
    if not settings.speak_up or spoken_up >= settings.silence_times:
        return False
    return quiet >= samples(settings.silence_ms * 2**spoken_up)


def cuts_in(talked: Samples, pause: Samples, settings: Settings) -> bool:
    """Whether to take the turn in a `pause` from somebody who has `talked` for so long.

    >>> cuts_in(samples(61_000), samples(400), Settings()), cuts_in(samples(5_000), samples(400), Settings())
    (True, False)
    """
    return (
        settings.cut_in
        and talked >= samples(settings.long_turn_ms)
        and pause >= samples(settings.cut_in_pause_ms)
    )


def murmurs(talked: Samples, pause: Samples, finished: float, settings: Settings) -> bool:
    """Whether to say "mm-hm" in a `pause`, `talked` after the turn's onset or the last "mm-hm".

    >>> murmurs(samples(8_000), samples(250), 0.1, Settings())
    True
    """
    return (
        settings.murmur
        and talked >= samples(settings.murmur_after_ms)
        and pause >= samples(settings.murmur_pause_ms)
        and finished < settings.murmur_below
    )
