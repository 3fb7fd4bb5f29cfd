"""What clients are told, event by event. Each test reads as a conversation."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from server.protocol.answer import WHY
from server.protocol.configuration import Configuration
from server.protocol.items import MOST_ITEMS
from tests.server.dialogue import Dialogue

ANSWER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio.delta",
    "response.output_audio_transcript.delta",
]
END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]
TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


def some_audio(ms: int = 500) -> str:
    return base64.b64encode(np.zeros(24 * ms, "<i2").tobytes()).decode()


def without_repeats(types: list[str]) -> list[str]:
    """Each type once, where it first came."""
    return list(dict.fromkeys(types))


def test_a_turn_and_its_answer() -> None:
    talk = Dialogue()
    talk.user_speaks("what is a river")
    talk.wait(600)
    talk.agent_says("it runs to the sea")
    assert without_repeats(talk.types()) == list(dict.fromkeys([*TURN, *ANSWER, *END]))
    assert talk.last("response.done")["response"]["status"] == "completed"
    assert talk.last("response.output_audio_transcript.done")["transcript"] == "it runs to the sea"
    assert talk.lines() == ["user: what is a river", "agent: it runs to the sea"]


def test_items_follow_each_other() -> None:
    talk = Dialogue()
    talk.user_speaks("hello")
    talk.wait(600)
    talk.agent_says("hello to you")
    added = [e for e in talk.sent if e["type"] == "conversation.item.added"]
    assert [e["previous_item_id"] for e in added] == [None, added[0]["item"]["id"]]
    assert [e["item"]["role"] for e in added] == ["user", "assistant"]


def test_the_transcript_comes_when_it_is_asked_for() -> None:
    silent, told = Dialogue(), Dialogue()
    told.client("session.update", session={"audio": {"input": {"transcription": {"model": "ears"}}}})
    for talk in (silent, told):
        talk.user_speaks("good morning")
        talk.wait(600)
        talk.agent_says("good morning")
    kind = "conversation.item.input_audio_transcription.completed"
    assert kind not in silent.types()
    assert told.last(kind)["transcript"] == "good morning"
    assert told.last(kind)["item_id"] == told.last("input_audio_buffer.committed")["item_id"]


def test_words_come_with_the_time_at_which_they_sound() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one two three")
    deltas = [e for e in talk.sent if e["type"] == "response.output_audio_transcript.delta"]
    assert [e["delta"] for e in deltas] == ["one", " two", " three"]
    assert [e["start_time"] for e in deltas] == [0.0, 0.3, 0.6]


def test_all_the_sound_arrives_once() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one two three")
    sound = b"".join(
        base64.b64decode(e["delta"]) for e in talk.sent if e["type"] == "response.output_audio.delta"
    )
    assert len(sound) == 2 * 24 * 900


def test_an_interruption_stops_the_answer_and_history_keeps_what_was_heard() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("let me tell you a long story", ms=950)
    talk.user_speaks("no wait", ms=600)
    talk.wait(600)
    talk.agent_says("all right")
    kinds = talk.types()
    assert kinds.index("input_audio_buffer.speech_started") < kinds.index("response.done")
    first = next(e for e in talk.sent if e["type"] == "response.done")["response"]
    assert (first["status"], first["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert first["output"][0]["content"][0]["transcript"] == "let me tell"
    assert talk.lines() == ["agent: let me tell —", "user: no wait", "agent: all right"]


def test_a_cough_is_never_told_and_the_answer_goes_on() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("let me tell you", ms=500)
    talk.user_coughs()
    talk.agent_says("let me tell you")
    assert "input_audio_buffer.speech_started" not in talk.types()
    assert talk.last("response.done")["response"]["status"] == "completed"


def test_an_answer_nobody_heard_yet_is_taken_back_without_a_word() -> None:
    talk = Dialogue()
    talk.user_speaks("i would like")
    talk.wait(560)
    talk.user_speaks("i would like some tea")
    talk.wait(600)
    talk.agent_says("here you are")
    assert talk.types().count("response.created") == 1
    assert talk.types().count("input_audio_buffer.committed") == 1
    assert talk.lines() == ["user: i would like some tea", "agent: here you are"]


def test_written_words_are_answered_when_asked() -> None:
    talk = Dialogue()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "how are you"}]}
    created = talk.client("conversation.item.create", item=item)
    assert [e["type"] for e in created] == ["conversation.item.added", "conversation.item.done"]
    assert talk.lines() == ["user: how are you"]
    answer = talk.client("response.create", response={"metadata": {"client_event_id": "mine"}})
    assert [e["type"] for e in answer] == ["response.created"]
    assert answer[0]["response"]["metadata"] == {"client_event_id": "mine"}
    talk.agent_says("very well")
    assert talk.lines() == ["user: how are you", "agent: very well"]


def test_an_answer_in_writing_has_no_sound() -> None:
    talk = Dialogue(Configuration(output_modalities=("text",)))
    talk.client("response.create")
    from agent.turn.events import PlayEnded
    from agent.turn.states import active_response
    from agent.utterance import SpokenWord, Utterance

    response = active_response(talk.state)
    assert response is not None
    words = tuple(SpokenWord(word, talk.now, talk.now) for word in ("Fine,", "thanks."))
    talk._utterances[response.generation] = Utterance(response.generation, words, talk.now)
    talk.tell(PlayEnded(talk.now, response.generation))
    assert "response.output_audio.delta" not in talk.types()
    assert talk.last("response.output_text.done")["text"] == "Fine, thanks."
    assert talk.last("response.done")["response"]["output"][0]["content"] == [
        {"type": "output_text", "text": "Fine, thanks."}
    ]


def test_cancel_stops_it_and_a_second_cancel_is_refused() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("this will take a while", ms=400)
    talk.client("response.cancel", event_id="c1")
    done = talk.last("response.done")["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    assert done["usage"]["output_token_details"]["audio_tokens"] == 8
    refused = talk.client("response.cancel", event_id="c2")[0]["error"]
    assert (refused["code"], refused["event_id"]) == ("response_cancel_not_active", "c2")


def test_there_is_one_response_at_a_time() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one moment", ms=200)
    refused = talk.client("response.create", event_id="again")[0]["error"]
    assert (refused["code"], refused["event_id"]) == ("conversation_already_has_active_response", "again")


def test_truncate_cuts_what_was_said_to_what_was_heard() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one two three four")
    item_id = talk.last("response.output_item.done")["item"]["id"]
    cut = talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=650)
    assert cut == [
        {"type": "conversation.item.truncated", "item_id": item_id, "content_index": 0, "audio_end_ms": 650}
    ]
    assert talk.lines() == ["agent: one two —"]
    shown = talk.client("conversation.item.retrieve", item_id=item_id)[0]["item"]
    assert shown["content"][0]["transcript"] == "one two"


def test_truncate_while_it_sounds_counts_when_it_ends() -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one two three four", ms=800)
    item_id = talk.last("response.output_item.added")["item"]["id"]
    talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=350)
    talk.client("response.cancel")
    assert talk.lines() == ["agent: one —"]


@pytest.mark.parametrize("end_ms", [-1, 5_000])
def test_truncate_beyond_the_sound_is_refused(end_ms: int) -> None:
    talk = Dialogue()
    talk.client("response.create")
    talk.agent_says("one two")
    item_id = talk.last("response.output_item.done")["item"]["id"]
    out = talk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=end_ms)
    assert out[0]["error"]["param"] == "audio_end_ms"
    assert talk.lines() == ["agent: one two"]


def test_push_to_talk_is_answered_when_asked() -> None:
    talk = Dialogue()
    talk.client("session.update", session={"audio": {"input": {"turn_detection": None}}})
    talk.client("input_audio_buffer.append", audio=some_audio())
    out = [e["type"] for e in talk.client("input_audio_buffer.commit")]
    assert out == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    talk.client("response.create")
    talk.tell_words("what time is it")
    talk.wait(500)
    talk.agent_says("time for tea")
    assert talk.lines() == ["user: what time is it", "agent: time for tea"]
    assert "input_audio_buffer.speech_started" not in talk.types()


def test_push_to_talk_without_words_is_answered_all_the_same() -> None:
    talk = Dialogue()
    talk.client("session.update", session={"audio": {"input": {"turn_detection": None}}})
    talk.client("input_audio_buffer.append", audio=some_audio())
    talk.client("input_audio_buffer.commit")
    talk.client("response.create")
    talk.wait(1_000)
    talk.agent_says("i did not hear you")
    assert talk.last("response.done")["response"]["status"] == "completed"


@pytest.mark.parametrize("manual", [True, False])
def test_committing_nothing_is_refused(manual: bool) -> None:
    talk = Dialogue()
    if manual:
        talk.client("session.update", session={"audio": {"input": {"turn_detection": None}}})
        talk.client("input_audio_buffer.append", audio=some_audio())
        talk.client("input_audio_buffer.clear")
    assert talk.client("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"


def test_without_create_response_turns_are_told_but_not_answered() -> None:
    talk = Dialogue()
    turns = {"type": "server_vad", "create_response": False}
    talk.client("session.update", session={"audio": {"input": {"turn_detection": turns}}})
    talk.user_speaks("are you there")
    talk.wait(3_000)
    assert talk.types() == ["session.updated", *TURN]
    talk.client("response.create")
    talk.agent_says("here i am")
    assert talk.lines() == ["user: are you there", "agent: here i am"]


def test_items_can_be_put_anywhere_and_taken_out() -> None:
    talk = Dialogue()

    def say(name: str, **where: Any) -> None:
        content = [{"type": "input_text", "text": name}]
        item = {"id": name, "type": "message", "role": "user", "content": content}
        talk.client("conversation.item.create", item=item, **where)

    say("second")
    say("third", previous_item_id="second")
    say("first", previous_item_id="root")
    assert talk.lines() == ["user: first second third"]
    talk.client("conversation.item.delete", item_id="second")
    assert talk.lines() == ["user: first third"]
    assert talk.client("conversation.item.retrieve", item_id="second")[0]["error"]["code"] == (
        "item_retrieve_invalid_item_id"
    )


def test_a_conversation_holds_so_many_items() -> None:
    talk = Dialogue()
    item = {"type": "message", "role": "system", "content": []}
    for _ in range(MOST_ITEMS):
        assert "error" not in talk.client("conversation.item.create", item=item)[0]
    assert talk.client("conversation.item.create", item=item)[0]["error"]["code"] == "limit_exceeded"


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"audio": {"output": {"speed": 9}}}, "session.audio.output.speed"),
        ({"output_modalities": ["video"]}, "session.output_modalities"),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "session.audio.input.format.rate",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "psychic"}}}},
            "session.audio.input.turn_detection.type",
        ),
        ({"type": "transcription"}, "session.type"),
    ],
)
def test_settings_that_make_no_sense_are_refused_whole(session: dict[str, Any], param: str) -> None:
    talk = Dialogue()
    before = talk.session.configuration
    out = talk.client("session.update", session={**session, "instructions": "be kind"})
    assert out[0]["error"]["param"] == param
    assert talk.session.configuration == before


def test_settings_become_turn_rules() -> None:
    talk = Dialogue()
    turns = {"type": "semantic_vad", "eagerness": "high", "interrupt_response": False}
    shown = talk.client("session.update", session={"audio": {"input": {"turn_detection": turns}}})
    assert shown[0]["session"]["audio"]["input"]["turn_detection"] == {**turns, "create_response": True}
    rules = talk.settings()
    assert (rules.patience.longest_ms, rules.barge_in, rules.reply) == (2_000, False, True)


def test_an_idle_timeout_makes_us_speak_up() -> None:
    talk = Dialogue()
    turns = {"type": "server_vad", "idle_timeout_ms": 2_000}
    talk.client("session.update", session={"audio": {"input": {"turn_detection": turns}}})
    talk.wait(2_500)
    kinds = talk.types()
    assert kinds.index("input_audio_buffer.timeout_triggered") < kinds.index("response.created")


def test_our_own_events_come_only_when_they_are_asked_for() -> None:
    plain, ours = Dialogue(), Dialogue()
    ours.client("session.update", session={"include": ["spiketalk"]})
    for talk in (plain, ours):
        talk.user_speaks("hello there")
        talk.wait(600)
    assert not [kind for kind in plain.types() if kind.startswith("spiketalk")]
    states = [e["state"] for e in ours.sent if e["type"] == "spiketalk.state"]
    assert states == ["UserSpeaking", "Pausing", "Thinking"]
    assert ours.last("spiketalk.words")["text"] == "hello there"


def test_every_way_of_ending_has_a_reason() -> None:
    assert set(WHY) | {"heard", "failed"} == {"heard", "cut", "withdrawn", "failed", "cancelled", "closed"}
