"""The page in a real browser: a spoken question becomes text, its answer is heard."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.trace import wall_ms
from server.stages import Networks
from tests.server.live import Live, recording, serving
from tests.web.chromium import Browser, chromium

SHORT_TALK = """
document.querySelector('#welcome').hidden = true;
spiketalk.transcript.user('a', 'what is a river', false);
spiketalk.transcript.say('b', 'It runs', 0);
spiketalk.transcript.say('b', ' to the sea.', 500);
spiketalk.transcript.played('b', 100);
"""
PICTURES = os.environ.get("SPIKETALK_PICTURES")
"""a folder in which to keep what the page looked like"""
RECORD = """
(() => {
  const { context, speaker } = spiketalk.sound;
  const tap = context.createScriptProcessor(4096, 1, 1);
  window.taken = [];
  tap.onaudioprocess = (event) => taken.push(...event.inputBuffer.getChannelData(0));
  speaker.connect(tap);
  tap.connect(context.destination);
})()
"""
WRITE = """
document.querySelector('#line').value = 'tell me a story please';
document.querySelector('#write').requestSubmit();
"""

WRITE_IF_QUIET = f"""
(() => {{
  const last = document.querySelector('#transcript li:last-child')?.dataset.who;
  if (document.querySelector('#state').dataset.state !== 'Idle' || last === 'user') return;
  {WRITE}
}})()
"""
FOLLOW = """
(() => {
  window.stopped = 0;
  let cuts = 0;
  const look = () => {
    const lines = [...document.querySelectorAll('[data-who=agent]')];
    const now = lines.filter((line) => line.textContent.endsWith('—')).length;
    const lately = taken.slice(-2 * spiketalk.sound.context.sampleRate);
    const heard = lately.some((value) => Math.abs(value) > 0.01);
    if (now > cuts && heard) window.stopped ||= taken.length;
    cuts = now;
  };
  new MutationObserver(look).observe(spiketalk.transcript.list, { subtree: true, childList: true });
})()
"""


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """Silence, a question, and a long silence."""
    silence = np.zeros(24_000, np.int16)
    sound = np.concatenate(
        [silence, recording(), *[silence] * 20, recording("118-47824-0021"), *[silence] * 30]
    )
    soundfile.write(tmp_path / "question.wav", sound, 24_000, subtype="PCM_16")
    return tmp_path / "question.wav"


@pytest.fixture
def page(server: Live, question: Path) -> Iterator[Browser]:
    """The page, open, with the question as its microphone."""
    with chromium(question) as browser:
        browser.size(1280, 860)
        browser.open(f"{server.http}/")
        yield browser


def keep(page: Browser, name: str) -> None:
    if PICTURES:
        page.picture(Path(PICTURES) / f"{name}.png")


def taken(page: Browser) -> np.ndarray:
    """What has left the loudspeaker since it was recorded."""
    script = """
    (() => {
      const bytes = new Uint8Array(Float32Array.from(taken).buffer);
      let text = '';
      for (let i = 0; i < bytes.length; i += 32768) {
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
      }
      return btoa(text);
    })()
    """
    return np.frombuffer(base64.b64decode(page.run(script)), np.float32)


def test_a_spoken_question_is_shown_answered_and_heard(page: Browser) -> None:
    keep(page, "start")
    page.click("#talk")
    page.wait("!!spiketalk.sound.speaker")
    page.run(RECORD)
    page.wait("document.querySelector('#status').textContent === 'Connected'")
    words = page.wait(
        "document.querySelector('[data-who=user]:not([data-open]) span:last-child')?.textContent"
    )
    assert len(words.split()) >= 1
    page.wait("document.querySelectorAll('[data-who=agent] span span').length >= 2")
    page.wait("document.querySelector('#latency tbody tr.total') !== null")
    page.wait("document.querySelector('#state').dataset.state === 'Idle'")
    keep(page, "talk")
    sound = taken(page)
    assert np.sqrt(np.mean(sound[np.abs(sound) > 1e-4] ** 2)) > 0.01, "the answer was heard"
    assert page.complaints == []


def test_a_spoken_interruption_silences_the_page(server: Live, tmp_path: Path) -> None:
    """Lines are written so that it talks, and again and again somebody speaks over it."""
    silence = np.zeros(24_000, np.int16)
    spoken = [part for _ in range(20) for part in (*[silence] * 5, recording("118-47824-0021"))]
    soundfile.write(tmp_path / "over.wav", np.concatenate(spoken), 24_000, subtype="PCM_16")
    with chromium(tmp_path / "over.wav") as page:
        page.size(1280, 860)
        page.open(f"{server.http}/")
        page.click("#talk")
        page.wait("document.querySelector('#status').textContent === 'Connected'")
        page.wait("!!spiketalk.sound.speaker")
        page.run(RECORD)
        page.run(FOLLOW)
        until = wall_ms() + 150_000
        while not page.run("window.stopped") and wall_ms() < until:
            page.run(WRITE_IF_QUIET)
            page.run("new Promise((done) => setTimeout(done, 300))")
        keep(page, "interrupted")
        assert page.run("window.stopped"), "nothing that was heard was cut off"
        page.run("new Promise((done) => setTimeout(done, 1500))")
        rate, stopped = page.run("[spiketalk.sound.context.sampleRate, window.stopped]")
        sound = taken(page)
        assert page.complaints == []
    behind = sound[int(stopped + 0.3 * rate) : int(stopped + 0.8 * rate)]
    assert np.sqrt(np.mean(behind**2)) < 1e-3, "it fell silent at once"


def test_a_refused_microphone_is_said_plainly_and_writing_still_works(server: Live) -> None:
    with chromium(None) as page:
        page.open(f"{server.http}/")
        page.click("#talk")
        said = page.wait(
            "!document.querySelector('#trouble').hidden && document.querySelector('#trouble').textContent"
        )
        assert "microphone" in said
        page.wait("spiketalk.line.open")
        page.run(WRITE)
        page.wait("document.querySelectorAll('[data-who=agent]').length === 1")


def test_the_page_says_when_the_server_is_gone_and_comes_back(networks: Networks, question: Path) -> None:
    with chromium(question) as page:
        with serving(networks) as live:
            page.open(f"{live.http}/")
            page.click("#talk")
            page.wait("document.querySelector('#status').dataset.kind === 'on'")
        page.wait("document.querySelector('#status').textContent.includes('gone')")
        with serving(networks, port=live.port):
            page.wait("document.querySelector('#status').dataset.kind === 'on'")


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (390, False)])
def test_everything_fits_and_has_a_name(page: Browser, width: int, dark: bool) -> None:
    page.size(width, 860, dark)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    unnamed = page.run(
        """[...document.querySelectorAll('button, input, select')].filter((one) =>
          !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
          .map((one) => one.id)"""
    )
    assert unnamed == []
    page.run(SHORT_TALK)
    keep(page, "dark" if dark else "phone")
