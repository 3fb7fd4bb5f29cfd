"""Two real signals at once: the transform is that of numpy, there and back."""

from __future__ import annotations

import numpy as np
import pytest

from models.tts.fourier import both_signals, both_spectra, turns


@pytest.mark.parametrize("size", [16, 64, 1024])
def test_spectra_are_those_of_numpy(size: int) -> None:
    rng = np.random.default_rng(size)
    work = np.zeros((4, size), np.float32)
    work[:2] = rng.standard_normal((2, size))
    signals = work[:2].copy()
    found = both_spectra(*work, *turns(size))
    for which in (0, 1):
        wanted = np.fft.rfft(signals[which])
        np.testing.assert_allclose(found[2 * which], wanted.real, atol=2e-4)
        np.testing.assert_allclose(found[2 * which + 1], wanted.imag, atol=2e-4)


@pytest.mark.parametrize("size", [16, 1024])
def test_there_and_back(size: int) -> None:
    work = np.zeros((4, size), np.float32)
    work[:2] = np.random.default_rng(1).standard_normal((2, size))
    signals = work[:2].copy()
    spectra = both_spectra(*work, *turns(size))
    both_signals(spectra, *work, *turns(size))
    np.testing.assert_allclose(work[:2], signals, atol=1e-5)


@pytest.mark.parametrize("size", [0, 2, 32, 1000])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="power of 4"):
        turns(size)
