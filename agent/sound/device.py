"""The loudspeaker of this computer, where it has one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile


class NoLoudspeaker(Exception):
    """Nothing here can sound; the message says why in one line."""


def play(path: Path) -> None:
    """Play a sound file to its end. Raises NoLoudspeaker where there is none."""
    with _without_chatter():
        try:
            import sounddevice
        except OSError as error:
            raise NoLoudspeaker("PortAudio is not installed: run scripts/system-packages.sh") from error
        try:
            sounddevice.query_devices(kind="output")
        except (ValueError, sounddevice.PortAudioError) as error:
            raise NoLoudspeaker("no loudspeaker is connected") from error
    sound, rate = soundfile.read(path, dtype="float32")
    try:
        sounddevice.play(sound, rate, blocking=True)
    except sounddevice.PortAudioError as error:
        raise NoLoudspeaker("the loudspeaker cannot be used just now") from error


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep what sound libraries print while they look for devices away from the terminal."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
