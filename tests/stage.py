"""Plays a scene to the turn controller alone: perception, mind, mouth and loudspeaker are made up.

All in audio time, frame by frame, with the ten invariants watched at every step.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from agent.clock import FRAME, Samples, samples
from agent.history import History
from agent.turn.controller import decide
from agent.turn.effects import (
    Cut,
    Discard,
    Duck,
    Effect,
    HearAfresh,
    Learn,
    Prepare,
    Resume,
    Start,
)
from agent.turn.events import (
    Cancel,
    Close,
    EndGuess,
    Event,
    Failed,
    Partial,
    Played,
    PlayEnded,
    Say,
    Source,
    SpeechStarted,
    SpeechStopped,
    TalkPressed,
    TalkReleased,
    Tick,
    Typed,
)
from agent.turn.invariants import Ledger, watch
from agent.turn.settings import Settings
from agent.turn.states import Idle, State
from agent.utterance import SpokenWord, Utterance
from tests.scene import Outcome, Scene, Sounding, Word

SURE = samples(60)
"""after so much sound an onset is sure"""
HANGOVER = samples(100)
"""after so much silence an end is sure"""
RECOGNISED = samples(120)
"""so long after its end a word is recognised"""
WORD = samples(250)
SECOND = samples(1000)


@dataclass
class Player:
    """A loudspeaker that plays one utterance, and can be held."""

    utterance: Utterance
    starts_at: Samples
    position: Samples = Samples(0)
    gate: bool = False
    held: bool = False
    sounding: bool = False

    @property
    def length(self) -> Samples:
        return self.utterance.words[-1].end if self.utterance.words else Samples(0)


@dataclass
class Stage:
    """The world around the controller."""

    scene: Scene
    now: Samples = Samples(0)
    state: State = field(default_factory=Idle)
    ledger: Ledger = field(default_factory=Ledger)
    history: History = field(default_factory=History)
    settings: Settings = field(default_factory=Settings)
    players: dict[int, Player] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    intervals: list[tuple[Samples, Samples]] = field(default_factory=list)
    since: Samples = Samples(0)
    echoed: list[Word] = field(default_factory=list)
    started: int = 0
    voice: Source | None = None
    onset: Samples = Samples(0)
    last: Samples = Samples(0)
    told: tuple[str, ...] = ()
    near: list[Sounding] = field(default_factory=list)

    def play(self) -> Outcome:
        """The whole scene."""
        self.play_until(self.scene.until)
        self.tell(Close(self.now))
        self.tell(Close(self.now))
        return Outcome(self.history, self.intervals, dict(self.counts))

    def play_until(self, until: Samples) -> None:
        """The scene as far as `until`."""
        if self.now == 0:
            self.settings = replace(self.settings, **self.scene.rules)  # type: ignore[arg-type]
        while self.now < until:
            self.now = Samples(self.now + FRAME)
            if self.now % SECOND == 0:
                self.near = [
                    s
                    for s in self.scene.sounds
                    if s.start <= self.now + 2 * SECOND and s.end > self.since - SECOND
                ]
            self.perceive()
            self.act()
            self.speak()
            self.tell(Tick(self.now))

    def tell(self, event: Event) -> None:
        before = self.state
        self.state, effects = decide(before, event, self.settings)
        self.ledger = watch(self.ledger, before, event, self.state, effects)
        for effect in effects:
            self.counts[type(effect).__name__] += 1
            self.carry_out(effect)

    def carry_out(self, effect: Effect) -> None:
        generation = getattr(effect, "generation", None)
        player = self.players.get(generation) if generation is not None else None
        self.history = self.history.after(effect, player.utterance if player else None, self.now)
        match effect:
            case HearAfresh(since=since):
                self.since, self.told = since, ()
            case Prepare(generation=number):
                self.players[number] = Player(self.said(number), Samples(self.now + self.scene.think))
            case Start() if player:
                player.gate = True
                self.started += 1
            case Duck() if player:
                player.held = True
            case Resume() if player:
                player.held = False
                player.position = player.utterance.resume_at(player.position)
            case Cut() | Discard() if player:
                player.gate = False
            case Learn(pause=pause):
                self.settings = replace(self.settings, patience=self.settings.patience.after(pause))
        if type(effect).__name__ in ("End", "Discard"):
            self.players.pop(effect.generation, None)  # type: ignore[union-attr]

    def said(self, generation: int) -> Utterance:
        replies = self.scene.replies or [("yes",)]
        words = replies[min(self.started, len(replies) - 1)]
        spoken = (SpokenWord(w, Samples(i * WORD), Samples((i + 1) * WORD)) for i, w in enumerate(words))
        return Utterance(generation).saying(*spoken)

    def speak(self) -> None:
        """Let the loudspeaker play one frame."""
        for generation, player in list(self.players.items()):
            player.sounding = False
            if not player.gate or player.held or self.now < player.starts_at:
                continue
            player.sounding = True
            start = player.position
            player.position = min(Samples(start + FRAME), player.length)
            player.utterance = player.utterance.played(player.position)
            self.sounded()
            words = player.utterance.words
            saying = tuple(w.text for w in words if w.start <= player.position)
            self.echoed += [
                Word(w.text, self.now, self.now) for w in words if start < w.end <= player.position
            ]
            self.tell(Played(self.now, generation, player.position, saying))
            if player.position >= player.length:
                self.tell(PlayEnded(self.now, generation))

    def sounded(self) -> None:
        start = Samples(self.now - FRAME)
        if self.intervals and self.intervals[-1][1] == start:
            self.intervals[-1] = (self.intervals[-1][0], self.now)
        else:
            self.intervals.append((start, self.now))

    def source(self) -> Source | None:
        """Whose sound the microphone's is held to be in this frame."""
        around = {s.source for s in self.near if s.start < self.now <= s.end}
        if self.scene.echo and any(player.sounding for player in self.players.values()):
            around.add("user" if self.scene.echo == "mistaken" else "echo")
        for source in ("user", "echo", "background"):
            if source in around:
                return source  # type: ignore[return-value]
        return None

    def perceive(self) -> None:
        """Voice activity, words and the guess at the end of a turn."""
        source = self.source()
        if source is not None:
            if self.last + HANGOVER < self.now or self.onset == 0:
                self.onset = Samples(self.now - FRAME)
            self.last = self.now
            if source != self.voice and self.now - self.onset >= SURE:
                if self.voice is not None:
                    self.onset = Samples(self.now - FRAME)
                self.voice = source
                self.tell(SpeechStarted(self.now, self.onset, source))
        elif self.voice is not None and self.now - self.last >= HANGOVER:
            self.voice = None
            self.tell(SpeechStopped(self.now, self.last))
            guesses = [s.finished for s in self.near if s.source == "user" and s.end <= self.now]
            self.tell(EndGuess(self.now, guesses[-1] if guesses else 0.5))
        heard, of = self.recognised()
        if heard != self.told:
            self.told = heard
            self.tell(Partial(self.now, heard, self.since, stable=True, source=of))

    def recognised(self) -> tuple[tuple[str, ...], Source]:
        """The words since the transcript began, and whose the last one is."""
        known = Samples(self.now - RECOGNISED)
        found: list[tuple[Samples, str, Source]] = [
            (word.end, word.text, sound.source)
            for sound in self.near
            if sound.end > self.since
            for word in sound.words
            if word.end > self.since and word.end <= known and not self.masked(word, sound.source)
        ]
        if self.scene.echo:
            del self.echoed[:-20]
            back: Source = "user" if self.scene.echo == "mistaken" else "echo"
            echoed = [w for w in self.echoed if self.since < w.end <= known]
            found += [(w.end, w.text, back) for w in echoed if not self.masked(w, "echo")]
        found.sort()
        return tuple(text for _, text, _ in found), found[-1][2] if found else "user"

    def masked(self, word: Word, source: Source) -> bool:
        """Whether the user's voice drowns this word of somebody else's."""
        if source == "user":
            return False
        return any(s.start < word.end and s.end > word.start - WORD for s in self.near if s.source == "user")

    def act(self) -> None:
        """What the scene has the user or the application do."""
        for when, what, words in self.scene.actions:
            if not self.now - FRAME < when <= self.now:
                continue
            generation = max(self.players, default=0)
            events: dict[str, Event] = {
                "say": Say(self.now),
                "cancel": Cancel(self.now),
                "press": TalkPressed(self.now),
                "release": TalkReleased(self.now),
                "fail": Failed(self.now, generation, "the scene wants it"),
                "type": Typed(self.now, words),
            }
            self.tell(events[what])
