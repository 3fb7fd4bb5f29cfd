# ruff: noqa: E501
"""A question to Pip about itself, or a common wish, put as most people put it.

The same thing is asked in endless wordings, but the talks hold only some. A pattern for what a line is after gives
the wording that the talks answer often, and recall is asked for that as well.
"""

from __future__ import annotations

import re

_YOU = r"^(?!(?:i|i'm|my|we|he|she|they|the|it's|it|our) )(?=.*\b(?:you|your|you're|yourself|pip|pip's)\b)"
_PLAIN: tuple[tuple[str, str], ...] = (
    (r"\bam i (?:really )?(?:talking|chatting|speaking) (?:to|with)\b.*\b(?:human|person|machine|computer|robot|program|someone real)\b|\bis (?:this|that|there|it) (?:really )?a (?:human|real person|machine|robot)\b", "are you a real person"),
    (_YOU + r".*\b(?:(?:tell me|know|explain(?: to me)?|say) (?:who|what) you are|(?:who|what) (?:exactly |on earth |in the world )?are you)$", "who are you"),
    (_YOU + r".*\b(?:he or she|she or he|male or female|boy or (?:a )?girl|man or (?:a )?woman|him or her|gender|pronouns?)\b", "are you a boy or a girl"),
    (_YOU + r".*\b(?:strengths?|talents?|skills?|abilities|best at|really good at|special about)\b", "what are you good at"),
    (_YOU + r".*\b(?:know|tell me|hear|learn) (?:more |something |a bit )?about you(?:rself)?$", "tell me about yourself"),
    (_YOU + r".*\b(?:which|what)(?: things| kinds? of things)? are you able to do\b", "what can you do"),
    (_YOU + r".*\b(?:body|look like)\b", "what do you look like"),
    (_YOU + r".*\bwhat (?:would|do) you (?:like|want) to (?:chat|talk|speak)\b", "what should we talk about"),
    (r"\bwhat (?:all |else |kinds? of things )?(?:can you do|could you do|can i ask|could i ask)\b(?! with\b).*$", "what can you do"),
    (_YOU + r".*\b(?:weak(?:ness(?:es)?)?|bad at|not good at|struggle)\b", "what can't you do"),
    (_YOU + r".*\b(?:paying attention|listening|following me|with me)\b", "are you listening"),
    (_YOU + r".*\b(?:remember|recall|forget)\b.*\b(?:yesterday|last time|last week|before|previous|our talks?|other talks?|tomorrow|me later)\b|^(?:do|did|can|will) you (?:still )?remember (?:me|us)$", "do you remember what we talked about yesterday"),
    (_YOU + r".*\b(?:nicknames?|other names?|anything else|another name|last name|surname|full name|proper name)\b", "do you have a last name"),
    (_YOU + r".*\b(?:hurt|pain)\b(?=.*\b(?:you|computer)\b)|\bwould it hurt (?:you )?if\b", "can you feel pain"),
    (_YOU + r".*\b(?:made|built|created|invented|designed|programmed|wrote|developed) you\b|\byour (?:maker|makers|creator|inventor)s?\b", "who made you"),
    (_YOU + r".*\b(?:learn|learned|learnt|taught|teach|trained)\b.*\b(?:talk|speak|english|language|words)\b", "how did you learn to talk"),
    (_YOU + r".*\bhow (?:do|does) (?:you|your \w+|a program like you) (?:work|function|think)\b|\bwhat's (?:inside|in) (?:you|your head)\b", "how do you work"),
    (_YOU + r".*\b(?:what's it like|what is it like|how does it feel|what does it feel like) (?:to be|being)\b", "what does it feel like to be you"),
    (_YOU + r".*\bwhere do (?:you|your thoughts|your ideas|your answers|your words) (?:come|get)\b(?!.*\bfrom\b.*\bcountry\b).*\b(?:thoughts|ideas|answers|words)\b|\bwhere do your (?:thoughts|ideas|answers|words) come from\b", "how do you come up with what you say"),
    (_YOU + r".*\b(?:replace|take over|take our|take my)\b", "will robots take our jobs"),
    (_YOU + r".*\b(?:how|what)(?:'s| is| are)? (?:your mood|your spirits|you feeling|the mood)\b|\bare you in a (?:good|bad) mood\b", "how are you feeling today"),
    (_YOU + r".*\b(?:parents|mother|father|family|siblings|brothers|sisters|relatives)\b(?!.*\bmy\b)", "do you have a family"),
    (r"\b(?:suggestions?|ideas?|what should|what could|what shall)\b.*\b(?:we|the two of us|talk about|ask you|chat about)\b", "what should we talk about"),
    (r"\b(?:make|made|get|give) me (?:a )?(?:laugh|smile|giggle|grin)\b|\bmakes me (?:smile|laugh)\b|\b(?:cheer|lift) (?:me|my spirits) up\b", "make me laugh"),
    (r"\b(?:play|try) (?:some (?:kind of )?|a |any )?(?:game|games|something)\b", "let's play a game"),
    (r"\b(?:taxi|cab|uber|ride) (?:to|for|home|please)\b|\b(?:need|get me|call me|order me) a (?:taxi|cab)\b", "call me a cab"),
    (r"\b(?:anyone|anybody|someone|somebody) (?:call|called|ring|rung|rang|phone|phoned|knock|knocked|been here)\b", "any missed calls"),
    (r"^(?:that's|how|so|you're|aren't you) (?:very |so |really )?(?:sweet|kind|lovely)(?: of you)?$", "you're very kind"),
    (r"\bfeel(?:ing)? (?:a bit |a little |so |rather |really )?(?:blue|low|down|gloomy)\b", "i feel a bit sad"),
    (r"^(?:\w+ )?i (?:do )?hope (?:that )?you're (?:well|fine|okay|doing well|all right)$|^i trust you are well$", "how are you"),
    (r"\b(?:brightened|made) (?:up )?my (?:day|evening|morning|week)\b", "you made my day"),
    (r"\b(?:quickest|fastest|shortest|best) way (?:to|from)\b|\bhow do i get (?:to|from)\b|\bdirections? to\b", "how do i get to the station"),
)  # fmt: skip
_FORMS = tuple((re.compile(pattern), plain) for pattern, plain in _PLAIN)


def plainly(said: str) -> str:
    """How most people would put a line, or "" where no pattern knows what it is after.

    >>> plainly("should i call you he or she"), plainly("i like biking")
    ('are you a boy or a girl', '')
    """
    plain = next((plain for pattern, plain in _FORMS if pattern.search(said)), "")
    return "" if plain == said else plain
