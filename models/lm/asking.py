# ruff: noqa: E501
"""What Pip says when neither memory nor anything it can work out is near: it goes along, asks, or says it can't.

These lines are written by hand; which kind fits is read off the user's first words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.lm import topics
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import Talk

_HEAD = r"^(?:um |uh |er |so |well |okay |ok |hey |hi |hello |pip |please |and |but |oh |now |just )*"
_ORDER = re.compile(
    _HEAD
    + r"(?:(?:can|could|will|would) you )?(?:please )?(?:call|ring|phone|text|email|send|turn|switch|set|play|order|buy|book|open|close|"
    r"lock|unlock|start|stop|remind|schedule|wake|dim|add|put|show(?! me what)|find|search|google|download|check|look up|record|print|navigate|"
    r"skip|pause|vacuum|clean|cook|make|bring|get|feed|water|drive|pay|transfer|post)\b"
)
_HOW_ARE_YOU = re.compile(
    r"\b(?:all right|alright|okay|fine|well|good|everything|things?)\b.* (?:with|for|at) you(?:r end|r side)?$|^(?:you|ya) (?:all right|alright|okay|ok|good|well)$"
)
_FACT = re.compile(
    _HEAD
    + r"(?:am|what|what's|who|who's|where|where's|when|when's|which|why|how|is|are|does|do|did|was|were|has|have|will|can|could|would|should)\b"
)
_HELLO = re.compile(
    r"^(?:hi|hello|hey|hiya|howdy|(?:a )?(?:very |lovely |nice )?(?:good |nice |lovely )?(?:morning|afternoon|evening|day))\b(?! (?:was|is|has|we|i|to be)\b)(?: (?!i\b|i'm\b|my\b|we\b)[a-z']+){0,6}$"
)
_BYE = re.compile(
    r"\b(?:bye|goodbye|good night|see you|see ya|farewell|talk to you (?:later|soon|tomorrow)|until next time|sweet dreams)\b"
)
_THANKS = re.compile(r"\b(?:thanks|thank you|cheers|much obliged)\b(?! (?:to|for asking))")
_OF_USER = re.compile(r"\b(?:am i|do i|did i|have i|was i|will i|i'm|my)\b")
_PRIVATE = re.compile(
    r"\b(?:record\w*|private|privacy|spying|spy|overhear\w*|eavesdrop\w*|stored?|saved?|leak\w*|secret)\b.*\b(?:i|me|my|us|we|this|talks?|here)\b|\b(?:i|me|my|us|we|this|talks?)\b.*\b(?:record\w*|private|spying|overhear\w*|stored|saved|kept|listening in)\b"
)
_US = re.compile(r"\b(?:you|your|you're)\b")
_DANGLING = re.compile(
    r"\b(?:the|a|an|and|but|or|because|to|of|with|for|my|your|his|their|our|is|was|are|were|i|i'm|which|about|just that|"
    r"if|when|maybe|want|wanted|from|by|would|could|should|has|have|had|been|it's|whether|than|as|into|she|he|they|she just|he just|i just|so i)$"
)
_BROKEN_OFF = re.compile(
    r"\b\w+ (?:the|a|an|and|but|because|my|his|their|our|to the|of the|so i|and i|when i|if i|that i|because i|that she|that he|that they|that we|what i|was that|told me that|is that the|i was|i'm just|i would|i wanted to|you want to|that the|known that the)$"
)
_GLAD = re.compile(
    r"\b(?:happy|great|lovely|fun|excited|exciting|love|loved|good|wonderful|amazing|proud|passed (?:my|the|his|her|all|every)|won (?:a|the|my|our|first|gold)|birthday|nice|finished|finally|beautiful|holiday|wedding|married|born|joy|joyful|delighted|promoted|promotion|scored|sunset|raised my|came first|came second|booked|bloom\w*)\b"
)
_SORRY = re.compile(
    r"\b(?:nobody|no one|passed (?:last|yesterday|this|on)|gave up|gone off|stopped working|won't|sad|bad|terrible|awful|lost|died|dead|sick|ill|hurt|hurts|pain|tired|alone|lonely|worried|scared|afraid|angry|annoyed|upset|broke|keeps? (?!me |us |getting better)|too (?:much|many|loud|late|cold|hot|expensive|hard)|soaked|stuck|noisy|annoying|ruined|burnt|broken|failed|fail|hate|cry|crying|horrible|worst|stolen|missed|cancelled|fired|late|ache|difficult|problems?|shouts?|shouted|yells?|unfair|mean to|bullied|stressed|stress|hospital|fever|cold|forgot|fell|nervous|anxious|worry|worrying|escaped|flew away|ran away|disaster|passed away|leaking|leaks|overwhelmed|homesick|struggling|exhausted|rotten|mess|trouble|argument|argue|fight|divorced?|funeral|grief|miss)\b"
)

_PEOPLE = r"(?:i|we|he|she|they|my (?:\w+ )?\w+|our \w+)"
_STARTS = r"^(?:um |uh |so |well |oh |hey |hi |pip |and |but |you know |actually |today |yesterday |right |okay |now )*"
# What a statement is, by its grammar; the first that matches decides.
STATEMENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple((name, re.compile(pattern)) for name, pattern in (
    ("leaving", r"\b(?:i'd better|i had better|i have to|i've got to|i need to|i must|i should|time to|gotta|got to) (?:go|run|leave|be off|be going|head|get going|get back|start cooking|get ready)\b"),
    ("undecided", r"\b(?:can't|cannot|couldn't|don't know how to|hard to|trouble) (?:decide|choose|make up my mind|pick|choosing)\b|\btorn between\b|\bin two minds\b"),
    ("ache", r"\b(?:aches?|aching|hurts?|hurting|sore|stiff|sprained|bruised?|blisters?|itches|itchy|swollen)\b"),
    ("dislike", _STARTS + r"(?:i|we) (?:really |just |absolutely )?(?:hates?|can't stand|dislikes?|don't like|doesn't like|don't enjoy|can't bear|detest)\b"),
    ("like", _STARTS + r"(?:" + _PEOPLE + r" (?:really |just |absolutely |also )?(?:likes?|loves?|enjoys?|adores?|prefers?)|i'm (?:really |quite |so |very )?(?:into|fond of|keen on|(?:a )?(?:big |huge |great )?fan of|crazy about|mad about)|my favou?rite)\b"),
    ("wish", _STARTS + r"(?:i|we) (?:really |just |always )?(?:want to|want|wish|hope|would like|would love|dream of|dreamt of|plan to|wanted to)\b(?! (?:you|it's|sleep|rest|cry|stop|go home|go to bed|leave|be alone|scream))|" + _STARTS + r"(?:i'd|we'd) (?:really )?(?:like|love)\b|\bi've always wanted\b"),
    ("learning", r"\b(?:i'm|i am|we're|my \w+ is) (?:\w+ly )?(?:learning|studying|practi[sc]ing|trying|teaching (?:my|him|her)self|training)\b|\bi(?:'ve)? (?:just )?started (?!crying)\w+ing\b|\btaking (?:\w+ )?(?:lessons|classes)\b"),
    ("did", _STARTS + _PEOPLE + r" (?:just |finally |once |also |only |already )*(?:went|saw|made|did|met|found|had|got|took|bought|came|ate|drank|read|wrote|ran|swam|flew|drove|rode|built|sang|gave|taught|caught|heard|spent|slept|won|sold|learnt|learned|\w{2,}ed)\b|\bi've (?:just |finally |been |never |already )*\w+(?:ed|en|t|ne)\b"),
    ("coming", r"\b(?:tomorrow|next (?:week|weekend|month|year|summer|winter|spring|autumn|\w+day)|this (?:weekend|evening|afternoon|summer)|tonight|later today|in (?:\w+ )?(?:days|weeks|months)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|soon|going to be|is visiting|are visiting|is coming|are coming)\b(?!.*\b(?:went|was|were|had|did)\b)|\b(?:i'm|we're|i am|we are) (?:going|packing|leaving|flying|moving|getting ready)\b"),
    ("doing", r"\b(?:i'm|i am|we're|we are|he's|she's|they're|my \w+ is|my \w+'s) (?:just |still |now |all |out |busy )*(?!feeling|being|going|having)\w+ing\b"),
    ("habit", _STARTS + r"(?:i|we|they|he|she|my (?:\w+ )?\w+) (?:usually |often |always |sometimes |only |also )?(?!am|is|are|was|were|will|can|can't|could|don't|doesn't|have to|think|know|mean|guess|need|feel|wonder|said|see|has to|must|should|need)\w+\b .*\w"),
    ("there", r"^(?:\w+ )?(?:there's|there is|there are|it's|it is) "),
))  # fmt: skip
# What a question to Pip about itself is.
QUESTIONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple((name, re.compile(_HEAD + pattern)) for name, pattern in (
    ("never", r"(?:have you|did you) ever\b"),
    ("own", r"(?:do you have|have you got|do you own|you got)\b"),
    ("taste", r"(?:do|would|don't) you (?:really )?(?:like|enjoy|love|prefer)\b"),
    ("able", r"(?:can|could|are you able to|do you know how to)\b(?: you)?"),
    ("do", r"(?:do|did|don't) you\b"),
    ("be", r"(?:are|were|aren't) you\b"),
))  # fmt: skip

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
        "I honestly don't know, I'm still quite new to myself. What's your guess?",
        "That's a good question about me, and I've no good answer. What do you think?",
        "I can't really say. There's so much about myself I don't know.",
    ),
    "user": ("I only know what you tell me, and you haven't told me that yet.", "You haven't told me, I think. What would you say?", "I can't know that, I'm afraid. What do you think?"),
    "private": ("What you say stays on this computer, and I forget it when the talk is closed.", "It stays between you and this computer. I'm not online, and I keep nothing after we close."),
    "hello": ("Hello! It's good to hear you. What's on your mind?", "Hi there! How's your day going?", "Hello! What shall we talk about?"),
    "bye": ("Bye! It was nice talking with you.", "Bye for now, and take care!", "See you! Come back soon."),
    "thanks": ("You're welcome!", "Any time. I'm glad to help.", "It's a pleasure."),
    "never": ("Never, I've only ever been in here. Have you?", "Not once, I'm only a voice. But I'd like to hear how it is."),
    "own": ("I don't think I have, I'm only a voice. Have you?", "Not me, I'm a voice and nothing else. What about you?"),
    "taste": ("I've never tried it, so I can't say. Do you?", "I might, if I could try. How about you?"),
    "able": ("I don't think I can, sorry. Talking is what I do. Is there something we could talk over?", "That's beyond me, I'm afraid. I'm good at chatting, jokes and small sums, though."),
    "do": ("Not that I know of. I'm only a small voice. Do you?", "I don't think so, I mostly listen and talk. And you?"),
    "be": ("I don't think so, I'm just Pip, a small voice. Why do you ask?", "Not that I know of. What makes you ask?"),
    "leaving": ("All right, off you go! It was nice talking with you.", "Go ahead, don't let me keep you. Talk to you soon!"),
    "undecided": ("Then let's take it slowly. What are you choosing between?", "That happens. What would you pick if nobody minded?"),
    "ache": ("Ouch, I'm sorry. Can you rest it a bit?", "Poor you! I hope it eases soon. Is it very bad?"),
    "dislike": ("That's fair. What bothers you most about it?", "I can understand that. Has it always been so?"),
    "like": ("What do you like best about it?", "How nice! How did you come to like it?", "I like hearing that. What's the best thing about it?"),
    "wish": ("That's a good wish. What draws you to it?", "I hope it works out! What would be the first step?"),
    "learning": ("Good for you! How's it going so far?", "That takes patience. What's the hardest bit?"),
    "coming": ("Oh! How do you feel about it?", "That's not far off. How do you feel about it?"),
    "doing": ("Ah, and how's it going?", "I see! How's it going so far?"),
    "did": ("Oh! And how do you feel about it?", "Really? What happened then?", "I see! And how was that for you?"),
    "habit": ("I see! What's that like for you?", "Tell me a bit more. What's the best part of it?", "Good to know! And how do you like it?"),
    "there": ("Oh! And how do you like that?", "I see. And what do you make of it?"),
    "glad": (
        "Oh, that's nice to hear! Tell me more about it.", "How lovely! What was the best part?", "That sounds good. How did it come about?",
    ),
    "sorry": (
        "I'm sorry to hear that. Do you want to tell me more?", "Oh no, that sounds hard. What happened?", "That's not easy. I'm here, and I'm listening.",
    ),
    "plain": (
        "I'm not sure I got all of that. Can you tell me a bit more?", "Hm, I want to understand that right. Can you put it another way?",
        "That one's a little over my head. What do you mean exactly?",
    ),
    "thing": (
        "{thing}, you say? Tell me a bit more.", "Ah, {thing}. What's the story there?", "Tell me more about the {thing}, if you like.",
        "I'd like to hear more about that {thing}.",
    ),
    "praise": (
        "I'm glad you liked it! Shall I go on?", "Thank you! That's good to hear.", "Glad that pleased you. Would you like another?",
    ),
    "groan": (
        "Fair enough! Shall I try a better one?", "Ouch, I earned that. Want me to try again?",
    ),
    "on_plain": (
        "I see. Tell me a bit more?", "Mm, I'm with you. Go on.", "Go on, I like hearing about it.",
        "Ah! And how do you feel about that?", "Right. And then?", "I'm all ears. What else?",
    ),
    "on_named": (
        "And {name}? Tell me a bit more.", "I like hearing about {name}. Go on.", "What else is {name} like?",
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
        "My small ears lost that one. What did you say?", "I'd like to get that right. Would you say it once more?",
    ),
    "half_heard": (
        "I caught the word {thing}, but not the rest. Would you say it again?", "Something about {thing}? I missed the rest, sorry.",
        "I only got {thing}. Tell me once more?",
    ),
}  # fmt: skip


def breaks_off(said: str) -> bool:
    """Whether a line ends where no sentence does.

    >>> breaks_off("well what happened was that i"), breaks_off("what is that")
    (True, False)
    """
    return bool(_BROKEN_OFF.search(said))


def kind(line: str, understood: float = 1.0) -> str:
    """Which of `LINES` fits a line; `understood` is the share of its words that are known.

    >>> kind("could you call my mother"), kind("what do ostriches weigh"), kind("and then i went to the")
    ('order', 'question', 'unfinished')
    """
    said = user_form(line)
    if not said:
        return "unheard"
    which = _kind(said)
    return "unheard" if understood < (0.9 if which == "plain" else 0.5) and which in _VAGUE else which


_VAGUE = frozenset("question me user do be able own taste plain did habit there doing like".split())  # kinds


def _kind(said: str) -> str:
    """Which of `LINES` fits words that were understood."""
    if _BROKEN_OFF.search(said):
        return "unfinished"
    if _HOW_ARE_YOU.search(said):
        return "well"
    if _BYE.search(said):
        return "bye"
    if _HELLO.match(said):
        return "hello"
    if _THANKS.search(said):
        return "thanks"
    if _ORDER.match(said):
        return "order"
    if _FACT.match(said) and _PRIVATE.search(said):
        return "private"
    if _FACT.match(said):
        about = next((name for name, pattern in QUESTIONS if pattern.match(said)), "me")
        if _US.search(said):
            return about
        return "user" if _OF_USER.search(said) else "question"
    if _DANGLING.search(said):
        return "unfinished"
    what = statement(said)
    if what in ("leaving", "undecided", "ache", "dislike"):
        return what
    if _SORRY.search(said):
        return "sorry"
    if _GLAD.search(said) and what not in ("like", "wish", "coming"):
        return "glad"
    return what or "plain"


def statement(said: str) -> str:
    """Which of `STATEMENTS` a line is, or "".

    >>> statement("my uncle grows pumpkins"), statement("i'm knitting a scarf"), statement("i hate getting up early")
    ('habit', 'doing', 'dislike')
    """
    return next((name for name, pattern in STATEMENTS if pattern.search(said)), "")


_PRAISE = re.compile(
    r"^(?:oh |wow |ah |ha )*(?:ha ?ha\w*|(?:that's|that was|it was|it's|i|very|so|really|pretty|what a) (?:\w+ ){0,2}(?:good|nice|funny|great|lovely|cool|clever|liked?|loved?|beautiful|cute|interesting|sweet|amazing|awesome)(?: (?:that|it|one|story|joke|thanks|pip|to know|to hear))*|i (?:really )?(?:liked?|loved?|enjoyed) (?:that|it|this|the \w+|your \w+)(?: one)?(?: a lot| very much)?|good one|nice one|love it|wow|lol|clever|cool|funny|beautiful)$"
)
_GROAN = re.compile(
    r"^(?:oh |ah |ha |okay |ok |well |hm |no )*(?:that's|that was|it was|very|so|really|pretty)? ?(?:\w+ )?(?:bad|terrible|awful|boring|not funny|lame|silly|weak)(?: (?:one|joke|story))?$"
)


def kind_after(line: str, talk: Talk) -> str:
    """Which of `LINES` goes on with a talk whose topic is glad, sorry, or neither."""
    said = user_form(line)
    if _PRAISE.match(said):
        return "praise"
    if _GROAN.match(said):
        return "groan"
    for text in [line, *(text for who, text in reversed(talk) if who == "user")][:3]:
        plain = _GREETING.sub("", user_form(text))
        for mood in ("sorry", "glad"):
            if (_SORRY if mood == "sorry" else _GLAD).search(plain):
                return "on_" + mood
    return "on_plain"


_GREETING = re.compile(
    r"\b(?:good (?:morning|evening|afternoon|day|night)|i'm fine|i'm good|nice to meet you)\b"
)
_THEY = re.compile(
    r"^(?:and |but |yes |well |now )*(?:he|she|it|they|he's|she's|it's|they're|his|her|its|their)\b"
)


_TENSES = {"sorry": "S", "ache": "S", "coming": "F", "did": "P"}  # of what `_kind` calls a statement
_TOPICAL = frozenset("sorry ache coming did glad like habit doing there plain learning wish".split())


def on_topic(said: str, talk: Talk, rarity: Mapping[str, float]) -> list[str]:
    """What to say to a statement about something that this talk has not spoken of yet; none for other lines.

    >>> on_topic("i play the cello on sundays", (), {})[0]
    'The cello! What do you like to play on it best?'
    """
    which = _kind(said)
    if which not in _TOPICAL or len(said.split()) < 3:
        return []
    before = [word for who, text in talk if who == "user" for word in user_form(text).split()]
    if talk and not topics.apart(said.split(), before):
        return []
    tense = _TENSES.get(which) or _TENSES.get(statement(said), "A")
    return topics.replies(said, tense, rarity)


def ask(
    line: str, talk: Talk, choice: int = 0, understood: float = 1.0, thing: str = "", named: str = "",
    rarity: Mapping[str, float] | None = None,
) -> str:  # fmt: skip
    """A line that fits, other than those said before in this talk as long as there are others.

    `thing` is a word of the user's line that Pip may take up; `named` the name of whom "he", "she" or "it" means;
    `rarity` of words decides which of several topics is meant.
    """
    said = {pip_form(text) for who, text in talk if who == "pip"}
    about = [text for text in on_topic(user_form(line), talk, rarity or {}) if pip_form(text) not in said]
    if about:
        return about[choice % len(about)]
    which = kind(line, understood)
    if which == "unheard" and thing:
        which = "half_heard"
    if talk and which in ("plain", "glad", "sorry", "habit", "there", "doing", "did"):
        which = kind_after(line, talk)
    if which == "on_plain" and named and _THEY.match(user_form(line)):
        which = "on_named"
    told = which == "plain" and thing and user_form(line).split()[0] in ("i", "my", "we", "our")
    lines = LINES["thing" if told else which]
    lines = tuple(t.replace("{name}", " ".join(n.capitalize() for n in named.split())) for t in lines)
    lines = tuple(t.replace("{thing}", thing.capitalize() if t.startswith("{") else thing) for t in lines)
    fresh = [text for text in lines if pip_form(text) not in said] or list(lines)
    return fresh[choice % len(fresh)]
