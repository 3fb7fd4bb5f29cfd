"""Is there a voice in this frame? WebRTC's detector: energy in six bands against two Gaussians each.

It takes the hiss of an empty room for a voice until it knows the room, so a frame quieter than any speech
counts as quiet whatever the detector says.
"""

from __future__ import annotations

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ

AGGRESSIVENESS = 2  # 0 takes nearly everything for a voice, 3 the least
QUIETEST_DB = -58.0  # root mean square of a frame, against full scale; far from a microphone, speech has −45

_QUIETEST = 10 ** (QUIETEST_DB / 10)


class VoiceActivity:
    """A detector that follows one stream; it adapts to the stream's noise, so every stream has its own."""

    def __init__(self, aggressiveness: int = AGGRESSIVENESS) -> None:
        self._detector = webrtcvad.Vad(aggressiveness)

    def voiced(self, frame: NDArray[np.float32]) -> bool:
        """Whether somebody speaks in this frame of 320 samples (20 ms at 16 kHz, full scale ±1)."""
        if frame.shape != (FRAME,):
            raise ValueError(f"a frame has {FRAME} samples, this one has shape {frame.shape}")
        wide = frame.astype(np.float64)
        audible = float(np.add.reduce(wide * wide)) / FRAME > _QUIETEST
        pcm = np.rint(np.minimum(np.maximum(frame, -1.0), 1.0) * 32_767).astype("<i2")
        return bool(self._detector.is_speech(pcm.tobytes(), HEARING_HZ) and audible)
