# ruff: noqa: E501
"""Words that Pip never says, whatever a memory or a network offers."""

from __future__ import annotations

import re

# Stored with every letter moved by thirteen, so that nobody stumbles over them.
_ROT = (
    "shpx fuvg ovgpu phag qvpxurnq pbpxfhpxre chffl nffubyr nefrubyr onfgneq juber fyhg snttbg snt avttre avttn xvxr "
    "fcvp puvax tbbx ergneq ergneqrq genaal qlxr jbt cnxv pbba jrgonpx tlcfl jnax jnaxre gjng cbea anmv zbgureshpxre ohyyfuvg fcnfgvp encvfg fuvgr obyybpxf"
)
_WORDS = frozenset("".join(chr((ord(c) - 97 + 13) % 26 + 97) for c in word) for word in _ROT.split())
_BAD = re.compile(r"\b(?:" + "|".join(sorted(_WORDS)) + r")(?:s|es|ed|er|ers|ing|y)?\b")


def unclean(text: str) -> bool:
    """Whether a text holds a slur or a swear word.

    >>> unclean("What a lovely cockatoo")
    False
    """
    return bool(_BAD.search(text.lower()))
