"""Words → reply: the language model and its memory, one talk at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.loading import loading
from agent.trace import Trace, activity

if TYPE_CHECKING:
    from models.lm.mind import Mind as Network
    from models.lm.mind import Reply
    from models.lm.mind import Talk as NetworkTalk


class Mind:
    """The language model as a stage."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, folder: Path | None = None) -> Mind:
        """The shipped mind, or the one in `folder`; LoadingError where a part is missing or damaged."""
        from models.lm.mind import MEMORY, PROGRAM, SHIPPED
        from models.lm.mind import Mind as Network

        with loading("mind", folder):
            for name in (MEMORY, PROGRAM):
                if not ((folder or SHIPPED) / name).is_file():
                    raise FileNotFoundError(f"{name} is missing")
            network = Network.load(folder)
        network.talk().think("how are you")  # what is made on first use is made now
        return cls(network)

    def talk(self) -> Talk:
        """Begin a talk: nothing was said yet."""
        return Talk(self._network.talk())


class Talk:
    """One talk: it remembers what was said in it."""

    def __init__(self, talk: NetworkTalk) -> None:
        self._talk = talk

    def reply(self, words: str, trace: Trace) -> Reply:
        """What to say to `words`."""
        with trace.timed("mind"):
            reply = self._talk.reply(words)
        if reply.counts is not None:
            trace.fired("mind", activity(reply.counts))
        return reply
