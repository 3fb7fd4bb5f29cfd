"""What counts for and against a remembered exchange."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """How much each likeness counts; chosen on openers other than those that replies are judged on."""

    words: float = 0.50
    order: float = 0.25
    meaning: float = 0.15
    same: float = 0.10  # the very same line
    setting: float = 0.25
    opener: float = 0.06
    follow_up: float = 0.10  # taken off a reply from the middle of a talk when ours begins
    thread: float = 0.30  # the remembered talk stood at the very line that Pip said last
    astray: float = (
        0.85  # taken off in the middle of a talk where the setting is another and the line says little
    )
    echo: float = 0.02  # a unit of rarity of a word of the user that the reply takes up
    unsaid: float = 0.07  # a unit of rarity of a thing that only the remembered user had said
    stranger: float = 0.6  # a name that nobody said here
    fact: float = 0.30  # a question about the world that asks for something else
    agreement: float = 0.10
    act: float = 0.12  # a question is not a statement, an order not a question
    uncovered: float = 0.30  # the share of the line, by rarity, that the remembered line does not speak of
    beyond: float = 0.14  # the share of the remembered line, by rarity, that this one does not speak of
    other_way: float = 0.08  # one line speaks to Pip, the other does not
    turned: float = 0.15  # a question about the user, and one about Pip
    strange: float = 0.10  # a word of the reply that goes with what only the remembered user spoke of
    unfinished: float = 0.25  # a remembered line that breaks off where this one goes on
    known_name: float = 0.30  # asking for a name that was given
    gender: float = 0.35  # "she" in a reply where only a man was spoken of, or the other way round
    someone: float = 0.20  # "she" or "he" in a reply to a first line that speaks of nobody; later half of it
    echo_only: float = 0.25  # a reply to a first line that is a question of four words or less
    curt: float = 0.20  # a reply of two words to a line of four or more
    topic: float = 0.40  # a joke or story about something else than was asked for
    repair: float = 0.04  # taken off replies to the line as it was probably meant
