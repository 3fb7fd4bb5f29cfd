"""Our own voice taken out of the microphone, so that it can be talked to on open speakers.

`Canceller` needs NumPy only: a partitioned-block frequency-domain adaptive filter (Soo and Pang, "Multidelay
block frequency domain adaptive filter", IEEE ASSP 1990) in the two-path form (Ochiai, Araseki and Ogihara,
"Echo canceler with two echo path models", IEEE Trans. Comm. 1977): one filter learns all the time; the other,
which is heard, takes its weights only where they have proved better, so that both talking at once does no
harm. What is left is judged by a guard: is it more than the echo that this filter leaves behind? `WebRtc` is
WebRTC's processing, where the `livekit` package is installed, beside the same guard.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.clock import FRAME, HEARING_HZ, SPEAKING_HZ

Floats = NDArray[np.float32]
Bins = NDArray[np.complex128]

PARTITIONS = 16
"""of 20 ms each: the longest way through the room, devices included, is 320 ms"""
IN_TURN = 4
"""each frame, one partition in four is kept causal: nearly as good as all, at a quarter of the transforms"""
STEP = 0.5
QUIET = 1e-7
"""a mean square below this is silence (−70 dB)"""
CONVERGED_FRAMES = 100
"""until it has adapted for 2 s of our own sound, what comes in with it is held to be our own unless loud"""
TAIL_FRAMES = 15
"""for 300 ms after we fell silent the room may still sound"""


class EchoCanceller(Protocol):
    """Hears what is played and takes it out of what is recorded, frame by frame."""

    def played(self, sound: Floats) -> None:
        """20 ms that the loudspeaker plays now, at 24 kHz."""

    def clean(self, sound: Floats) -> tuple[Floats, bool]:
        """20 ms at 16 kHz without echo, and whether what is left is but echo."""


class NoEcho:
    """For headphones and files: nothing comes back."""

    def played(self, sound: Floats) -> None:
        """Nothing to remember."""

    def clean(self, sound: Floats) -> tuple[Floats, bool]:
        """The sound as it is."""
        return sound, False


class Reference:
    """What was played, at 16 kHz, as soon as it is played.

    24 → 48 → 16 kHz with one short filter: half a millisecond late. A better one would come later than the
    echo does.
    """

    def __init__(self) -> None:
        taps = np.hamming(49) * np.sinc(2 * 7_200 / (2 * SPEAKING_HZ) * (np.arange(49) - 24))
        self._taps = 2 * taps / taps.sum()
        self._history = np.zeros(len(self._taps) - 1)
        self._frame = np.zeros(FRAME, np.float32)

    def played(self, sound: Floats) -> None:
        """Take 20 ms at 24 kHz."""
        doubled = np.zeros(2 * len(sound))
        doubled[::2] = sound
        whole = np.concatenate((self._history, doubled))
        self._history = whole[len(doubled) :]
        self._frame = np.convolve(whole, self._taps, "valid")[::3].astype(np.float32)

    def frame(self) -> Floats:
        """The last 20 ms at 16 kHz; silence where nothing was played."""
        frame, self._frame = self._frame, np.zeros(FRAME, np.float32)
        return frame


class Path:
    """One estimate of the way through the room: PARTITIONS × bins weights."""

    def __init__(self) -> None:
        self.weights = np.zeros((PARTITIONS, FRAME + 1), np.complex128)
        self.error = 1e-9
        """smoothed mean square of what it leaves"""

    def echo(self, spectra: Bins) -> NDArray[np.float64]:
        """The echo that it expects in this frame."""
        return np.fft.irfft((self.weights * spectra).sum(0))[FRAME:]

    def left(self, residual: NDArray[np.float64]) -> None:
        """Note what was left."""
        self.error += 0.1 * (float(np.mean(residual**2)) - self.error)


class Canceller:
    """The canceller in plain NumPy."""

    def __init__(self) -> None:
        self._reference = Reference()
        self._guard = Guard()
        self._heard, self._learning = Path(), Path()
        self._spectra: Bins = np.zeros((PARTITIONS, FRAME + 1), np.complex128)
        self._before = np.zeros(FRAME)
        self._turn = 0
        self._power = np.full(FRAME + 1, 1e-3)

    def played(self, sound: Floats) -> None:
        """20 ms that the loudspeaker plays now, at 24 kHz."""
        self._reference.played(sound)

    def clean(self, sound: Floats) -> tuple[Floats, bool]:
        """20 ms at 16 kHz without echo, and whether what is left is but echo."""
        far = self._reference.frame().astype(np.float64)
        spectrum = np.fft.rfft(np.concatenate((self._before, far)))
        self._before = far
        self._spectra = np.concatenate((spectrum[None], self._spectra[:-1]))
        self._power += 0.3 * (np.abs(self._spectra) ** 2).mean(0) - 0.3 * self._power
        near = sound.astype(np.float64)
        echo = self._heard.echo(self._spectra)
        left = near - echo
        trial = near - self._learning.echo(self._spectra)
        self._heard.left(left)
        self._learning.left(trial)
        if np.abs(self._spectra).max() > 1e-3:
            self._learn(trial)
            self._choose(near)
        is_echo = self._guard.judge(far, near, echo, left)
        return left.astype(np.float32), is_echo

    def _learn(self, trial: NDArray[np.float64]) -> None:
        """One step of normalised least mean squares in every bin; in turn, partitions are kept causal."""
        error = np.fft.rfft(np.concatenate((np.zeros(FRAME), trial)))
        step = STEP / (PARTITIONS * self._power + 1e-2)
        weights = self._learning.weights
        weights += step * error * np.conj(self._spectra)
        self._turn = (self._turn + 1) % IN_TURN
        filters = np.fft.irfft(weights[self._turn :: IN_TURN], axis=1)
        filters[:, FRAME:] = 0
        weights[self._turn :: IN_TURN] = np.fft.rfft(filters, axis=1)

    def _choose(self, near: NDArray[np.float64]) -> None:
        """Hear the learner where it is better, and send it back where it went astray."""
        heard, learning = self._heard, self._learning
        if learning.error < 0.9 * heard.error:
            heard.weights = learning.weights.copy()
            heard.error = learning.error
        elif learning.error > 4 * heard.error:
            learning.weights = heard.weights.copy()
            learning.error = heard.error


class Guard:
    """Tells the echo that is left from somebody's voice, by their levels."""

    def __init__(self) -> None:
        self._adapted = 0
        self._since_far = TAIL_FRAMES + 1
        self._coupling = 0.0
        """how loud the echo is to what was played, at most, before cancelling"""
        self._leak = 0.5
        """how much of the expected echo is left, in mean squares"""
        self._far: deque[float] = deque([0.0] * PARTITIONS, maxlen=PARTITIONS)

    def judge(
        self,
        far: NDArray[np.float64],
        near: NDArray[np.float64],
        echo: NDArray[np.float64],
        left: NDArray[np.float64],
    ) -> bool:
        """Whether what is left in this frame is but our echo."""
        powers = [float(np.mean(signal**2)) for signal in (far, near, echo, left)]
        far_power, near_power, echo_power, left_power = powers
        self._far.append(far_power)
        self._since_far = 0 if far_power > QUIET else self._since_far + 1
        if self._since_far > TAIL_FRAMES:
            return False
        loudest = max(self._far)
        if self._adapted < CONVERGED_FRAMES:
            self._adapted += far_power > QUIET
            expected = 4 * self._coupling * loudest
            is_echo = near_power <= max(expected, QUIET) or self._adapted < 25
            if is_echo and loudest > QUIET:
                self._coupling = max(0.98 * self._coupling, near_power / loudest)
            return is_echo
        expected = self._leak * max(echo_power, 0.05 * self._coupling * loudest)
        is_echo = left_power <= max(6 * expected, 10 * QUIET)
        if is_echo and echo_power > QUIET:
            ratio = min(left_power / echo_power, 1.0)
            self._leak += (0.05 if ratio > self._leak else 0.02) * (ratio - self._leak)
            self._leak = max(self._leak, 1e-3)
        return is_echo


