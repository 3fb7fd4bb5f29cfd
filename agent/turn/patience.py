"""How long to wait in a pause before answering: learnt from this speaker's own pauses.

A pause either ends the turn, which the endpoint model believes with probability p, or lies inside it; pauses
inside a turn have log-normal lengths, whose median and spread the speaker teaches us. After t of silence

    P(finished | t) = p / (p + (1 − p) · S(t)),    S(t) = P(a pause inside a turn outlasts t),

and we answer once that reaches 1 − risk, that is at the t where S(t) = p / (1 − p) · risk / (1 − risk).
One dial, `risk`, is the share of answers that may come too early. Log-normal pauses: Campione and Véronis,
"A large-scale multilingual study of silent pause duration", Speech Prosody 2002.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log
from statistics import NormalDist

from agent.clock import Samples, samples, seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """What is known of a speaker's pauses, in natural logarithms of milliseconds, and how bold to be."""

    log_median: float = log(450)
    log_spread: float = 0.6
    seen: int = 0
    risk: float = 0.07
    shortest_ms: int = 120
    longest_ms: int = 2400
    prior: int = 6

    def wait(self, probability: float) -> Samples:
        """The silence to wait for when the user has finished with `probability`.

        >>> patience = Patience()
        >>> patience.wait(0.98) < patience.wait(0.5) < patience.wait(0.02)
        True
        """
        p = min(max(probability, 1e-4), 1 - 1e-4)
        outlasting = p / (1 - p) * self.risk / (1 - self.risk)
        if outlasting >= 1:
            return samples(self.shortest_ms)
        length_ms = exp(self.log_median + self.log_spread * NormalDist().inv_cdf(1 - outlasting))
        return samples(min(max(length_ms, self.shortest_ms), self.longest_ms))

    def after(self, pause: Samples) -> Patience:
        """The patience that has also seen the speaker go on after `pause`.

        The first pauses weigh as one in `prior` + n, later ones are a running mean over about 24, so that it
        follows a speaker who tires. A pause counts for at most two spreads: one odd one moves little.

        >>> slow = Patience()
        >>> for _ in range(20):
        ...     slow = slow.after(samples(1200))
        >>> slow.wait(0.5) > Patience().wait(0.5)
        True
        """
        length = log(min(max(1000 * seconds(pause), 60.0), 5000.0))
        weight = 1 / min(self.prior + self.seen + 1, 24)
        away = min(max(length - self.log_median, -2 * self.log_spread), 2 * self.log_spread)
        median = self.log_median + weight * away
        square = self.log_spread**2 + weight * (away**2 - self.log_spread**2)
        spread = min(max(square**0.5, 0.35), 1.2)
        return replace(self, log_median=median, log_spread=spread, seen=self.seen + 1)
