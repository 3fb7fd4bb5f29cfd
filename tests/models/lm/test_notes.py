# ruff: noqa: E501
"""What the user told in a talk, in many forms, and questions about it."""

import pytest

from models.lm.notes import Notes, introduced, own_name, without_name

NAMES = frozenset({"ana", "tom", "otto", "hugo", "mia"})


def told(*lines: str) -> Notes:
    talk = [turn for line in lines for turn in (("user", line), ("pip", "I see."))]
    return Notes.of(talk, NAMES)


@pytest.mark.parametrize(
    ("telling", "question", "answer"),
    [
        ("my name is ana", "what's my name", "You're Ana, you told me."),
        ("hi i'm tom", "do you still remember my name", "You're Tom, you told me."),
        ("i'm called zebedee", "who am i", "You're Zebedee, you told me."),
        ("i have a dog called otto", "what's my dog's name", "Otto, you said."),
        ("my cat is called mia", "do you remember my cat's name", "Mia, you said."),
        ("i have a little brother named hugo", "what's my brother called", "Hugo, you said."),
        ("my daughter's name is mia", "what was my daughter's name again", "Mia, you said."),
        ("my dog is called otto", "who's otto", "Otto is your dog, you told me."),
        ("my sister ana is coming over", "who is ana", "Ana is your sister, you told me."),
        ("my favorite color is green", "what's my favourite color", "Green, you said."),
        ("the color i like best is dark red", "what color do i like best", "Dark red, you said."),
        ("my favourite food is apple pie", "do you remember my favorite food", "Apple pie, you said."),
        ("my birthday is on the fifth of may", "when's my birthday", "On the fifth of May, you said."),
        ("my exam is tomorrow", "when is my exam", "Tomorrow, you said."),
        ("my son is four", "how old is my son", "Four, you said."),
        ("my car is old and red", "what's my car like", "Old and red, you said."),
        ("i live in a small village", "where do i live", "You live in a small village, you said."),
        ("we moved to norway", "do you know where i live", "You live in Norway, you said."),
        ("i'm from scotland", "where am i from", "You're from Scotland, you told me."),
        ("i'm a nurse", "what's my job", "You're a nurse, you told me."),
        ("i work as a bus driver", "what do i do for a living", "You're a bus driver, you told me."),
        ("i work in a bakery", "where do i work", "You work in a bakery, you said."),
        ("i'm twelve years old", "how old am i", "You're twelve, you told me."),
        ("i like biking", "do you remember what i like", "You like biking, you said."),
        ("i love playing my guitar", "what do i love doing", "You like playing your guitar, you said."),
        ("we're flying to rome on friday", "what are my plans", "You're flying to Rome on Friday, you said."),
        ("i'm visiting my aunt tomorrow", "what am i doing tomorrow", "You're visiting your aunt tomorrow, you said."),
        ("i have three cats", "how many cats do i have", "Three, you said."),
        ("we've got two children", "how many children do we have", "Two, you said."),
        ("the soup is too hot for my tongue", "what did i just say", "You said, the soup is too hot for your tongue."),
    ],
)  # fmt: skip
def test_what_was_told_is_known_three_turns_later(telling: str, question: str, answer: str) -> None:
    between = () if "just say" in question else ("it rained all day", "tell me a joke", "that was funny")
    assert told(telling, *between).answer(question) == answer
    assert told("it rained all day").answer(question) != answer


@pytest.mark.parametrize(
    "question",
    [
        "what's my name", "what's my dog's name", "where do i live", "how old am i", "what's my favorite color", "who's otto",
        "how many cats do i have", "what's the time", "what's your name", "where do you live", "tell me a joke", "how old are you",
    ],
)  # fmt: skip
def test_what_was_not_told_is_not_made_up(question: str) -> None:
    assert told("hello", "it rained all day", "i had soup").answer(question) is None


@pytest.mark.parametrize(
    ("lines", "question", "answer"),
    [
        (("i'm ana", "sorry i'm called mia"), "what's my name", "You're Mia, you told me."),
        (("my favorite color is red", "my favorite color is blue now"), "what's my favorite color", "Blue now, you said."),
        (("i have a dog", "he's called otto"), "what's my dog's name", "Otto, you said."),
        (("i have a dog called otto", "he's five years old"), "how old is my dog", "Five years old, you said."),
        (("i have a dog called otto", "he's five years old"), "how old is otto", "Five years old, you said."),
        (("i've got a horse", "her name is mia"), "what's the horse called", "Mia, you said."),
        (("i have a dog called otto",), "what's his name", "Otto, you said."),
        (("i have a parrot", "her name is mia", "she bites my brother"), "what's her name", "Mia, you said."),
    ],
)  # fmt: skip
def test_the_latest_telling_counts_and_pronouns_mean_the_last_thing(
    lines: tuple[str, ...], question: str, answer: str
) -> None:
    assert told(*lines).answer(question) == answer


def test_a_misheard_name_is_mended() -> None:
    talk = [("user", "my name is tim"), ("pip", "Hello, Tim!"), ("user", "no it's jim")]
    assert Notes.of(talk, NAMES).name == "jim"
    talk = [("user", "my name is tim"), ("pip", "How are you?"), ("user", "no i'm tired")]
    assert Notes.of(talk, NAMES).name == "tim"


@pytest.mark.parametrize("line", ["i'm a bit tired", "i'm in a hurry", "i'm one of them", "i like it", "i live alone", "is my name nice", "i'm a big fan"])  # fmt: skip
def test_other_lines_tell_nothing(line: str) -> None:
    notes = told(line)
    assert (notes.name, notes.names, notes.counts, notes.facts) == ("", {}, {}, {})


def test_a_goodbye_uses_what_was_told() -> None:
    assert told("i'm ana").farewell("Goodbye! Come again.") == "Goodbye, Ana! Come again."
    assert told("hello").farewell("Goodbye!") == "Goodbye!"
    assert told("i'm ana").farewell("Bye, Ana!") == "Bye, Ana!"


def test_names_are_taken_only_where_they_are_given() -> None:
    assert own_name("i'm ana", "", NAMES) == "ana"
    assert own_name("i'm sleepy", "", NAMES) == ""
    assert own_name("xavier", "What should I call you?") == "xavier"
    assert without_name("i'm ana and i like chess", "ana") == "i like chess"
    assert introduced("my dog is called otto").startswith("Otto")
