"""Text sets as streams of tokens to train the mind on.

Caches go to one folder: `tokens.json`, `mix.npy` and `pip.npy` (all talks of a set on end, uint16), with
`….starts.npy` beside them (where each talk begins), and `held.npy` (talks that are never trained on).
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from models.lm.misheard import confusions, mishear, pronunciations
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import Tokens, learn

HELD_TALKS = 200
NOISE_DRAWS = 4  # versions of every Pip talk, each misheard anew
LONGEST_REPLY = 22  # mean words a turn; longer chats teach lecturing
Turn = tuple[str, str]

# set → (share of its talks that is kept, whether its sides take turns as user and Pip)
MIX: dict[str, tuple[float, bool]] = {
    "self_dialogue": (1.0, True),
    "synthetic_persona_chat": (1.0, True),
    "topical_chat": (1.0, True),
    "ms_chitchat": (0.6, True),
    "ms_personalitychat": (1.0, True),
    "chatterbot": (1.0, True),
    "jokes": (1.0, False),
    "sgd": (0.15, True),
    "taskmaster4": (0.5, True),
    "rasbt": (1.0, True),
    "fairytaleqa_q": (1.0, True),
    "fairytaleqa_stories": (0.5, False),
    "african_storybook": (1.0, False),
    "pratham_books": (1.0, False),
    "tinystories": (1.0, False),
    "common_voice": (0.5, False),
    "tatoeba": (1.0, False),
}
_CODING = re.compile(r"\b(python|java|linux|install|software|windows|wifi|browser|http|www|url)\b")


def data_folder() -> Path:
    """Where the text sets are: `$SPIKETALK_DATA`, or `../shared/data` beside the repository."""
    return Path(os.environ.get("SPIKETALK_DATA", Path(__file__).parents[3] / "shared" / "data"))


def read_lines(path: Path) -> Iterator[list[Turn]]:
    """The talks of one `.jsonl.xz` file. Raises `FileNotFoundError` that says where data is looked for."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; set SPIKETALK_DATA to the folder that holds text/")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield [(who, text) for who, text in json.loads(line)]


def read_written(path: Path) -> Iterator[list[Turn]]:
    """The talks of one text file in the written form: `U: ` and `A: ` lines, an empty line between talks."""
    talk: list[Turn] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        line = line.strip()
        if line[:2] in ("U:", "A:"):
            talk.append(("user" if line[0] == "U" else "pip", line[2:].strip()))
        elif not line and talk:
            yield talk
            talk = []


def wordings_as_talks() -> list[list[Turn]]:
    """Every wording of the intents with one of its replies."""
    from models.lm.intents import intent_talks  # it reads sets with this module

    return intent_talks()


def pip_talks() -> list[list[Turn]]:
    """The talks of the set `pip_talks`."""
    return list(read_lines(data_folder() / "text" / "pip_talks.jsonl.xz"))


def written_talks() -> list[list[Turn]]:
    """The talks in the files of `models/lm/talks`."""
    files = sorted((Path(__file__).parent / "talks").glob("*.txt"))
    return [talk for path in files for talk in read_written(path)]


def held_out(talks: list[list[Turn]], count: int = HELD_TALKS) -> tuple[list[list[Turn]], list[list[Turn]]]:
    """(held out, rest): the `count` talks whose SHA-256 comes first, whole; the same whatever the order."""

    def digest(talk: list[Turn]) -> bytes:
        return hashlib.sha256(json.dumps(talk).encode()).digest()

    limit = sorted(digest(t) for t in talks)[min(count, len(talks)) - 1]
    return [t for t in talks if digest(t) <= limit], [t for t in talks if digest(t) > limit]


def _mix_talk(name: str, talk: list[Turn], sides: bool) -> list[Turn]:
    if name == "topical_chat" and sum(len(t.split()) for _, t in talk) > LONGEST_REPLY * len(talk):
        return []
    if name == "chatterbot" and any(_CODING.search(t.lower()) for _, t in talk):
        return []
    turns = [("user" if sides and i % 2 == 0 else "pip", t) for i, (_, t) in enumerate(talk) if "[" not in t]
    if len(talk) == 1 and len(talk[0][1]) > 1200:  # a story: pieces of a few sentences
        sentences = re.split(r"(?<=[.?!])\s+", talk[0][1].replace("\n", " "))
        turns = [("pip", " ".join(sentences[i : i + 8])) for i in range(0, len(sentences), 8)]
    return [(who, text) for who, text in turns if (user_form if who == "user" else pip_form)(text)]


