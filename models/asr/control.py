"""What spiking costs: the same network with rectified neurons beside it, trained alike.

    python -m models.asr.control FOLDER [UPDATES]

trains both in FOLDER/spiking and FOLDER/relu from the alignments of the run that FOLDER/aligner links to, and
writes what they reached to models/shipped/ears_control.json, which `spiketalk eval ears` reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from models.training.log import last_figure

KEPT = Path(__file__).parents[1] / "shipped" / "ears_control.json"
SETS = ("librispeech", "speechocean", "cathy")


def reached(folder: Path) -> dict[str, float]:
    """Greedy phone error rates of a run at its last evaluation, from its log."""
    return {name: last_figure(folder / "log.csv", name) for name in SETS}


def gap(kept: dict[str, Any]) -> float:
    """How many more phone errors the spiking network makes, relative, mean of the sets.

    >>> round(gap({"spiking": {"a": 0.55, "b": 0.42}, "relu": {"a": 0.50, "b": 0.40}}), 3)
    0.075
    """
    spiking, relu = kept["spiking"], kept["relu"]
    return sum(spiking[name] / relu[name] - 1 for name in relu) / len(relu)


def compare(spiking: Path, relu: Path, path: Path = KEPT) -> dict[str, Any]:
    """Writes down what two runs reached; ValueError where they were not trained alike."""
    settings = [json.loads((folder / "settings.json").read_text()) for folder in (spiking, relu)]
    if [one.pop("spiking") for one in settings] != [True, False] or settings[0] != settings[1]:
        raise ValueError(f"{spiking} and {relu} differ in more than their neurons; train them alike")
    trained = {name: settings[0][name] for name in ("updates", "batch_s", "width", "blocks")}
    kept = {"trained": trained, "spiking": reached(spiking), "relu": reached(relu)}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return kept


def main() -> None:
    """Train both, compare, print the gap."""
    from models.asr.train import train

    folder, updates = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 600
    for name, dense in (("relu", True), ("spiking", False)):
        train(
            folder / name,
            updates=updates,
            dense=dense,
            dropout=0.0,
            aligner=folder / "aligner",
            batch_s=30.0,
            export_to=folder / "ears.safetensors",
        )
    kept = compare(folder / "spiking", folder / "relu")
    print(json.dumps(kept | {"relu_gap": round(gap(kept), 4)}, indent=1))


if __name__ == "__main__":
    main()
