"""Fused Numba kernels for training on the CPU: neuron, WKV and norm, forward and backward.

All arrays are float32 and C-contiguous; `x[b, t, c]` is batch, time, channel. The equations live in
`models/program/ops.py`; what is written here are their gradients, derived by hand.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

_fused: Any = nb.njit(parallel=True, fastmath=True, cache=True, nogil=True)


@_fused
def lif_forward(x, leak, threshold, levels, signed, soft, membrane, spikes):  # type: ignore[no-untyped-def]
    """Membrane before the reset and graded spikes of every step."""
    n_batch, n_time, n = x.shape
    lowest = -levels if signed else np.float32(0.0)
    for b in nb.prange(n_batch):
        v = np.zeros(n, np.float32)
        for t in range(n_time):
            current, m, s = x[b, t], membrane[b, t], spikes[b, t]
            for c in range(n):
                m[c] = leak[c] * v[c] + current[c]
            for c in range(n):
                q = m[c] / threshold[c]
                whole = np.float32(math.floor(abs(q)))
                s[c] = min(max(whole if q >= np.float32(0.0) else -whole, lowest), levels)
            if soft:
                for c in range(n):
                    v[c] = m[c] - s[c] * threshold[c]
            else:
                for c in range(n):
                    v[c] = m[c] if s[c] == np.float32(0.0) else np.float32(0.0)


@_fused
def lif_backward(  # type: ignore[no-untyped-def]
    g_spikes, membrane, spikes, levels, signed, arctan, leak, threshold, soft, learn_threshold,
    g_x, g_leak, g_threshold,
):  # fmt: skip
    """Gradient through time with the reset inside it.

    With ds/dm = slope (`models.training.surrogate`): soft reset v = m − θ·s gives dv/dm = 1 − θ·slope; hard
    reset v = m·(1 − |s|)⁺ gives dv/dm = [s = 0] − m·slope·[|s| ≤ 1] (the spike that empties the membrane
    moves with m as well). `g_leak`, `g_threshold` are (batch, n) and summed by the caller.

    Every inner loop touches few arrays: the compiler gives up on vectors where too many might overlap.
    """
    n_batch, n_time, n = g_spikes.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    for b in nb.prange(n_batch):
        g_v = np.zeros(n, np.float32)
        slope = np.empty(n, np.float32)
        emptied = np.empty(n, np.float32)
        g_leak[b] = zero
        g_threshold[b] = zero
        for t in range(n_time - 1, -1, -1):
            g_s, m, s, g_m = g_spikes[b, t], membrane[b, t], spikes[b, t], g_x[b, t]
            for c in range(n):
                q = m[c] / threshold[c]
                slope[c] = abs(q) if signed else q
            if arctan:
                for c in range(n):
                    bump = np.float32(math.pi) * (slope[c] - one)
                    slope[c] = one / (one + bump * bump) / threshold[c]
            else:
                for c in range(n):
                    inside = (slope[c] > zero) & (slope[c] < levels + np.float32(1.5))
                    slope[c] = (one if inside else np.float32(0.1)) / threshold[c]
            if soft:
                for c in range(n):
                    g_m[c] = g_s[c] * slope[c] + g_v[c] * (one - threshold[c] * slope[c])
            else:
                for c in range(n):
                    size = abs(m[c]) if signed else m[c]
                    emptied[c] = size * slope[c] if abs(s[c]) <= one else zero
                for c in range(n):
                    silent = one if s[c] == zero else zero
                    g_m[c] = g_s[c] * slope[c] + g_v[c] * (silent - emptied[c])
            if learn_threshold:  # ds/dθ = −slope·m/θ; a soft reset also subtracts θ·s
                for c in range(n):
                    ds = -slope[c] * m[c] / threshold[c]
                    g_threshold[b, c] += g_s[c] * ds
                    if soft:
                        g_threshold[b, c] -= g_v[c] * (s[c] + threshold[c] * ds)
                    else:
                        g_threshold[b, c] += g_v[c] * emptied[c] * m[c] / threshold[c]
            if t > 0:
                before, fired = membrane[b, t - 1], spikes[b, t - 1]
                if soft:
                    for c in range(n):
                        slope[c] = before[c] - fired[c] * threshold[c]
                else:
                    for c in range(n):
                        slope[c] = before[c] if fired[c] == zero else zero
                for c in range(n):
                    g_leak[b, c] += g_m[c] * slope[c]
            for c in range(n):
                g_v[c] = leak[c] * g_m[c]


@_fused
def wkv_forward(k, v, decay, bonus, y, top, num, den):  # type: ignore[no-untyped-def]
    """RWKV-4 WKV; also keeps the running maximum and the sums *before* each step for the gradient."""
    n_batch, n_time, n = k.shape
    for b in nb.prange(n_batch):
        p = np.full(n, -1e30, np.float32)
        a = np.zeros(n, np.float32)
        d = np.zeros(n, np.float32)
        for t in range(n_time):
            for c in range(n):
                top[b, t, c] = p[c]
                num[b, t, c] = a[c]
                den[b, t, c] = d[c]
                now = bonus[c] + k[b, t, c]
                q = max(p[c], now)
                e1 = math.exp(p[c] - q)
                e2 = math.exp(now - q)
                y[b, t, c] = (e1 * a[c] + e2 * v[b, t, c]) / (e1 * d[c] + e2)
                faded = p[c] + decay[c]
                q = max(faded, k[b, t, c])
                e1 = math.exp(faded - q)
                e2 = math.exp(k[b, t, c] - q)
                a[c] = e1 * a[c] + e2 * v[b, t, c]
                d[c] = e1 * d[c] + e2
                p[c] = q


@_fused
def wkv_backward(  # type: ignore[no-untyped-def]
    g_y, k, v, decay, bonus, y, top, num, den, g_k, g_v, g_decay, g_bonus
):
    """Gradient of the WKV; the sums that run backwards carry their own running exponent `o`.

    With numerator A and denominator B before step t and z = B + exp(u+k):
    dy/dA = 1/z, dy/dB = −y/z; A' = exp(w)·A + exp(k)·v sends them back in time.
    """
    n_batch, n_time, n = k.shape
    for b in nb.prange(n_batch):
        ga = np.zeros(n, np.float32)  # gradient of A after step t, times exp(-o)
        gb = np.zeros(n, np.float32)
        o = np.full(n, -1e30, np.float32)
        for c in range(n):
            g_decay[b, c] = 0.0
            g_bonus[b, c] = 0.0
        for t in range(n_time - 1, -1, -1):
            for c in range(n):
                kk = k[b, t, c]
                vv = v[b, t, c]
                p = top[b, t, c]
                now = bonus[c] + kk
                q = max(p, now)
                e2 = math.exp(now - q)
                z = math.exp(p - q) * den[b, t, c] + e2
                direct = g_y[b, t, c] * e2 / z
                g_now = direct * (vv - y[b, t, c])
                scale = math.exp(kk + o[c])
                g_k[b, t, c] = g_now + scale * (ga[c] * vv + gb[c])
                g_v[b, t, c] = direct + scale * ga[c]
                g_bonus[b, c] += g_now
                g_decay[b, c] += math.exp(max(p + decay[c] + o[c], np.float32(-80.0))) * (
                    ga[c] * num[b, t, c] + gb[c] * den[b, t, c]
                )
                top_o = max(o[c] + decay[c], -q)
                e1 = math.exp(o[c] + decay[c] - top_o)
                e2 = math.exp(-q - top_o)
                g_num = g_y[b, t, c] / z
                ga[c] = e1 * ga[c] + e2 * g_num
                gb[c] = e1 * gb[c] - e2 * g_num * y[b, t, c]
                o[c] = top_o


@_fused
def norm_forward(x, gain, offset, eps, y, scale):  # type: ignore[no-untyped-def]
    """Root-mean-square norm of rows: y = x·scale·gain + offset, scale = 1/√(mean x² + eps)."""
    n_rows, n = x.shape
    for r in nb.prange(n_rows):
        total = np.float32(0.0)
        for c in range(n):
            total += x[r, c] * x[r, c]
        inverse = np.float32(1.0) / np.float32(math.sqrt(total / n + eps))
        scale[r] = inverse
        for c in range(n):
            y[r, c] = x[r, c] * inverse * gain[c] + offset[c]


@_fused
def norm_backward(g_y, x, gain, scale, g_x, g_gain, g_offset):  # type: ignore[no-untyped-def]
    """Gradient of the norm; `g_gain`, `g_offset` are (work items, n) and summed by the caller."""
    n_rows, n = x.shape
    n_items = g_gain.shape[0]
    per_item = (n_rows + n_items - 1) // n_items
    for item in nb.prange(n_items):
        for c in range(n):
            g_gain[item, c] = 0.0
            g_offset[item, c] = 0.0
        for r in range(item * per_item, min(n_rows, (item + 1) * per_item)):
            inverse = scale[r]
            dot = np.float32(0.0)
            for c in range(n):
                dot += g_y[r, c] * gain[c] * x[r, c]
            pull = dot * inverse * inverse * inverse / n
            for c in range(n):
                g_gain[item, c] += g_y[r, c] * x[r, c] * inverse
                g_offset[item, c] += g_y[r, c]
                g_x[r, c] = g_y[r, c] * gain[c] * inverse - x[r, c] * pull
