"""A chat endpoint in the place of the mind: in a talk, in the stages, and on the command line."""

import threading
import time

import pytest
from click.testing import CliRunner

from agent.commands.chat import chat
from agent.networks import SpikingMind
from agent.stages import Stoppable
from models.lm.elsewhere import Elsewhere
from models.lm.endpoint import Endpoint, EndpointError


def mind(port: int, mode: str) -> Elsewhere:
    return Elsewhere(Endpoint(f"http://127.0.0.1:{port}/{mode}", patience_s=25, longest=10**9))


def test_the_endpoint_answers_in_the_talk(port: int) -> None:
    talk = mind(port, "echo").talk()
    assert talk.reply("hello there").text.lower() == "user hello there"
    again = talk.fork().think("and you").text.lower()
    assert again.startswith("user hello there")
    assert again.endswith("user and you")
    assert [who for who, _ in talk.turns] == ["user", "pip"]


def test_danger_is_answered_here(port: int) -> None:
    said = mind(port, "fails").talk().reply("my chest hurts and i can't breathe")
    assert said.source == "danger"
    assert "emergency" in said.text


def test_silence_is_told(port: int) -> None:
    assert mind(port, "good").talk().think("").source == "endpoint"


def test_the_stage_is_told_the_whole_talk_and_can_be_stopped(port: int) -> None:
    stage = SpikingMind(mind(port, "echo"))
    assert isinstance(stage, Stoppable)
    assert "user hi" in stage.reply([], "hi", "reply").lower()
    ending = SpikingMind(mind(port, "endless"))
    threading.Timer(0.5, ending.stop).start()
    begun = time.monotonic()
    ending.reply([], "hi", "reply")
    assert time.monotonic() - begun < 15


def test_a_bad_endpoint_gives_its_one_line(port: int) -> None:
    with pytest.raises(EndpointError, match="out of memory"):
        SpikingMind(mind(port, "fails")).reply([], "hi", "reply")


def test_the_command_refuses_what_is_no_address() -> None:
    result = CliRunner().invoke(chat, ["--text", "--mind", "nowhere"])
    assert result.exit_code == 1
    assert "no address" in result.output
