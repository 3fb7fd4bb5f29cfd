"""Every choice the turn controller leaves open, with its default; frozen, so that a turn keeps its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.turn.patience import Patience

BACKCHANNELS = frozenset(
    """
    aha ah alright cool exactly good great hm hmm huh interesting mhm mm mmhm mm-hm mmm nice oh ok okay
    really right sure totally true uh-huh uh um wow yeah yep yes yup
    """.split()
)
"""Words that, alone, mean "go on"."""

STOP_WORDS = frozenset({"stop", "wait", "quiet", "enough", "hold", "pause", "shush"})
"""Words that, alone, mean "let me speak"."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The rules of one turn."""

    patience: Patience = field(default_factory=Patience)
    """how long to wait in a pause"""
    speculate: bool = True
    """draft the reply in a pause, before the turn is certain to be over"""
    reply: bool = True
    """answer of one's own accord when a turn is over; else only when asked (`Say`)"""
    words_limit_ms: int = 900
    """a turn without words is noise after this much silence"""
    noise_limit_ms: int = 12_000
    """a sound without words is no turn after this long"""
    release_ms: int = 160
    """after push to talk is let go, wait this long for the last words"""
    reply_limit_ms: int = 5_000
    """a reply that does not sound by then has failed"""
    stall_limit_ms: int = 3_000
    """a reply that stands still for this long has failed"""

    barge_in: bool = True
    """the user can interrupt"""
    commit_after_ms: int = 480
    """a voice that goes on for this long interrupts, words or not"""
    resume_after_ms: int = 260
    """after a sound without words, wait this long for words before going on"""
    backchannel_limit_ms: int = 900
    """so long may "mm-hm" be drawn out before we go on under it"""
    false_alarms: int = 2
    """after so many false alarms in a response, sound alone holds it no more: only words interrupt"""
    own_words: float = 0.6
    """a transcript with this share of the words we are saying is our own echo"""
    backchannels: frozenset[str] = BACKCHANNELS
    stop_words: frozenset[str] = STOP_WORDS

    speak_up: bool = True
    """say something after a long silence"""
    tail_ms: int = 1_500
    """so long after we have spoken, our own words may still come back"""
    silence_ms: int = 12_000
    """the silence after which to speak up; doubled for each time that nobody answered"""
    silence_times: int = 2
    """how often to speak up before waiting quietly"""
    cut_in: bool = True
    """take the turn at the next short pause when the user has talked very long"""
    long_turn_ms: int = 60_000
    cut_in_pause_ms: int = 350
    murmur: bool = True
    """say "mm-hm" at pauses inside a long turn"""
    murmur_after_ms: int = 6_000
    """not before the user has talked for this long, nor sooner after the last one"""
    murmur_pause_ms: int = 240
    murmur_below: float = 0.35
    """only where the user has most probably not finished"""