class WebRtc:
    """WebRTC's echo canceller, noise suppressor and high-pass filter, from the `livekit` package."""

    def __init__(self, delay_ms: int = 0) -> None:
        try:
            from livekit import rtc  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise RuntimeError(
                "WebRTC's audio processing needs the package livekit: pip install livekit"
            ) from error
        self._frame: Any = rtc.AudioFrame
        self._module = rtc.apm.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=True, high_pass_filter=True, auto_gain_control=False
        )
        self._module.set_stream_delay_ms(delay_ms)
        self._reference = Reference()
        self._linear = Canceller()

    def played(self, sound: Floats) -> None:
        """20 ms that the loudspeaker plays now, at 24 kHz."""
        self._reference.played(sound)
        self._linear.played(sound)

    def clean(self, sound: Floats) -> tuple[Floats, bool]:
        """20 ms at 16 kHz without echo, and whether what is left is but echo."""
        # WebRTC muffles both voices while it is unsure, so what it leaves cannot be judged by its level
        _, is_echo = self._linear.clean(sound)
        far = self._reference.frame()
        cleaned = [
            self._half(far[half], sound[half]) for half in (slice(0, FRAME // 2), slice(FRAME // 2, FRAME))
        ]
        return np.concatenate(cleaned), is_echo

    def _half(self, far: Floats, near: Floats) -> Floats:
        """10 ms, which is what WebRTC works on."""
        played, recorded = self._wrap(far), self._wrap(near)
        self._module.process_reverse_stream(played)
        self._module.process_stream(recorded)
        return (np.frombuffer(recorded.data, np.int16) / 32_768).astype(np.float32)

    def _wrap(self, sound: Floats) -> Any:
        pcm = np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype("<i2")
        return self._frame(bytearray(pcm.tobytes()), HEARING_HZ, 1, len(pcm))
