"""The history holds what was said and heard, and nothing else."""

from __future__ import annotations

from agent.clock import Samples
from agent.history import History
from agent.turn.effects import CloseTurn, End, OpenTurn
from agent.utterance import SpokenWord, Utterance

NOW = Samples(0)


def said(*texts: str, generation: int = 1, played: int) -> Utterance:
    words = (SpokenWord(t, Samples(100 * i), Samples(100 * (i + 1))) for i, t in enumerate(texts))
    return Utterance(generation).saying(*words).played(Samples(played))


def texts(history: History) -> list[str]:
    return [f"{line.speaker}: {line.text()}" for line in history.messages()]


def test_a_cut_answer_keeps_only_the_heard_words_and_the_mark() -> None:
    history = History().after(CloseTurn(1, "committed", ("hello",)), None, NOW)
    history = history.after(End(1, "cut"), said("good", "day", "to", "you", played=210), NOW)
    assert texts(history) == ["user: hello", "agent: good day —"]


def test_an_answer_cut_after_its_last_word_is_whole() -> None:
    history = History().after(End(1, "cut"), said("good", "day", played=199), NOW)
    assert texts(history) == ["agent: good day"]


def test_an_unheard_answer_leaves_no_line_and_the_user_s_lines_become_one() -> None:
    history = History().after(CloseTurn(1, "committed", ("tell", "me")), None, NOW)
    history = history.after(End(1, "cut"), said("good", played=10), NOW)
    history = history.after(CloseTurn(2, "committed", ("about", "it")), None, NOW)
    assert texts(history) == ["user: tell me about it"]


def test_a_turn_opened_again_is_not_said_twice() -> None:
    history = History().after(CloseTurn(1, "committed", ("tell",)), None, NOW)
    history = history.after(OpenTurn(1, NOW, reopened=True), None, NOW)
    assert texts(history) == []
    history = history.after(CloseTurn(1, "committed", ("tell", "me")), None, NOW)
    assert texts(history) == ["user: tell me"]


def test_noise_and_mm_hm_are_not_said() -> None:
    history = History().after(CloseTurn(1, "noise", ()), None, NOW)
    assert texts(history.after(CloseTurn(2, "backchannel", ("mm-hm",)), None, NOW)) == []


def test_it_does_not_grow_for_ever() -> None:
    history = History(most=10)
    for number in range(100):
        history = history.after(CloseTurn(number, "committed", (str(number),)), None, NOW)
    assert len(history.lines) == 10
    assert history.lines[-1].words == ("99",)
