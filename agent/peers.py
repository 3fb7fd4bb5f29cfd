"""Other ways to tell that somebody has finished, to compare ours with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.clock import HEARING_HZ

Floats = NDArray[np.float32]

WINDOW = 8 * HEARING_HZ


class SmartTurn:
    """Smart Turn v3.2, as the package pipecat-ai ships it: a Whisper encoder of 8 M weights over 8 seconds.

    It is asked after 200 ms of silence; what it holds to be unfinished is answered after 3 s all the same.
    These are its defaults. ModuleNotFoundError without pipecat-ai and onnxruntime (extra "peers").
    """

    asked_after_ms = 200.0
    gives_up_after_ms = 3_000.0

    def __init__(self) -> None:
        import onnxruntime  # type: ignore[import-untyped, import-not-found, unused-ignore]
        import pipecat  # type: ignore[import-untyped, import-not-found, unused-ignore]
        from pipecat.audio.turn.smart_turn._whisper_features import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
            compute_whisper_log_mel_features,
        )

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = Path(pipecat.__file__).parent / "audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
        self._session: Any = onnxruntime.InferenceSession(str(model), options)
        self._features: Any = compute_whisper_log_mel_features

    def probability(self, sound: Floats) -> float:
        """How probable it is that whoever spoke has finished; 16 kHz, the last 8 s count."""
        last = np.pad(sound[-WINDOW:], (max(0, WINDOW - len(sound)), 0)).astype(np.float32)
        features = self._features(last, do_normalize=True)[None]
        return float(self._session.run(None, {"input_features": features})[0].item())
