"""The loudspeaker of this computer, where it has one."""

from __future__ import annotations

from pathlib import Path

import soundfile

from agent.sound.chatter import without_chatter


class NoLoudspeaker(Exception):
    """Nothing here can sound; the message says why in one line."""


def play(path: Path) -> None:
    """Play a sound file to its end. Raises NoLoudspeaker where there is none."""
    with without_chatter():
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
