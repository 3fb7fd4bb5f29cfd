"""What a training run shows and keeps: a progress line, a CSV file, and TensorBoard where it is installed."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_WRITE_EVERY = 50
_PRINT_EVERY = 200


class TrainingLog:
    """Figures by update, smoothed over 50 of them; silent where `folder` is None (all but one of a crew)."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._smooth: dict[str, float] = {}
        self._board: Any = None

    def __enter__(self) -> TrainingLog:
        if self._folder is None:
            return self
        self._file = (self._folder / "log.csv").open("a", newline="")
        self._rows = csv.writer(self._file)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[figures]}"), TimeRemainingColumn(),
            refresh_per_second=1, console=Console(stderr=True),
        )  # fmt: skip
        self._bar = self._progress.add_task(self._folder.name, total=None, figures="")
        self._progress.start()
        try:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self._folder / "tensorboard"))  # type: ignore[no-untyped-call]
        except ImportError:
            self._board = None
        return self

    def __exit__(self, *problem: object) -> None:
        if self._folder is None:
            return
        self._progress.stop()
        self._file.close()
        if self._board is not None:
            self._board.close()

    def add(self, update: int, updates: int, figures: dict[str, float]) -> None:
        """Figures of one update of a run of `updates`."""
        for name, value in figures.items():
            if not math.isfinite(value):  # an update that was left out
                continue
            self._smooth[name] = value + 0.98 * (self._smooth.get(name, value) - value)
        line = f"loss {self._smooth['loss']:.3f}"
        self._progress.update(self._bar, total=updates, completed=update, figures=line)
        if update % _WRITE_EVERY == 0:
            self._write(update, self._smooth)
        if update % _PRINT_EVERY == 0 and not self._progress.console.is_terminal:
            self._say(update, self._smooth)

    def note(self, update: int, figures: dict[str, float]) -> None:
        """Figures of an evaluation, printed above the progress line."""
        self._write(update, figures)
        self._say(update, {"loss": self._smooth["loss"], **figures})

    def _say(self, update: int, figures: dict[str, float]) -> None:
        text = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
        self._progress.console.print(f"{time.strftime('%H:%M:%S')} update {update}: {text}", soft_wrap=True)

    def _write(self, update: int, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self._rows.writerow([int(time.time()), update, name, f"{value:.6g}"])
            if self._board is not None:
                self._board.add_scalar(name, value, update)
        self._file.flush()


def last_figure(log: Path, name: str) -> float:
    """The latest value of a figure in a run's log (rows of time, update, name, value)."""
    with log.open(newline="") as rows:
        values = [float(row[3]) for row in csv.reader(rows) if row[2] == name]
    if not values:
        raise ValueError(f"{log} has no {name}: the run was never evaluated")
    return values[-1]
