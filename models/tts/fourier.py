"""The Fourier transform of two real signals at once, compiled, so that a synthesiser holds no interpreter up.

Stockham's autosort form with radix 4 (Van Loan, "Computational Frameworks for the Fast Fourier Transform",
1992, section 1.7), real and imaginary parts apart, so that inner loops run over neighbours.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.backends.warm import jit

Floats = NDArray[np.float32]


@cache
def turns(size: int) -> tuple[Floats, Floats]:
    """cos and sin of −2π k / size for every k; size is a power of 4."""
    if size < 4 or size & (size - 1) or size.bit_length() % 2 == 0:
        raise ValueError(f"a transform's size is a power of 4, not {size}")
    angle = -2 * np.pi * np.arange(size) / size
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


@jit
def transform(re, im, spare_re, spare_im, cosine, sine):  # type: ignore[no-untyped-def]
    """Σ_n x[n] e^(−2πi kn / N) of re + i·im, in place; given im + i·re, the inverse times N, swapped too."""
    size = len(re)
    a_re, a_im, b_re, b_im = re, im, spare_re, spare_im
    n, stride, stages = size, 1, 0
    while n > 1:
        quarter = n // 4
        for p in range(quarter):
            k = p * (size // n)
            c1, s1, c2, s2, c3, s3 = (
                cosine[k],
                sine[k],
                cosine[2 * k],
                sine[2 * k],
                cosine[3 * k],
                sine[3 * k],
            )
            i0, o = stride * p, stride * 4 * p
            i1, i2, i3 = i0 + stride * quarter, i0 + 2 * stride * quarter, i0 + 3 * stride * quarter
            for q in range(stride):
                sum_re, sum_im = a_re[i0 + q] + a_re[i2 + q], a_im[i0 + q] + a_im[i2 + q]
                dif_re, dif_im = a_re[i0 + q] - a_re[i2 + q], a_im[i0 + q] - a_im[i2 + q]
                odd_re, odd_im = a_re[i1 + q] + a_re[i3 + q], a_im[i1 + q] + a_im[i3 + q]
                turned_re, turned_im = a_im[i3 + q] - a_im[i1 + q], a_re[i1 + q] - a_re[i3 + q]
                b_re[o + q] = sum_re + odd_re
                b_im[o + q] = sum_im + odd_im
                x_re, x_im = dif_re - turned_re, dif_im - turned_im
                b_re[o + stride + q] = c1 * x_re - s1 * x_im
                b_im[o + stride + q] = c1 * x_im + s1 * x_re
                x_re, x_im = sum_re - odd_re, sum_im - odd_im
                b_re[o + 2 * stride + q] = c2 * x_re - s2 * x_im
                b_im[o + 2 * stride + q] = c2 * x_im + s2 * x_re
                x_re, x_im = dif_re + turned_re, dif_im + turned_im
                b_re[o + 3 * stride + q] = c3 * x_re - s3 * x_im
                b_im[o + 3 * stride + q] = c3 * x_im + s3 * x_re
        a_re, a_im, b_re, b_im = b_re, b_im, a_re, a_im
        n, stride, stages = quarter, 4 * stride, stages + 1
    if stages % 2:
        re[:] = spare_re
        im[:] = spare_im


@jit
def both_spectra(re, im, spare_re, spare_im, cosine, sine):  # type: ignore[no-untyped-def]
    """Spectra of the real signals re and im: (4, N/2 + 1), real and imaginary parts of the first, then of the
    second; re and im are used up.
    """
    size = len(re)
    bins = size // 2 + 1
    transform(re, im, spare_re, spare_im, cosine, sine)
    out = np.empty((4, bins), np.float32)
    half = np.float32(0.5)
    for k in range(bins):
        back = (size - k) % size
        out[0, k] = half * (re[k] + re[back])
        out[1, k] = half * (im[k] - im[back])
        out[2, k] = half * (im[k] + im[back])
        out[3, k] = half * (re[back] - re[k])
    return out


@jit
def both_signals(spectra, re, im, spare_re, spare_im, cosine, sine):  # type: ignore[no-untyped-def]
    """The real signals of two spectra as from `both_spectra`, into re and im."""
    size = len(re)
    top = size // 2
    scale = np.float32(1.0 / size)
    for edge in (0, top):
        re[edge] = scale * spectra[0, edge]
        im[edge] = scale * spectra[2, edge]
    for k in range(1, top):
        re[k] = scale * (spectra[0, k] - spectra[3, k])
        im[k] = scale * (spectra[1, k] + spectra[2, k])
        re[size - k] = scale * (spectra[0, k] + spectra[3, k])
        im[size - k] = scale * (spectra[2, k] - spectra[1, k])
    transform(im, re, spare_im, spare_re, cosine, sine)
