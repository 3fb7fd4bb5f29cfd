"""Another mind by choice, against a real server in a process of its own that behaves well and badly."""

import json
import threading
import time
import urllib.request

import pytest

from models.lm.endpoint import Endpoint, EndpointError, Stop, speakable


def at(port: int, mode: str, patience_s: float = 20.0, longest: int = 600) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{port}/{mode}", patience_s=patience_s, longest=longest)


def test_a_reply_comes_in_sentences_that_can_be_spoken(port: int) -> None:
    endpoint = at(port, "good")
    assert list(endpoint.pieces([], "hi")) == ["Hello ", "there. ", "It's 3", " o'clock! ", "**Bye**"]
    assert list(endpoint.sentences([], "hi")) == ["Hello there.", "It's three o'clock!", "Bye"]
    assert endpoint.reply([], "hi") == "Hello there. It's three o'clock! Bye"


def test_the_endpoint_is_told_the_talk_as_it_was_heard(port: int) -> None:
    talk = [("user", "hi"), ("pip", "Hello! How —"), ("user", "...")]
    sent = at(port, "echo").messages(talk, "wait")
    assert [m["role"] for m in sent] == ["system", "user", "assistant", "user", "user"]
    assert [m["content"] for m in sent[1:]] == ["hi", "Hello! How —", "...", "wait"]
    assert "user wait" in "".join(at(port, "echo").pieces(talk, "wait"))


def test_the_first_sentence_is_there_before_the_last(port: int) -> None:
    sentences = at(port, "endless", longest=10**9).sentences([], "hi")
    assert next(sentences) == "On and on."
    sentences.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("refuses", "answers 401 no such key"),
        ("page", "sends no chat stream, but '<html>"),
        ("half", "broke off"),
        ("torn", "no chat stream|broke off"),
        ("rubbish", "no chat stream"),
        ("odd", "no chat stream"),
        ("fails", "reports: out of memory"),
        ("mute", "without words"),
        ("hangs", r"silent for 0\.5 s"),
        ("stalls", r"silent for 0\.5 s"),
    ],
)
def test_an_endpoint_that_behaves_badly_gives_one_clear_line(port: int, mode: str, message: str) -> None:
    with pytest.raises(EndpointError, match=message) as raised:
        at(port, mode, patience_s=0.5).reply([], "hi")
    assert "\n" not in str(raised.value)
    assert mode in str(raised.value)


def test_what_came_before_a_break_was_given(port: int) -> None:
    sentences = at(port, "half").sentences([], "hi")
    assert next(sentences) == "So I was."
    with pytest.raises(EndpointError, match="broke off"):
        next(sentences)


def test_nobody_there() -> None:
    with pytest.raises(EndpointError, match="cannot be reached"):
        Endpoint("http://127.0.0.1:9/v1").reply([], "hi")


@pytest.mark.parametrize("url", ["", "localhost:1", "ftp://a/b", "http://", "not an address", "http://[::"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(EndpointError, match="no address"):
        Endpoint(url)


def test_a_reply_can_be_cancelled_while_it_comes(port: int) -> None:
    stop, got = Stop(), []
    for piece in at(port, "endless", longest=10**9).pieces([], "hi", stop):
        got.append(piece)
        if len(got) == 3:
            stop.ask()
    assert 3 <= len(got) <= 5
    for _ in range(100):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/state", timeout=5) as answer:
            if json.load(answer)["stopped"]:
                return
        time.sleep(0.1)
    raise AssertionError("the server goes on sending")


@pytest.mark.parametrize(("mode", "heard"), [("hangs", []), ("stalls", ["One moment. "])])
def test_a_reply_can_be_cancelled_from_another_thread_while_nothing_comes(
    port: int, mode: str, heard: list[str]
) -> None:
    stop = Stop()
    timer = threading.Timer(0.5, stop.ask)
    timer.start()
    begun = time.monotonic()
    assert list(at(port, mode, patience_s=25).pieces([], "hi", stop)) == heard
    assert time.monotonic() - begun < 15
    timer.join()


def test_one_cancelled_before_it_began_says_nothing(port: int) -> None:
    stop = Stop()
    stop.ask()
    assert list(at(port, "endless").pieces([], "hi", stop)) == []
    assert at(port, "good").reply([], "hi", stop) == ""


def test_an_endless_reply_is_cut_to_what_anyone_wants_to_hear(port: int) -> None:
    assert len(at(port, "endless", longest=50).reply([], "hi")) < 80


def test_only_what_can_be_spoken_is_said() -> None:
    assert speakable("* Sure — I'm Anna 😀, 2 of them.") == "Sure, I'm Anna, two of them."
    assert speakable("🎉") == ""