def mix_talks(random: Random) -> Iterator[list[Turn]]:
    """The talks, stories and sentences to pre-train on, thinned as `MIX` says."""
    for name, (share, sides) in MIX.items():
        for talk in read_lines(data_folder() / "text" / f"{name}.jsonl.xz"):
            if random.random() < share and (turns := _mix_talk(name, talk, sides)):
                yield turns


def _pack(tokens: Tokens, talks: list[list[Turn]]) -> tuple[np.ndarray, np.ndarray]:
    encoded = [np.array(tokens.talk(talk), np.uint16) for talk in talks]
    starts = np.cumsum([0, *(len(e) for e in encoded)])
    return np.concatenate(encoded), starts.astype(np.int64)


def _noisy(talks: list[list[Turn]], alike: dict[str, list[str]], random: Random) -> list[list[Turn]]:
    out = []
    for talk in talks:
        rate = random.choice((0.0, 0.0, 0.1, 0.25))
        out.append([(w, mishear(user_form(t), rate, alike, random) if w == "user" else t) for w, t in talk])
    return out


def held_mix(folder: Path, tokens: Tokens, count: int) -> list[list[int]]:
    """Token ids of talks of the mix that are never trained on: the last `count` in its stream.

    None where there is no stream, or it was packed in another vocabulary.
    """
    known = folder / "tokens.json"
    if not known.exists() or not (folder / "mix.npy").exists() or Tokens.load(known).words != tokens.words:
        return []
    stream, starts = np.load(folder / "mix.npy", mmap_mode="r"), np.load(folder / "mix.starts.npy")
    ends = starts[-1 - min(count, HELD_TALKS, len(starts) - 1) :]
    return [stream[a:b].astype(int).tolist() for a, b in pairwise(ends)]


def alike_words(talks: list[list[Turn]], at_least: int = 3) -> dict[str, list[str]]:
    """What the words of these talks are misheard as (see `misheard.confusions`)."""
    counts = Counter(w for talk in talks for who, t in talk for w in user_form(t).split())
    words = [w for w, n in counts.items() if n >= at_least]
    return confusions(pronunciations(data_folder() / "lexicon" / "cmudict.dict.xz", words))


def _fingerprint(seed: int) -> str:
    """What the talks to train on are made from: changes when a talk is written, or the set replaced."""
    content = hashlib.sha256(json.dumps([written_talks(), wordings_as_talks(), seed, NOISE_DRAWS]).encode())
    content.update((data_folder() / "text" / "pip_talks.jsonl.xz").read_bytes())
    return content.hexdigest()


def prepare(folder: Path, say: Callable[[str], None] = print, seed: int = 0) -> None:
    """Write the caches into `folder`. What is there and up to date is left alone.

    Talks that were written since are packed anew in the vocabulary that is there, so that a network already
    trained keeps its tokens; without `tokens.json` the vocabulary is learnt again and everything packed.
    """
    made, mark = folder / "prepared.txt", _fingerprint(seed)
    known = (folder / "tokens.json").exists()
    mixed = known and (folder / "mix.npy").exists()
    if mixed and made.exists() and made.read_text().strip() == mark:
        return
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    held, talks = held_out(pip_talks())
    talks += written_talks() + wordings_as_talks()
    mix = [] if mixed else list(mix_talks(random))
    random.shuffle(mix)
    forms = {"user": user_form, "pip": pip_form}
    if known:
        tokens = Tokens.load(folder / "tokens.json")
    else:
        texts = [forms[who](t) for source in (mix, *[talks] * 8) for talk in source for who, t in talk]
        tokens = learn(texts)
        tokens.save(folder / "tokens.json")
        say(f"mind: vocabulary of {len(tokens)} from {sum(len(t.split()) for t in texts) / 1e6:.1f} M words")
    alike = alike_words(talks)
    hearing = Random(seed)
    noisy = [t for _ in range(NOISE_DRAWS) for t in _noisy(talks, alike, hearing)]
    for name, source in (("mix", mix), ("pip", noisy), ("held", held)):
        if not source:
            continue
        stream, starts = _pack(tokens, source)
        np.save(folder / f"{name}.starts.npy", starts)
        np.save(folder / f"{name}.npy", stream)
        characters = sum(len(forms[who](t)) + 1 for talk in source for who, t in talk)
        say(f"mind: {name}: {len(source)} talks, {len(stream) / 1e6:.2f} M tokens, {characters} characters")
    made.write_text(mark + "\n")
