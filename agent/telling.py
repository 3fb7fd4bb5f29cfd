"""The steps of the turn controller and the spans of the stages, retold as messages, turn by turn.

For whoever shows, measures or writes down a conversation: hand `watch` and `measure` to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.clock import Samples
from agent.history import History
from agent.messages import (
    Held,
    Message,
    PartialWords,
    Replied,
    ReplyEnded,
    TurnDone,
    TurnEnded,
    TurnStarted,
    WentOn,
)
from agent.replying import APOLOGY
from agent.spans import Span
from agent.trace import Trace
from agent.turn.effects import CloseTurn, Discard, Duck, Effect, End, OpenTurn, Resume, Start
from agent.turn.events import Event, Partial, Played
from agent.turn.states import Speaking, State, Thinking, open_turn
from agent.utterance import Utterance

LAST_WORDS = "ears, last words"
EARS = ("voice activity", "ears", LAST_WORDS)
BEFORE_SOUND = ("mind", "mouth")
FIRST_SAMPLE = "first sample"


@dataclass
class _Reply:
    """A reply, drafted or said: its spans, and the last words that it answers."""

    last_words: Span | None
    spans: list[Span] = field(default_factory=list)
    answers: TurnEnded | None = None
    trace: Trace | None = None


class Telling:
    """Tells a conversation's messages as they happen."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._turn = Trace()
        self._last_words: Span | None = None
        self._committed: TurnEnded | None = None
        self._replies: dict[int, _Reply] = {}
        self._shown = ""
        self.utterance: Callable[[int], Utterance | None] = lambda generation: None
        """where to look up what was heard of a reply: the player of the conversation that is told"""

    def measure(self, span: Span) -> None:
        """Note one piece of work."""
        if not span.generation:
            if span.work == LAST_WORDS:
                self._last_words = span
            if span.work in EARS:
                self._turn.took(span.work, span.wall_ms, span.compute_ms, span.calls)
            return
        reply = self._replies.setdefault(span.generation, _Reply(self._last_words))
        if span.work in BEFORE_SOUND:
            reply.spans.append(span)
        if reply.trace is not None:
            _enter(reply.trace, span)

    def watch(self, before: State, event: Event, after: State, effects: tuple[Effect, ...]) -> None:
        """Note one step."""
        at = after.book.at
        for effect in effects:
            self._effect(at, effect)
        if self._committed is not None:  # and not answered
            self._over(at, self._committed)
        turn = open_turn(after)
        if isinstance(event, Partial) and turn is not None and turn.words:
            text = " ".join(turn.words)
            if text != self._shown:
                self._shown = text
                self._tell(PartialWords(at, text))
        if isinstance(event, Played) and isinstance(before, Thinking) and isinstance(after, Speaking):
            self._sounds(at, before)

    def _effect(self, at: Samples, effect: Effect) -> None:
        match effect:
            case OpenTurn(reopened=False, onset=onset):
                self._turn, self._last_words, self._shown = Trace(), None, ""
                self._tell(TurnStarted(onset))
            case CloseTurn(outcome="committed"):
                self._committed = self._words(at, effect)
            case CloseTurn():
                self._over(at, self._words(at, effect))
            case Start(generation=generation):
                self._starts(generation)
            case Duck():
                self._tell(Held(at))
            case Resume():
                self._tell(WentOn(at))
            case Discard(generation=generation):
                self._replies.pop(generation, None)
            case End():
                self._ended(at, effect)

    def _over(self, at: Samples, words: TurnEnded) -> None:
        """A turn without an answer."""
        self._committed = None
        self._tell(words)
        self._tell(TurnDone(at, self._turn))

    def _words(self, at: Samples, effect: CloseTurn) -> TurnEnded:
        """The turn's words, with their times and phones where they are those that the ears placed."""
        text = " ".join(effect.words)
        account = self._last_words.account if self._last_words else None
        if account is not None and isinstance(account.detail, TurnEnded) and account.detail.text == text:
            return TurnEnded(at, text, account.detail.words, account.detail.phones, effect.outcome)
        return TurnEnded(at, text, (), (), effect.outcome)

    def _starts(self, generation: int) -> None:
        reply = self._replies.setdefault(generation, _Reply(self._last_words))
        reply.answers, self._committed = self._committed, None
        # a copy: the turn may be opened again, and answered by another reply
        spent = self._turn if reply.answers else Trace()
        reply.trace = Trace(dict(spent.timings), dict(spent.activities))
        if reply.answers and reply.last_words and reply.last_words.account:
            reply.trace.fired("ears", reply.last_words.account.spent)
        for span in reply.spans:
            _enter(reply.trace, span)

    def _sounds(self, at: Samples, before: Thinking) -> None:
        reply = self._replies[before.response.generation]
        gap = Samples(at - before.book.voice_last) if reply.answers else None
        if reply.trace is not None:
            spans = [*reply.spans, *([reply.last_words] if reply.answers and reply.last_words else [])]
            reply.trace.took(FIRST_SAMPLE, sum(s.wall_ms for s in spans), sum(s.compute_ms for s in spans))
        self._answered(reply)
        text, source = APOLOGY, str(before.response.why)
        for span in reply.spans:
            if span.work == "mind":
                text = span.text
                source = str(span.account.detail) if span.account else source
        self._tell(Replied(at, text, source, gap))

    def _answered(self, reply: _Reply) -> None:
        """Tell what is answered, once: only now will it not be taken back."""
        if reply.answers is not None:
            self._tell(reply.answers)
            reply.answers = None

    def _ended(self, at: Samples, effect: End) -> None:
        reply = self._replies.pop(effect.generation, None)
        if reply is None or effect.outcome == "withdrawn":
            return
        self._answered(reply)
        utterance = self.utterance(effect.generation)
        heard, lasted = "", Samples(0)
        if utterance is not None:
            said = History().agent_said(utterance.ended(cut=effect.outcome != "heard"), at).lines
            heard, lasted = said[0].text() if said else "", utterance.heard_to
        self._tell(ReplyEnded(at, heard, effect.outcome, lasted))
        self._tell(TurnDone(at, reply.trace or Trace()))


def _enter(trace: Trace, span: Span) -> None:
    trace.took(span.work, span.wall_ms, span.compute_ms, span.calls)
    if span.account is not None and span.account.spent.steps:
        trace.fired(span.work.partition(",")[0], span.account.spent)
