"""Fused Numba kernels for training on the CPU: neuron, WKV and norm, forward and backward.

All arrays are float32 and C-contiguous; `x[b, t, c]` is batch, time, channel. The equations live in
`models/program/ops.py`; what is written here are their gradients, derived by hand.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

from models.backends.intrinsics import float_of_bits, rint32

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


@nb.njit(inline="always", fastmath=True)  # type: ignore[untyped-decorator]
def _exp(x):  # type: ignore[no-untyped-def]
    """exp(x) for x ≤ 0 to 2e-7: 2^k times a polynomial, so that the compiler can put it into vectors."""
    y = max(x, np.float32(-87.0)) * np.float32(1.4426950408889634)
    k = rint32(y)
    g = (y - k) * np.float32(0.6931471805599453)
    p = np.float32(1.0) + g * np.float32(1 / 6)
    p = np.float32(1.0) + g * np.float32(1 / 5) * p
    p = np.float32(1.0) + g * np.float32(1 / 4) * p
    p = np.float32(1.0) + g * np.float32(1 / 3) * p
    p = np.float32(1.0) + g * np.float32(1 / 2) * p
    p = np.float32(1.0) + g * p
    return p * float_of_bits(np.int32((np.int32(k) + np.int32(127)) << np.int32(23)))


@_fused
def wkv_forward(k, v, decay, bonus, y, top, num, den):  # type: ignore[no-untyped-def]
    """RWKV-4 WKV; also keeps the running maximum and the sums *before* each step for the gradient."""
    n_batch, n_time, n = k.shape
    zero = np.float32(0.0)
    for b in nb.prange(n_batch):
        p = np.full(n, -1e30, np.float32)
        a = np.zeros(n, np.float32)
        d = np.zeros(n, np.float32)
        e1 = np.empty(n, np.float32)
        e2 = np.empty(n, np.float32)
        for t in range(n_time):
            kk, vv, yy = k[b, t], v[b, t], y[b, t]
            top[b, t] = p
            num[b, t] = a
            den[b, t] = d
            for c in range(n):
                ahead = bonus[c] + kk[c] - p[c]
                e1[c] = _exp(min(-ahead, zero))
                e2[c] = _exp(min(ahead, zero))
            for c in range(n):
                yy[c] = (e1[c] * a[c] + e2[c] * vv[c]) / (e1[c] * d[c] + e2[c])
            for c in range(n):
                faded = p[c] + decay[c]
                p[c] = max(faded, kk[c])
                e1[c] = _exp(faded - p[c])
                e2[c] = _exp(kk[c] - p[c])
            for c in range(n):
                a[c] = e1[c] * a[c] + e2[c] * vv[c]
                d[c] = e1[c] * d[c] + e2[c]


@_fused
def wkv_backward(  # type: ignore[no-untyped-def]
    g_y, k, v, decay, bonus, y, top, num, den, g_k, g_v, g_decay, g_bonus
):
    """Gradient of the WKV; the sums that run backwards carry their own running exponent `o`.

    With numerator A and denominator B before step t and z = B + exp(u+k):
    dy/dA = 1/z, dy/dB = −y/z; A' = exp(w)·A + exp(k)·v sends them back in time.
    """
    n_batch, n_time, n = k.shape
    zero = np.float32(0.0)
    for b in nb.prange(n_batch):
        ga = np.zeros(n, np.float32)  # gradient of A after step t, times exp(-o)
        gb = np.zeros(n, np.float32)
        o = np.full(n, -1e30, np.float32)
        q = np.empty(n, np.float32)
        share = np.empty(n, np.float32)  # gy/z, in units of exp(-q)
        now = np.empty(n, np.float32)
        factor = np.empty(n, np.float32)
        g_decay[b] = zero
        g_bonus[b] = zero
        for t in range(n_time - 1, -1, -1):
            gy, kk, vv, yy, p = g_y[b, t], k[b, t], v[b, t], y[b, t], top[b, t]
            a, d, gk, gv = num[b, t], den[b, t], g_k[b, t], g_v[b, t]
            for c in range(n):
                q[c] = max(p[c], bonus[c] + kk[c])
                now[c] = _exp(bonus[c] + kk[c] - q[c])
            for c in range(n):
                share[c] = gy[c] / (_exp(p[c] - q[c]) * d[c] + now[c])
            for c in range(n):
                now[c] = share[c] * now[c]  # dL/dv through y directly
                gk[c] = now[c] * (vv[c] - yy[c])
            for c in range(n):
                g_bonus[b, c] += gk[c]
                factor[c] = _exp(min(kk[c] + o[c], zero))
            for c in range(n):
                gv[c] = now[c] + factor[c] * ga[c]
                gk[c] += factor[c] * (ga[c] * vv[c] + gb[c])
            for c in range(n):
                factor[c] = _exp(min(p[c] + decay[c] + o[c], zero))
            for c in range(n):
                g_decay[b, c] += factor[c] * (ga[c] * a[c] + gb[c] * d[c])
            for c in range(n):
                faded = o[c] + decay[c]
                o[c] = max(faded, -q[c])
                factor[c] = _exp(faded - o[c])
                now[c] = _exp(-q[c] - o[c]) * share[c]
            for c in range(n):
                ga[c] = factor[c] * ga[c] + now[c]
                gb[c] = factor[c] * gb[c] - now[c] * yy[c]


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


@_fused
def conv_forward(x, weight, y):  # type: ignore[no-untyped-def]
    """Causal depthwise convolution: y[t] = Σ_i weight[i]·x[t − taps + 1 + i], zeros before the first step."""
    n_batch, n_time, n = x.shape
    taps = len(weight)
    for b in nb.prange(n_batch):
        for t in range(n_time):
            out = y[b, t]
            for c in range(n):
                out[c] = 0.0
            for i in range(max(0, taps - 1 - t), taps):
                seen, w = x[b, t - taps + 1 + i], weight[i]
                for c in range(n):
                    out[c] += w[c] * seen[c]


@_fused
def conv_backward(g_y, x, weight, g_x, g_weight):  # type: ignore[no-untyped-def]
    """Gradient of the convolution; `g_weight` is (batch, taps, n) and summed by the caller."""
    n_batch, n_time, n = x.shape
    taps = len(weight)
    for b in nb.prange(n_batch):
        for i in range(taps):
            for c in range(n):
                g_weight[b, i, c] = 0.0
        for t in range(n_time):
            g, out = g_y[b, t], g_x[b, t]
            for i in range(max(0, taps - 1 - t), taps):
                seen, sums = x[b, t - taps + 1 + i], g_weight[b, i]
                for c in range(n):
                    sums[c] += g[c] * seen[c]
            for c in range(n):
                out[c] = 0.0
            for i in range(max(0, taps + t - n_time), taps):
                later, w = g_y[b, t + taps - 1 - i], weight[i]
                for c in range(n):
                    out[c] += w[c] * later[c]


@_fused
def cross_entropy(logits, target, ignored, nats, gradient):  # type: ignore[no-untyped-def]
    """−ln softmax(logits)[target] of every row, and its gradient softmax − onehot; both 0 where ignored."""
    n_rows, n = logits.shape
    for r in nb.prange(n_rows):
        row, g, right = logits[r], gradient[r], target[r]
        if right == ignored:
            nats[r] = np.float32(0.0)
            for c in range(n):
                g[c] = np.float32(0.0)
        else:
            largest = row[0]
            for c in range(n):
                largest = max(largest, row[c])
            for c in range(n):
                g[c] = _exp(row[c] - largest)
            total = np.float32(0.0)
            for c in range(n):
                total += g[c]
            inverse = np.float32(1.0) / total
            for c in range(n):
                g[c] *= inverse
            nats[r] = largest - row[right] + np.float32(math.log(total))
            g[right] -= np.float32(1.0)
