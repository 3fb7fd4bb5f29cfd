"""`spiketalk train ears`: from recordings to `models/shipped/ears.safetensors`."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn

from models.asr.alignment import Alignments, align
from models.asr.augment import Recipe
from models.asr.batches import UNKNOWN, Batch, Entry, Sampler, collate, training_batch
from models.asr.corpus import (
    DEVELOPMENT_SHARDS,
    TRAINING_SHARDS,
    Utterance,
    held_out,
    read_shard,
    training_recordings,
)
from models.asr.features import log_mels, normalise
from models.asr.lexicon import BLANK, collapse
from models.asr.net import FRAMES_PER_STEP, Ears, Size, rates
from models.asr.packed import Packed, Pronouncer, pack
from models.asr.robust import TRAINED_ON_EVERY
from models.asr.robust import noises as held_out_noises
from models.asr.sequence import partition, trigram
from models.asr.sounds import synthesised
from models.training import crew, kernels
from models.training.grow import widen
from models.training.loop import CHECKPOINT, Group, Plan, begin, fit, load_average
from models.training.mismatch import inject

SHIPPED = Path(__file__).parents[1] / "shipped"
ALIGNMENTS, SETTINGS = "alignments.npz", "settings.json"
NO_SPEECH = "no-speech"
_SYNTHESISED = 400
_STEPS_PER_PHONE = 3
_TAIL_STEPS = 10  # quiet after a recording, as models/asr/recogniser.py adds it
_LONGEST_S = 20
_MIDDLE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run depends on; `batch_s` is one process's share.

    `frame_weight` weighs the frame criterion, for which the run's folder holds alignments.npz; `sequence` is
    the sequence criterion's share of CTC's (models/asr/sequence.py); `chip` is an analogue chip whose flaws
    the network learns to live with (models/training/mismatch.py). The frame criterion asks for phones `late`
    steps after the aligner would have said them: what follows a phone tells it from others.
    """

    updates: int = 6000
    rate: float = 2e-3
    batch_s: float = 80.0
    width: int = 256
    blocks: int = 6
    dropout: float = 0.05
    spiking: bool = True
    activity_weight: float = 0.0
    frame_weight: float = 0.0
    sequence: float = 0.0
    muon: float = 10.0
    hardness: float = 0.0
    late: int = 0
    seed: int = 1
    chip: str = ""


def train(
    folder: Path = Path("runs/ears"),
    updates: int = 12_000,
    rate: float = 2e-3,
    batch_s: float = 60.0,
    width: int = 192,
    blocks: int = 6,
    dropout: float = 0.05,
    dense: bool = False,
    activity_weight: float = 0.0,
    frame_weight: float = 0.5,
    sequence: float = 0.0,
    muon: float = 10.0,
    hardness: float = 0.0,
    late: int = 2,
    aligner: Path | None = None,
    start: Path | None = None,
    seed: int = 1,
    processes: int = 1,
    device: str | None = None,
    cache: Path = Path("runs/cache"),
    evaluate_every: int = 500,
    export_to: Path | None = None,
    chip: str = "",
) -> Path | None:
    """Train and export; gives the program's path (None for the dense twin, which is no program).

    An update sees `batch_s` seconds of speech, shared out among `processes`. A run that hears a little
    already can be the `aligner` of the next one (its folder): its forced alignments give the frame
    criterion, and without one there is CTC alone. `start` is the folder of a run to begin from, as wide as
    this one or narrower (models/training/grow.py).
    """
    if aligner is not None and not (folder / ALIGNMENTS).exists():
        _align(aligner, folder / ALIGNMENTS, cache)
    weight = frame_weight if (folder / ALIGNMENTS).exists() else 0.0
    settings = Settings(
        updates=updates,
        rate=rate,
        batch_s=batch_s / processes,
        width=width,
        blocks=blocks,
        dropout=dropout,
        spiking=not dense,
        activity_weight=activity_weight,
        frame_weight=weight,
        sequence=sequence,
        muon=muon,
        hardness=hardness,
        late=late,
        seed=seed,
        chip=chip,
    )
    if chip:
        inject(Ears(_size(settings)), chip)  # refused before anything is read
    if start is not None and not (folder / CHECKPOINT).exists():
        begin(_grown(_network(start), settings), _made(folder))
    crew.run(learn, processes, settings, folder, cache, device, evaluate_every)
    return None if dense else export(folder, export_to or SHIPPED / "ears.safetensors")


