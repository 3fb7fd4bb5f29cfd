# ruff: noqa: E501
"""What Pip says when neither memory nor anything it can work out is near: it goes along, asks, or says it can't.

These lines are written by hand; which kind fits is read off the user's first words.
"""

from __future__ import annotations

import re

from models.lm.spoken import pip_form, user_form
from models.lm.tokens import Talk

_HEAD = r"^(?:um |uh |er |so |well |okay |ok |hey |hi |hello |pip |please |and |but |oh |now |just )*"
_ORDER = re.compile(
    _HEAD
    + r"(?:(?:can|could|will|would) you )?(?:please )?(?:call|ring|phone|text|email|send|turn|switch|set|play|order|buy|book|open|close|"
    r"lock|unlock|start|stop|remind|schedule|wake|dim|add|put|show|find|search|google|download|check|look up|record|print|navigate|"
    r"skip|pause|vacuum|clean|cook|make|bring|get|feed|water|drive|pay|transfer|post)\b"
)
_HOW_ARE_YOU = re.compile(
    r"\b(?:all right|alright|okay|fine|well|good|everything|things?)\b.* (?:with|for|at) you(?:r end|r side)?$|^(?:you|ya) (?:all right|alright|okay|ok|good|well)$"
)
_FACT = re.compile(
    _HEAD
    + r"(?:what|what's|who|who's|where|where's|when|when's|which|why|how|is|are|does|do|did|was|were|has|have|will|can|could|would|should)\b"
)
_US = re.compile(r"\b(?:you|your|you're)\b")
_DANGLING = re.compile(
    r"\b(?:the|a|an|and|but|or|because|to|of|with|for|my|your|his|their|our|is|was|are|were|i|i'm|which|about|just that|"
    r"if|when|maybe|want|wanted|from|by|would|could|should|has|have|had|been|it's)$"
)
_GLAD = re.compile(
    r"\b(?:happy|great|lovely|won|fun|excited|exciting|love|loved|good|wonderful|amazing|proud|passed|birthday|party|nice|finished|finally|beautiful|holiday|wedding|married|born)\b"
)
_SORRY = re.compile(
    r"\b(?:sad|bad|terrible|awful|lost|died|dead|sick|ill|hurt|hurts|pain|tired|alone|lonely|worried|scared|afraid|angry|annoyed|upset|broke|broken|failed|fail|hate|cry|crying|horrible|worst|stolen|missed|cancelled|fired|late|ache|difficult|problems?|shouts?|shouted|yells?|unfair|mean to|bullied|stressed|stress|hospital|fever|cold|forgot|fell)\b"
)

LINES: dict[str, tuple[str, ...]] = {
    "unfinished": (
        "Go on, I'm listening.", "Yes? Take your time.", "I'm all ears. And then?", "Don't stop there, I'd like to hear the rest.",
        "Mm, I'm with you so far. How does it go on?",
    ),
    "well": ("I'm fine, thank you. And how are you?", "All well in here, thanks for asking. And with you?"),
    "order": (
        "I can't do that, I'm afraid, I'm only a voice. But I'm happy to talk it over.",
        "That's out of my reach, sorry. I've got no hands and no way out of here. Anything I can tell you instead?",
        "I wish I could, but I can only talk and listen. Want a small joke instead?",
    ),
    "question": (
        "I don't know that one, I'm sorry. What made you wonder?",
        "Good question, and I have no answer. What would you guess?",
        "That's more than my small mind holds, I'm afraid. What do you think?",
        "I'd only be guessing, so I'd better say I don't know. Shall we think it through?",
    ),
    "me": (
        "I'm not sure what to say to that. I'm only a small voice. What do you think?",
        "Hm, nobody ever asked me that. Tell me why you wonder?",
        "I don't think I know that about myself. What would you guess?",
    ),
    "glad": (
        "Oh, that's nice to hear! Tell me more about it.", "How lovely! What was the best part?", "That sounds good. How did it come about?",
    ),
    "sorry": (
        "I'm sorry to hear that. Do you want to tell me more?", "Oh no, that sounds hard. What happened?", "That's not easy. I'm here, and I'm listening.",
    ),
    "plain": (
        "I see. Tell me a bit more about that?", "Oh? How did that come about?", "Interesting! And how do you feel about it?",
        "I'd like to hear more. What's the story behind it?", "Is that so? What happens next?",
    ),
    "thing": (
        "{thing}! Tell me more about that.", "{thing}, you say? Go on, I'm curious.", "Ah, {thing}. What's the story there?",
    ),
    "praise": (
        "I'm glad you liked it! Shall I go on?", "Thank you! That's good to hear.", "Glad that pleased you. Would you like another?",
    ),
    "groan": (
        "Fair enough! Shall I try a better one?", "Ouch, I earned that. Want me to try again?",
    ),
    "on_plain": (
        "I see. What else is on your mind?", "Good to know. Tell me a little more?", "I like hearing about it. Go on.",
        "Ah, all right. And how is that for you?", "Mm, I'm with you. What comes next?", "Thanks for telling me. What's the best bit about it?",
    ),
    "on_sorry": (
        "That sounds hard. I'm here, take your time.", "Thank you for telling me. How are you holding up?",
        "I'm sorry. What would help a little right now?", "That makes sense. Be gentle with yourself today.",
        "I hear you. Is there someone close you can talk to about it?",
    ),
    "on_glad": (
        "That sounds lovely. I'm happy for you.", "How nice! What comes next?", "Good for you! I like hearing that.",
        "I can hear that it's good. Tell me more!",
    ),
    "unheard": (
        "I didn't quite catch that. Could you say it again?", "Sorry, that slipped past my ears. Once more, please?",
        "I heard you, but I couldn't make out the words. Can you say it another way?",
    ),
}  # fmt: skip


