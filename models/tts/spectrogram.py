"""A held-out sentence three times as a picture: the recording, its copy-synthesis, and the voice.

    python -m models.tts.spectrogram docs/pictures/mouth.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from models.tts.context import step_tokens
from models.tts.corpus import level, recordings
from models.tts.dataset import Utterance, load
from models.tts.spectrum import FRAME, RATE, Floats
from models.tts.synthesiser import synthesise
from models.tts.voice import Voice

WINDOW, HOP, HIGHEST_HZ = 600, 60, 8000.0


def log_power(samples: Floats) -> Floats:
    """(frequencies up to 8 kHz, frames) power in dB below the loudest, 25 ms windows every 2.5 ms."""
    pieces = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW), 1024, axis=1)) ** 2
    shown = power[:, : int(HIGHEST_HZ / RATE * 1024)].T
    decibels = 10.0 * np.log10(shown + 1e-9)
    return np.asarray(np.maximum(decibels - decibels.max(), -70.0), np.float32)


def sounds(voice: Voice, u: Utterance) -> dict[str, tuple[Floats, Floats]]:
    """Title → samples and log F0 (NaN where unvoiced) of a held-out recording and its doubles, all with the
    natural lengths.
    """
    natural = dict(recordings("cathy", {u.name}))[u.name]
    log_f0 = voice.melody(u.melody, [int(n) for n in u.lengths])
    frames = voice.frames(step_tokens(u.tokens, u.lengths), log_f0)
    return {
        "recording": (level(natural)[FRAME * u.start :][: FRAME * len(u.frames)], _pitch(u.frames)),
        "copy-synthesis": (synthesise(u.frames), _pitch(u.frames)),
        "this voice": (synthesise(frames), _pitch(frames)),
    }


def _pitch(frames: Floats) -> Floats:
    return np.where(frames[:, 1] > 0.5, np.exp(frames[:, 0]), np.nan)


def draw(voice: Voice, u: Utterance, target: Path) -> None:
    """Writes the picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = sounds(voice, u)
    figure, axes = pyplot.subplots(len(found) + 1, 1, figsize=(9, 9), layout="constrained")
    for axis, (title, (samples, _)) in zip(axes, found.items(), strict=False):
        shown = log_power(samples)
        axis.imshow(
            shown, origin="lower", aspect="auto", cmap="magma",
            extent=(0.0, len(samples) / RATE, 0.0, HIGHEST_HZ / 1000.0),
        )  # fmt: skip
        axis.set_ylabel("kHz")
        axis.set_title(title, fontsize=10, loc="left")
    for title, (_, pitch) in list(found.items())[1:]:
        axes[-1].plot(
            np.arange(len(pitch)) / 100.0, pitch, label="recording" if title != "this voice" else title
        )
    axes[-1].set_ylabel("F0, Hz")
    axes[-1].set_xlabel(f"seconds: “{u.text}”")
    axes[-1].legend(fontsize=8)
    axes[-1].margins(x=0.0)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=80)
    pyplot.close(figure)


def main() -> None:
    """Draws a held-out sentence of middling length into the file named."""
    _, held = load(Path("runs/mouth"), with_training=False)
    middling = sorted(held, key=lambda u: len(u.frames))[len(held) // 2]
    draw(Voice.load(), middling, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
