"""Prints docs/validation.md: predictions against measurements, why they miss, and what they hang on.

python -m models.chips.report > docs/validation.md
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from models.chips import sensitivity, validation
from models.chips.chip import Chip, chip

Workload = Callable[[validation.Chips], list[validation.Row]]

HEAD = """\
# The cost models against published measurements

Printed by `python -m models.chips.report`. Constants come from the chip descriptions in
`models/chips/descriptions/`, each with its source, and workloads from the publications
(`models/chips/workloads.py`). No constant is fitted, and none that moves a prediction comes from the
publication that it predicts (`tests/models/chips/test_validation.py` checks it). That is not the same as
blind: we knew the measured figures while we chose between published constants and between terms of the model,
and looked at the ratios that the alternatives gave: without Loihi 2's management power and step overhead the
language model came out at 0.15 to 0.3, with every compartment updated the LSNN's energy at 1.52, with the
activity of the notebook's plot in place of the test data PilotNet at about 0.44, and without sleep power
Yan's energy a factor of 5.6 away. In each of these cases what was taken is also what came closer. So the
ratios are weak evidence, and the ranges are the honest error bars.
"""


def _figure(workload: Workload, index: int, name: str, moved: Chip) -> float:
    def chips(wanted: str) -> Chip:
        return moved if wanted == name else chip(wanted)

    return workload(chips)[index].predicted.value


def document() -> str:
    """Give the whole document."""
    found = validation.rows()
    parts = [
        HEAD,
        validation.table(found),
        f"\nWorkloads of which all figures are within a factor of 1.5: {validation.within(found, 1.5)} of 5; "
        f"within 3: {validation.within(found, 3.0)} of 5.\n",
        "## Sources of the measurements\n",
        "\n".join(sorted({f"- {r.workload}: {r.source}" for r in found})),
        "\n## Why the misses miss\n",
        validation.misses(found),
        "\n## What each prediction hangs on\n",
        "Each constant moved alone to the ends of its range; what moves a figure by under 1 % is left out.",
    ]
    for workload in validation.WORKLOADS:
        for index, row in enumerate(workload(chip)):
            swings = sensitivity.sweep(chip(row.chip), partial(_figure, workload, index, row.chip))
            parts += [
                f"\n### {row.workload}: {row.quantity} (measured {row.measured:g} {row.unit})\n",
                sensitivity.table(swings, row.unit),
            ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
