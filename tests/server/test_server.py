"""A real server on a real socket, with the real networks."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.app import LARGEST_MESSAGE
from server.door import Door
from server.stages import Networks
from tests.server.live import Client, Live, recording, serving

KEY = "a-key-of-enough-characters"
PATIENT = {"type": "server_vad", "silence_duration_ms": 1_500}
"""the pauses of people who read aloud are long"""
GREETING = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "how are you today"}],
}


def get(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def raw(live: Live, request: bytes) -> bytes:
    """What comes back for bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as peer:
        peer.sendall(request)
        found = b""
        while part := peer.recv(65_536):
            found += part
        return found


def settled(client: Client) -> None:
    """Wait until the server has taken all that was sent so far."""
    client.send("conversation.item.retrieve", item_id="nowhere")
    client.until("error")


def test_a_recording_goes_in_and_speech_comes_out(server: Live) -> None:
    with Client(server.ws) as client:
        assert client.next()["type"] == "session.created"
        client.configure(audio={"input": {"transcription": {"model": "ears"}, "turn_detection": PATIENT}})
        client.speak(recording())
        done = client.until("response.done")["response"]
        assert done["status"] == "completed"
        heard = client.until_now("conversation.item.input_audio_transcription.completed")["transcript"]
        assert len(heard.split()) >= 3, heard
        said = done["output"][0]["content"][0]["transcript"]
        assert said and client.until_now("response.output_audio_transcript.done")["transcript"] == said
        sound = client.sound()
        assert len(sound) / 24_000 > 0.2 * len(said.split())
        assert np.sqrt(np.mean(sound**2)) > 0.01


def test_an_interruption_stops_the_answer(server: Live) -> None:
    with Client(server.ws) as client:
        client.configure(audio={"input": {"turn_detection": PATIENT}})
        client.send("conversation.item.create", item=GREETING)
        client.send("response.create")
        client.until("response.output_audio.delta")
        client.speak(recording("118-47824-0021"))
        first = client.until("response.done")["response"]
        assert first["status_details"]["reason"] == "turn_detected"
        item = first["output"][0]
        client.send("conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=100)
        client.until("conversation.item.truncated")
        assert client.until("response.done")["response"]["status"] == "completed"


def test_written_words_are_answered_in_writing(server: Live) -> None:
    with Client(server.ws) as client:
        client.configure(output_modalities=["text"])
        client.send("conversation.item.create", item=GREETING)
        client.send("response.create")
        done = client.until("response.done")["response"]
        assert done["output"][0]["content"][0]["text"]
        assert len(client.sound()) == 0


def test_a_spoken_answer_can_be_cancelled(server: Live) -> None:
    with Client(server.ws) as client:
        client.configure()
        client.send("conversation.item.create", item=GREETING)
        client.send("response.create")
        client.until("response.output_audio.delta")
        client.send("response.cancel")
        assert client.until("response.done")["response"]["status"] == "cancelled"


def test_push_to_talk_hears_the_whole_recording(server: Live) -> None:
    with Client(server.ws) as client:
        turns = {"transcription": {"model": "ears"}, "turn_detection": None}
        client.configure(audio={"input": turns})
        client.append(recording())
        client.send("input_audio_buffer.commit")
        client.send("response.create")
        heard = client.until("conversation.item.input_audio_transcription.completed")["transcript"]
        assert len(heard.split()) >= 3, heard
        client.until("response.output_audio.delta")


def test_a_client_that_vanished_finds_its_session_again(server: Live) -> None:
    with Client(server.ws) as client:
        session = client.next()["session"]["id"]
        client.send("conversation.item.create", item={**GREETING, "id": "mine"})
        client.until("conversation.item.done")
        client.vanish()
    with Client(f"{server.ws}?session_id={session}") as again:
        assert again.until("session.created")["session"]["id"] == session
        again.send("conversation.item.retrieve", item_id="mine")
        assert again.until("conversation.item.retrieved")["item"]["id"] == "mine"
    with Client(f"{server.ws}?session_id={session}") as late:
        assert late.next()["session"]["id"] != session, "it was closed, so it is over"


def test_a_session_without_its_client_ends(networks: Networks) -> None:
    with serving(networks, away_s=0.1) as live:
        with Client(live.ws) as client:
            client.next()
            client.vanish()
        assert live.eventually(lambda: not live.app.house.guests)


def test_sessions_come_and_go_and_leave_nothing(server: Live) -> None:
    for _ in range(20):
        with Client(server.ws) as client:
            client.next()
    assert server.eventually(lambda: not server.app.house.guests)


def test_no_more_than_fit_and_the_reason_is_told(networks: Networks) -> None:
    with serving(networks, most=1) as live, Client(live.ws) as first:
        first.next()
        with Client(live.ws) as second, pytest.raises(ConnectionClosed) as closed:
            second.next()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, "places are taken" in closed.value.rcvd.reason) == (1013, True)
        settled(first)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"binary", 1003), ("x" * (LARGEST_MESSAGE + 1), 1009)],
    ids=["binary", "too long"],
)
def test_what_cannot_be_a_message_closes_the_connection(
    server: Live, message: bytes | str, code: int
) -> None:
    with Client(server.ws) as bystander, Client(server.ws) as client:
        client.next()
        client.socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code
        settled(bystander)