def learn(
    settings: Settings, folder: Path, cache: Path, device: str | None = None, evaluate_every: int = 500
) -> dict[str, Tensor]:
    """Trains (or goes on training) the ears in `folder`, as one of a crew; returns the averaged weights."""
    threads = 1 if crew.count() > 1 else os.cpu_count() or 1
    kernels.set_threads(threads)
    torch.manual_seed(settings.seed)
    shards = {name: packed_shard(name, cache) for name in sorted({*TRAINING_SHARDS, *DEVELOPMENT_SHARDS})}
    entries = training_entries(shards[name] for name in TRAINING_SHARDS)
    if settings.frame_weight:
        found = Alignments.load(folder / ALIGNMENTS)
        entries = [replace(entry, labels=found.of(number)) for number, entry in enumerate(entries)]
    mean, deviation = statistics(entries)
    np.savez(_made(folder) / "statistics.npz", mean=mean, deviation=deviation)
    (folder / SETTINGS).write_text(json.dumps(asdict(settings), indent=1))
    silent = packed_shard(NO_SPEECH, cache)
    nothing = [Entry(silent, i, labels=_blank(silent, i)) for i in range(len(silent))]
    noises = [entry.log_mels() for entry in nothing]
    sampler = Sampler(entries + nothing, int(settings.batch_s * 100), settings.seed)
    recipe = Recipe.harder(settings.hardness)
    development = development_entries(shards)
    others = [log_mels(noise) for noise in held_out_noises()]
    model = Ears(_size(settings))
    if settings.chip:
        inject(model, settings.chip)
    hours = sum(entry.frames for entry in entries) / 360_000
    Console(stderr=True).print(
        f"ears: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, "
        f"{len(entries)} utterances, {hours:.2f} h a pass"
    )

    def batch(update: int) -> Batch:
        return training_batch(*sampler.batch(update), mean, deviation, noises, recipe, settings.late)

    def evaluate(network: nn.Module, update: int) -> dict[str, float]:
        figures = {name: error_rate(network, chosen, mean, deviation) for name, chosen in development.items()}
        invented = phones_per_minute(network, others, mean, deviation)
        return figures | {"invented": invented, "rate": rates(network)}

    plan = Plan(
        settings.updates,
        settings.rate,
        weight_decay=0.05,
        clip=2.0,
        muon=settings.muon,
        activity_weight=settings.activity_weight,
        evaluate_every=evaluate_every,
    )
    phones = trigram(entry.phones() for entry in entries)
    loss = partial(_loss, frame_weight=settings.frame_weight, sequence=settings.sequence, model=phones)
    return fit(model, [Group(list(model.parameters()))], batch, loss, plan, folder, evaluate, device)


