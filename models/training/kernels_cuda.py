"""Fused Triton kernels for training on CUDA: neuron and WKV, forward and backward.

One program instance walks all time steps of a block of channels of one sequence, so that membranes and sums
stay in registers. The mathematics is that of `kernels_cpu`, line by line.
"""

from __future__ import annotations

import triton
import triton.language as tl

BLOCK = 64


@triton.jit  # type: ignore[untyped-decorator]
def lif_forward(  # type: ignore[no-untyped-def]
    x, leak, threshold, membrane, spikes, n_time, n, levels,
    SIGNED: tl.constexpr, SOFT: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Membrane before the reset and graded spikes of every step."""
    c = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here = c < n
    at = tl.program_id(0) * n_time * n + c
    fade = tl.load(leak + c, here, 0.0)
    theta = tl.load(threshold + c, here, 1.0)
    v = tl.zeros((BLOCK,), tl.float32)
    for _ in range(n_time):
        m = fade * v + tl.load(x + at, here, 0.0)
        q = m / theta
        if SIGNED:
            size = tl.minimum(tl.floor(tl.abs(q)), levels)
            s = tl.where(q >= 0, size, -size)
        else:
            s = tl.minimum(tl.maximum(tl.floor(q), 0.0), levels)
        tl.store(membrane + at, m, here)
        tl.store(spikes + at, s, here)
        v = m - s * theta if SOFT else tl.where(s == 0, m, 0.0)
        at += n


@triton.jit  # type: ignore[untyped-decorator]
def lif_backward(  # type: ignore[no-untyped-def]
    g_spikes, membrane, spikes, leak, threshold, g_x, g_leak, g_threshold, n_time, n, levels,
    SIGNED: tl.constexpr, SOFT: tl.constexpr, ARCTAN: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Gradient through time with the reset inside it; see `kernels_cpu.lif_backward`."""
    c = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here = c < n
    at = (tl.program_id(0) * n_time + n_time - 1) * n + c
    fade = tl.load(leak + c, here, 0.0)
    theta = tl.load(threshold + c, here, 1.0)
    g_v = tl.zeros((BLOCK,), tl.float32)
    to_leak = tl.zeros((BLOCK,), tl.float32)
    to_threshold = tl.zeros((BLOCK,), tl.float32)
    first = tl.program_id(0) * n_time * n
    m = tl.load(membrane + at, here, 0.0)
    s = tl.load(spikes + at, here, 0.0)
    for _ in range(n_time):
        q = m / theta
        if SIGNED:
            q = tl.abs(q)
        if ARCTAN:
            bump = 3.14159265358979 * (q - 1.0)
            slope = 1.0 / (1.0 + bump * bump) / theta
        else:
            slope = tl.where((q > 0.0) & (q < levels + 1.5), 1.0, 0.1) / theta
        size = tl.abs(m) if SIGNED else m
        emptied = tl.where(tl.abs(s) <= 1.0, size * slope, 0.0)
        g_s = tl.load(g_spikes + at, here, 0.0)
        if SOFT:
            g_m = g_s * slope + g_v * (1.0 - theta * slope)
        else:
            g_m = g_s * slope + g_v * (tl.where(s == 0.0, 1.0, 0.0) - emptied)
        ds = -slope * m / theta
        to_threshold += g_s * ds
        if SOFT:
            to_threshold -= g_v * (s + theta * ds)
        else:
            to_threshold += g_v * emptied * m / theta
        tl.store(g_x + at, g_m, here)
        at -= n
        earlier = here & (at >= first)
        m = tl.load(membrane + at, earlier, 0.0)
        s = tl.load(spikes + at, earlier, 0.0)
        v = m - s * theta if SOFT else tl.where(s == 0.0, m, 0.0)
        to_leak += g_m * v
        g_v = fade * g_m
    row = tl.program_id(0) * n + c
    tl.store(g_leak + row, to_leak, here)
    tl.store(g_threshold + row, to_threshold, here)


@triton.jit  # type: ignore[untyped-decorator]
def wkv_forward(k, v, decay, bonus, y, top, num, den, n_time, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """RWKV-4 WKV, with the running maximum and the sums before each step for the gradient."""
    c = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here = c < n
    at = tl.program_id(0) * n_time * n + c
    w = tl.load(decay + c, here, -1.0)
    u = tl.load(bonus + c, here, 0.0)
    p = tl.full((BLOCK,), -1e30, tl.float32)
    a = tl.zeros((BLOCK,), tl.float32)
    d = tl.zeros((BLOCK,), tl.float32)
    for _ in range(n_time):
        kk = tl.load(k + at, here, 0.0)
        vv = tl.load(v + at, here, 0.0)
        tl.store(top + at, p, here)
        tl.store(num + at, a, here)
        tl.store(den + at, d, here)
        q = tl.maximum(p, u + kk)
        e1 = tl.exp(p - q)
        e2 = tl.exp(u + kk - q)
        tl.store(y + at, (e1 * a + e2 * vv) / (e1 * d + e2), here)
        q = tl.maximum(p + w, kk)
        e1 = tl.exp(p + w - q)
        e2 = tl.exp(kk - q)
        a = e1 * a + e2 * vv
        d = e1 * d + e2
        p = q
        at += n


@triton.jit  # type: ignore[untyped-decorator]
def wkv_backward(  # type: ignore[no-untyped-def]
    g_y, k, v, decay, bonus, y, top, num, den, g_k, g_v, g_decay, g_bonus, n_time, n, BLOCK: tl.constexpr
):
    """Gradient of the WKV; see `kernels_cpu.wkv_backward`."""
    c = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    here = c < n
    at = (tl.program_id(0) * n_time + n_time - 1) * n + c
    w = tl.load(decay + c, here, -1.0)
    u = tl.load(bonus + c, here, 0.0)
    ga = tl.zeros((BLOCK,), tl.float32)
    gb = tl.zeros((BLOCK,), tl.float32)
    o = tl.full((BLOCK,), -1e30, tl.float32)
    to_decay = tl.zeros((BLOCK,), tl.float32)
    to_bonus = tl.zeros((BLOCK,), tl.float32)
    for _ in range(n_time):
        kk = tl.load(k + at, here, 0.0)
        vv = tl.load(v + at, here, 0.0)
        p = tl.load(top + at, here, -1e30)
        a = tl.load(num + at, here, 0.0)
        d = tl.load(den + at, here, 0.0)
        out = tl.load(y + at, here, 0.0)
        g = tl.load(g_y + at, here, 0.0)
        q = tl.maximum(p, u + kk)
        e2 = tl.exp(u + kk - q)
        z = tl.exp(p - q) * d + e2
        direct = g * e2 / z
        g_now = direct * (vv - out)
        scale = tl.exp(kk + o)
        tl.store(g_k + at, g_now + scale * (ga * vv + gb), here)
        tl.store(g_v + at, direct + scale * ga, here)
        to_bonus += g_now
        to_decay += tl.exp(tl.maximum(p + w + o, -80.0)) * (ga * a + gb * d)
        best = tl.maximum(o + w, -q)
        e1 = tl.exp(o + w - best)
        e2 = tl.exp(-q - best)
        ga = e1 * ga + e2 * g / z
        gb = e1 * gb - e2 * g / z * out
        o = best
        at -= n
    row = tl.program_id(0) * n + c
    tl.store(g_decay + row, to_decay, here)
    tl.store(g_bonus + row, to_bonus, here)
