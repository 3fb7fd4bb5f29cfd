# ruff: noqa: E501
"""Another mind by choice: any OpenAI-compatible chat endpoint (Ollama, llama.cpp, vLLM), streamed.

POST URL/chat/completions with `"stream": true` answers with server-sent events: lines `data: {…}`, each with a
piece of the reply in choices[0].delta.content, and `data: [DONE]` at the end.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from models.lm.spoken import SILENCE, pip_form, sentence_case

Turn = tuple[str, str]  # ("user" | "pip", text)
CHARACTER = (
    "You are Pip, a friendly, curious, calm voice that lives on this computer. You talk with someone by voice. "
    "Answer in one or two short sentences, three to twenty words, in plain spoken English: no lists, no symbols, "
    "no emojis, numbers as words. You cannot go online, see, or control anything; say so when asked. "
    "In danger or despair be kind and serious, and point to emergency services or someone trusted."
)
LONGEST = 600  # characters of a reply, which is more than anyone wants to hear
SENTENCE = re.compile(r"(?<=[.?!])\s+")


class EndpointError(Exception):
    """The endpoint did not answer as it should; one line."""


@dataclass(frozen=True)
class Endpoint:
    """A chat endpoint; `url` is what comes before /chat/completions, such as http://localhost:11434/v1.

    `patience_s` is how long it may be silent, before the first piece and between any two.
    """

    url: str
    model: str = "default"
    key: str = ""
    patience_s: float = 20.0
    character: str = CHARACTER
    longest: int = LONGEST
    _http: httpx.Client = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        address = _address(self.url)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        timeout = httpx.Timeout(self.patience_s, connect=min(5.0, self.patience_s))
        limits = httpx.Limits(
            max_keepalive_connections=0
        )  # a connection for each reply, so that it can be cut
        http = httpx.Client(
            base_url=address, headers=headers, timeout=timeout, limits=limits, trust_env=False
        )
        object.__setattr__(self, "_http", http)

    def messages(self, talk: Sequence[Turn], line: str) -> list[dict[str, str]]:
        """The talk and the user's line in the endpoint's form; a cut line keeps its mark, silence is told."""
        roles = {"user": "user", "pip": "assistant"}
        said = [(roles[who], text) for who, text in [*talk, ("user", line)]]
        return [
            {"role": "system", "content": self.character},
            *({"role": role, "content": text.strip() or SILENCE} for role, text in said),
        ]

    def pieces(self, talk: Sequence[Turn], line: str, stop: Stop | None = None) -> Iterator[str]:
        """The reply as it comes, in pieces as they were sent; ends early, without a word, once `stop` is set.

        Raises `EndpointError` where the endpoint refuses, is silent for `patience_s`, or sends what is no reply.
        """
        stop = stop or Stop()
        wish = {"model": self.model, "messages": self.messages(talk, line), "stream": True}
        given = 0
        if stop.asked:
            return
        watched = {"trace": stop.watch}
        try:
            with self._http.stream("POST", "chat/completions", json=wish, extensions=watched) as response:
                if response.status_code != 200:
                    raise EndpointError(
                        f"{self.url} answers {response.status_code} {_reason(response)}".rstrip()
                    )
                for piece in _contents(response.iter_lines(), self.url):
                    if stop.asked or given >= self.longest:
                        return
                    given += len(piece)
                    yield piece
        except EndpointError:
            if not stop.asked:  # a stream that was cut looks as if it broke off
                raise
        except httpx.TimeoutException as error:
            if not stop.asked:
                message = f"{self.url} was silent for {self.patience_s:g} s"
                raise EndpointError(message) from error
        except httpx.HTTPError as error:
            if not stop.asked:
                reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
                raise EndpointError(f"{self.url} cannot be reached or broke off ({reason})") from error
        except (OSError, httpx.StreamError):
            if not stop.asked:  # a stream that is closed from another thread may break in any of these ways
                raise

    def sentences(self, talk: Sequence[Turn], line: str, stop: Stop | None = None) -> Iterator[str]:
        """The reply in sentences that can be spoken, each as soon as it is whole."""
        rest, spoken = "", False
        for piece in self.pieces(talk, line, stop):
            *whole, rest = SENTENCE.split(rest + piece)
            for sentence in filter(None, map(speakable, whole)):
                spoken = True
                yield sentence
        if stop is not None and stop.asked:
            return
        if last := speakable(rest):
            spoken = True
            yield last
        if not spoken:
            raise EndpointError(f"{self.url} sent a reply without words")

    def reply(self, talk: Sequence[Turn], line: str, stop: Stop | None = None) -> str:
        """The whole reply; what came so far where `stop` was set."""
        return " ".join(self.sentences(talk, line, stop))

    def close(self) -> None:
        """Give up the connection."""
        self._http.close()


class Stop:
    """Says from any thread that a reply is no longer wanted; its connection is cut at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._asked = False

    @property
    def asked(self) -> bool:
        """Whether the reply is no longer wanted."""
        return self._asked

    def ask(self) -> None:
        """End the reply that is under way, or the next one before it begins."""
        with self._lock:
            self._asked = True
            self._cut()

    def watch(self, event: str, found: Mapping[str, Any]) -> None:
        """Told by the HTTP client what it does: remembers the socket of the connection that was made."""
        if event == "connection.connect_tcp.complete":
            with self._lock:
                self._socket = found["return_value"].get_extra_info("socket")
                if self._asked:
                    self._cut()

    def _cut(self) -> None:
        """Shut the socket down, so that a read that waits in another thread ends now."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _address(url: str) -> str:
    """The address to ask below. Raises `EndpointError` where it is none."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise EndpointError(
            f"{url!r} is no address; expected one such as http://localhost:11434/v1"
        ) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise EndpointError(f"{url!r} is no address; expected one such as http://localhost:11434/v1")
    return str(parsed).rstrip("/").removesuffix("/chat/completions") + "/"