def export(folder: Path, path: Path) -> Path:
    """Writes the averaged weights of the run in `folder` as a program, and gives its path."""
    model = _network(folder)
    settings = json.loads((folder / SETTINGS).read_text())
    mean, deviation = (torch.from_numpy(one) for one in _front_end(folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    model.export(mean, deviation, {"settings": json.dumps(settings)}).save(path)
    return path


def _network(folder: Path) -> Ears:
    """The averaged network of a run."""
    if not (folder / SETTINGS).exists():
        raise FileNotFoundError(f"{folder} holds no run of the ears; name the folder of one")
    model = Ears(_size(Settings(**json.loads((folder / SETTINGS).read_text()))))
    model.load_state_dict(load_average(folder))
    return model


def _grown(network: Ears, settings: Settings) -> Ears:
    """A run's network for another run to begin from, wider where that one is."""
    wanted = Ears(_size(settings))
    widen(network, wanted, stacked={"second.weight": 2})
    return wanted


def _front_end(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of the log-mels that a run was trained with."""
    with np.load(folder / "statistics.npz") as kept:
        return kept["mean"], kept["deviation"]


def _align(aligner: Path, path: Path, cache: Path) -> None:
    """Aligns all training recordings with the network of the run `aligner`."""
    Console(stderr=True).print(f"aligning the recordings with {aligner}")
    network = _network(aligner).eval()
    entries = training_entries(packed_shard(name, cache) for name in TRAINING_SHARDS)
    _made(path.parent)
    late = Settings(**json.loads((aligner / SETTINGS).read_text())).late
    align(network, entries, *_front_end(aligner), late).save(path)


def packed_shard(name: str, cache: Path) -> Packed:
    """A shard's packed features, made on first use."""
    path = cache / f"ears-{name}.npz"
    if not path.exists():
        Console(stderr=True).print(f"packing {name}")
        if name == NO_SPEECH:
            pack(no_speech(), None).save(path)
        else:
            pack(training_recordings(name), _pronouncer()).save(path)
    return Packed.load(path)


def no_speech() -> Iterator[Utterance]:
    """Sounds in which nothing is said: a third of the recorded noises, and synthesised ones."""
    recorded = itertools.islice(read_shard("noise-esc10"), 0, None, TRAINED_ON_EVERY)
    yield from (replace(one, text="") for one in recorded)
    for number, sound in enumerate(synthesised(_SYNTHESISED)):
        yield Utterance(f"synthesised-{number}", NO_SPEECH, "", sound, "")


def training_entries(shards: Iterable[Packed]) -> list[Entry]:
    """Everything that may be trained on, is not too long, and has more steps than phones."""
    entries = [Entry(shard, i) for shard in shards for i in range(len(shard))]
    return [
        entry
        for entry in entries
        if not held_out(str(entry.shard.sources[entry.index]), str(entry.shard.speakers[entry.index]))
        and entry.frames <= _LONGEST_S * 100
        and entry.frames / 4.6 > 1.1 * len(entry.phones())
    ]


def development_entries(shards: dict[str, Packed], most: int = 60) -> dict[str, list[Entry]]:
    """A fixed sample of each development split."""
    chosen = {}
    for name in DEVELOPMENT_SHARDS:
        shard = shards[name]
        every = [Entry(shard, i) for i in range(len(shard)) if held_out(name, str(shard.speakers[i]))]
        chosen[name.split("-")[0].rstrip("0123456789")] = every[:: max(1, len(every) // most)][:most]
    return chosen


def statistics(entries: list[Entry]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of the log-mels, per band."""
    sample = np.concatenate([entry.log_mels()[::10] for entry in entries[::3]])
    return sample.mean(0), sample.std(0)


def error_rate(
    network: nn.Module, entries: list[Entry], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> float:
    """Greedy phone error rate, as a fraction."""
    wrong = said = 0
    device = next(network.parameters()).device
    for start in range(0, len(entries), 8):
        some = entries[start : start + 8]
        batch = collate([normalise(e.log_mels(_TAIL_STEPS), mean, deviation) for e in some], some)
        best = network(batch.mels.to(device))[0].argmax(-1).cpu()
        for row, steps, entry in zip(best, batch.steps, some, strict=True):
            truth = entry.phones().tolist()
            wrong += edit_distance(collapse(row[: int(steps)].tolist()), truth)
            said += len(truth)
    return wrong / max(1, said)


def phones_per_minute(
    network: nn.Module,
    sounds: list[NDArray[np.float32]],
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
) -> float:
    """How many phones a minute the network hears in log-mels in which nothing is said."""
    device = next(network.parameters()).device
    found = 0
    for sound in sounds:
        heard = network(torch.from_numpy(normalise(sound, mean, deviation))[None].to(device))[0]
        found += len(collapse(heard[0].argmax(-1).tolist()))
    return found / max(1e-9, sum(map(len, sounds)) / 6_000)


def edit_distance(ours: list[int], truth: list[int]) -> int:
    """Fewest substitutions, insertions and deletions from one sequence to the other."""
    row = np.arange(len(truth) + 1)
    target = np.array(truth)
    for i, one in enumerate(ours, 1):
        changed = np.concatenate([[i], np.minimum(row[:-1] + (target != one), row[1:] + 1)])
        row = np.minimum.accumulate(changed - np.arange(len(changed))) + np.arange(len(changed))
    return int(row[-1])


def _loss(
    network: nn.Module, batch: Batch, frame_weight: float, sequence: float, model: NDArray[np.float32]
) -> tuple[Tensor, dict[str, float]]:
    device = next(network.parameters()).device
    answers = network(batch.mels.to(device))
    log_p = answers.phones.float().log_softmax(-1)
    ends = _ctc(log_p, batch)
    loss = (1 - _MIDDLE_SHARE) * ends + _MIDDLE_SHARE * _ctc(answers.middle.float().log_softmax(-1), batch)
    figures = {"ctc": float(ends.detach())}
    if sequence:
        every = (partition(log_p, batch.steps, model) / _measure(batch).to(device)).mean()
        loss = loss + (1 - _MIDDLE_SHARE) * sequence * every
        figures["ln_z"] = float(every.detach())
    if frame_weight and batch.labels is not None:
        labels = batch.labels.to(device).flatten()
        frames = F.cross_entropy(answers.frames.float().flatten(0, 1), labels, ignore_index=UNKNOWN)
        loss = loss + frame_weight * frames
        figures["frames"] = float(frames.detach())
    return loss, figures


def _ctc(log_p: Tensor, batch: Batch) -> Tensor:
    logs = log_p.transpose(0, 1)
    counts = batch.phone_counts
    losses = F.ctc_loss(logs, batch.phones, batch.steps, counts, BLANK, reduction="none", zero_infinity=True)
    return (losses / _measure(batch).to(losses)).mean()


def _measure(batch: Batch) -> Tensor:
    """What an utterance's loss is divided by: its phones, or those that a silence had time for."""
    return torch.where(batch.phone_counts > 0, batch.phone_counts, batch.steps // _STEPS_PER_PHONE + 1)


def _blank(shard: Packed, number: int) -> NDArray[np.int8]:
    """Labels of a sound in which nothing is said."""
    return np.full((shard.frames[number + 1] - shard.frames[number]) // FRAMES_PER_STEP, BLANK, np.int8)


def _size(settings: Settings) -> Size:
    return Size(settings.width, settings.blocks, dropout=settings.dropout, spiking=settings.spiking)


@lru_cache(maxsize=1)
def _pronouncer() -> Pronouncer:
    return Pronouncer()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