def test_who_does_not_read_is_let_go(server: Live) -> None:
    with Client(server.ws) as bystander, Client(server.ws, max_queue=1) as client:
        client.configure(instructions="x" * 100_000)
        for _ in range(200):
            client.send("session.update", session={})
        assert server.eventually(lambda: len(server.app.house.guests) == 1)
        with pytest.raises(ConnectionClosed):
            client.until("the end")
        settled(bystander)


def test_sound_that_comes_too_fast_is_told_once(server: Live) -> None:
    with Client(server.ws) as client:
        client.configure(audio={"input": {"turn_detection": {"type": "server_vad"}}})
        for _ in range(4):
            client.append(np.zeros(30 * 24_000, "<i2"))
        assert client.until("error")["error"]["code"] == "limit_exceeded"
        settled(client)


def test_nothing_to_say_ends_the_session(networks: Networks) -> None:
    with serving(networks, idle_s=0.2) as live, Client(live.ws) as client:
        client.next()
        with pytest.raises(ConnectionClosed) as closed:
            client.next()
        assert closed.value.rcvd is not None and "nothing came" in closed.value.rcvd.reason


def test_the_key_is_asked_for(networks: Networks) -> None:
    with serving(networks, door=Door(keys=(KEY,))) as live:
        with pytest.raises(InvalidStatus) as refused:
            Client(live.ws)
        assert refused.value.response.status_code == 401
        assert get(f"{live.http}/metrics")[0] == 401
        assert get(f"{live.http}/metrics", Authorization=f"Bearer {KEY}")[0] == 200
        with Client(live.ws, subprotocols=["realtime", f"openai-insecure-api-key.{KEY}"]) as client:
            assert client.socket.subprotocol == "realtime"
        with Client(live.ws, additional_headers={"Authorization": f"Bearer {KEY}"}) as client:
            assert client.next()["type"] == "session.created"


def test_other_pages_are_refused(server: Live) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Client(server.ws, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_the_page_is_served_and_nothing_beside_it(server: Live) -> None:
    status, page = get(f"{server.http}/")
    assert status == 200 and b"spiketalk" in page
    for path in ("/style.css", "/main.js", "/speaker.worklet.js", "/icon.svg"):
        assert get(f"{server.http}{path}")[0] == 200
    for path in ("/__init__.py", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "//etc/passwd", "/v1"):
        answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert answer.split(b" ")[1] == b"404", path


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000,
    ],
)
def test_nonsense_instead_of_http_is_closed(server: Live, request_bytes: bytes) -> None:
    raw(server, request_bytes + b"\r\n")
    assert json.loads(get(f"{server.http}/healthz")[1])["status"] == "ok"


def test_health_and_metrics_count(server: Live) -> None:
    with Client(server.ws) as client:
        client.next()
        settled(client)
        health = json.loads(get(f"{server.http}/healthz")[1])
        assert health["sessions"] >= 1
        text = get(f"{server.http}/metrics")[1].decode()
        assert "spiketalk_client_events_total" in text and "spiketalk_sessions_most" in text


def test_stopping_lets_nobody_in_and_says_goodbye(networks: Networks) -> None:
    with serving(networks) as live:
        client = Client(live.ws)
        client.next()
    with pytest.raises(ConnectionClosed) as closed:
        client.until("nothing more")
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


def test_tls(networks: Networks, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*make, "-keyout", key, "-out", certificate, *subject], check=True, capture_output=True)
    with serving(networks, tls=(certificate, key)) as live:
        trusting = ssl.create_default_context(cafile=str(certificate))
        with Client(live.ws.replace("ws:", "wss:"), ssl=trusting) as client:
            assert client.next()["type"] == "session.created"