def _reason(response: httpx.Response) -> str:
    """What the endpoint said about its refusal, on one line."""
    with suppress(httpx.HTTPError):
        response.read()
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            found = response.json()["error"]
            return str(found["message"] if isinstance(found, dict) else found).split("\n")[0][:200]
    return response.reason_phrase


def _contents(lines: Iterator[str], url: str) -> Iterator[str]:
    """The pieces of text in server-sent events. Raises `EndpointError` for anything else, or an early end."""
    for line in lines:
        if not line.strip() or line.startswith((":", "event:", "id:", "retry:")):
            continue
        if not line.startswith("data:"):
            raise EndpointError(f"{url} sends no chat stream, but {line.strip()[:60]!r}")
        data = line[5:].strip()
        if data == "[DONE]":
            return
        piece, last = _piece(data, url)
        if piece:
            yield piece
        if last:
            return
    raise EndpointError(f"{url} broke off in the middle of its reply")


def _piece(data: str, url: str) -> tuple[str, bool]:
    """(text of one event, whether it is the last)."""
    try:
        event: dict[str, Any] = json.loads(data)
        if "error" in event:
            raise EndpointError(f"{url} reports: {str(event['error'])[:200]}")
        choices = event["choices"]
        if not choices:  # a count of tokens
            return "", False
        text = choices[0]["delta"].get("content") or ""
        if not isinstance(text, str):
            raise TypeError("content is no text")
        return text, bool(choices[0].get("finish_reason"))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise EndpointError(f"{url} sends no chat stream, but {data[:60]!r}") from error


_MARKS = re.compile(r"[*_#`~>|\\]+")  # of written emphasis
_NAME = re.compile(r"\b[A-Z][a-z]+\b")


def speakable(text: str) -> str:
    """A sentence as a voice can say it: numbers as words, no symbols; "" when nothing is left.

    >>> speakable("**Sure!** It's 3 o'clock 😀")
    "Sure! It's three o'clock"
    """
    text = _MARKS.sub("", text)
    names = frozenset(word.lower() for word in _NAME.findall(text.partition(" ")[2]))
    form = pip_form(text)
    return sentence_case(form, names) if any(c.isalpha() for c in form) else ""