def kind(line: str, understood: float = 1.0) -> str:
    """Which of `LINES` fits a line; `understood` is the share of its words that are known.

    >>> kind("could you call my mother"), kind("what do ostriches weigh"), kind("and then i went to the")
    ('order', 'question', 'unfinished')
    """
    said = user_form(line)
    if not said or understood < 0.5:
        return "unheard"
    if _HOW_ARE_YOU.search(said):
        return "well"
    if _ORDER.match(said):
        return "order"
    if _FACT.match(said):
        return "me" if _US.search(said) else "question"
    if _DANGLING.search(said):
        return "unfinished"
    if _SORRY.search(said):
        return "sorry"
    return "glad" if _GLAD.search(said) else "plain"


_PRAISE = re.compile(
    r"^(?:oh |wow |ah |ha )*(?:ha ?ha\w*|(?:that's|that was|it was|it's|i|very|so|really|pretty|what a) (?:\w+ ){0,2}(?:good|nice|funny|great|lovely|cool|clever|liked?|loved?|beautiful|cute|interesting|sweet|amazing|awesome)(?: (?:that|it|one|story|joke|thanks|pip|to know|to hear))*|i (?:really )?(?:liked?|loved?|enjoyed) (?:that|it|this|the \w+|your \w+)(?: one)?(?: a lot| very much)?|good one|nice one|love it|wow|lol|clever|cool|funny|beautiful)$"
)
_GROAN = re.compile(
    r"^(?:oh |ah |ha )*(?:that's|that was|it was|very|so|really|pretty)? ?(?:\w+ )?(?:bad|terrible|awful|boring|not funny|lame|silly|weak)(?: (?:one|joke|story))?$"
)


def kind_after(line: str, talk: Talk) -> str:
    """Which of `LINES` goes on with a talk whose topic is glad, sorry, or neither."""
    said = user_form(line)
    if _PRAISE.match(said):
        return "praise"
    if _GROAN.match(said):
        return "groan"
    for text in [line, *(text for who, text in reversed(talk) if who == "user")][:3]:
        for mood in ("sorry", "glad"):
            if (_SORRY if mood == "sorry" else _GLAD).search(user_form(text)):
                return "on_" + mood
    return "on_plain"


def ask(line: str, talk: Talk, choice: int = 0, understood: float = 1.0, thing: str = "") -> str:
    """A line that fits, other than those said before in this talk as long as there are others.

    `thing` is a word of the user's line that Pip may take up.
    """
    which = kind(line, understood)
    if talk and which in ("plain", "glad", "sorry"):
        which = kind_after(line, talk)
    lines = LINES["thing" if which == "plain" and thing else which]
    lines = tuple(t.replace("{thing}", thing.capitalize() if t.startswith("{") else thing) for t in lines)
    said = {pip_form(text) for who, text in talk if who == "pip"}
    fresh = [text for text in lines if pip_form(text) not in said] or list(lines)
    return fresh[choice % len(fresh)]
