"""A chip as data: every figure is a named constant with a range, a unit, a source and a mark.

The descriptions are the TOML files in `descriptions/`. A constant's `value` is the published figure; where
only two bounds are published, it is their geometric mean, and `low` and `high` are the bounds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.program.graph import ProgramError

MARKS = ("measured", "published simulation", "specification", "second-hand", "assumption")
"""How a constant is known: measured on silicon; simulated or fitted by its publishers; stated by the makers;
read in somebody else's account of a source; or assumed here, with the reason in `source`."""

UNITS: Mapping[str, float] = {
    "1": 1.0, "bit": 1.0, "byte": 1.0, "level": 1.0, "s": 1.0, "us": 1e-6, "ns": 1e-9, "J": 1.0, "nJ": 1e-9,
    "pJ": 1e-12, "W": 1.0, "mW": 1e-3, "Hz": 1.0,
}  # fmt: skip
"""Unit → its size in the base unit of its kind (second, joule, watt, bit, …)."""

DIGITAL: Mapping[str, str] = {
    "cores": "1", "neurons_per_core": "1", "weight_bits_per_core": "bit", "axons_in_per_core": "1",
    "weight_bits": "bit", "state_bits": "bit", "chips_per_board": "1", "tiles_wide": "1", "tiles_high": "1",
    "cores_per_tile": "1", "neuron_time": "ns", "neuron_idle_time": "ns", "spike_time": "ns",
    "synop_time": "ns", "message_out_time": "ns", "message_in_time": "ns", "link_time": "ns",
    "barrier_time": "us", "chips_barrier_time": "us", "step_overhead": "us", "tick": "us",
    "neuron_energy": "pJ", "neuron_idle_energy": "pJ", "spike_energy": "pJ", "synop_energy": "pJ",
    "message_energy": "pJ", "hop_energy": "pJ", "core_static_power": "mW", "chip_static_power": "mW",
    "manage_power": "mW",
}  # fmt: skip
MAC_ARRAY: Mapping[str, str] = {"mac_time": "ns", "mac_energy": "pJ"}
ANALOGUE: Mapping[str, str] = {
    "rows": "1", "columns": "1", "weight_bits": "bit", "input_levels": "level", "output_bits": "bit",
    "pass_time": "us", "reload_time": "us", "digital_time": "ns", "digital_energy": "pJ", "chip_power": "mW",
    "gain": "1", "read_noise": "level", "gain_spread": "1", "offset_spread": "level", "chips_per_board": "1",
}  # fmt: skip
CROSSBAR: Mapping[str, str] = {
    "rows": "1", "columns": "1", "tiles": "1", "output_bits": "bit", "mac_energy": "pJ", "tile_time": "ns",
    "digital_time": "ns", "digital_energy": "pJ", "chip_static_power": "mW", "program_spread": "1",
    "read_noise": "1", "chips_per_board": "1",
}  # fmt: skip
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "digital": DIGITAL, "digital+mac": {**DIGITAL, **MAC_ARRAY}, "analogue": ANALOGUE, "crossbar": CROSSBAR,
}  # fmt: skip
"""Substrate → the constants that a description must have, in a unit of the given one's dimension."""


class ChipError(ProgramError):
    """A chip description or a chip name that cannot be used; the message names the field."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One published or assumed figure. `value`, `low` and `high` are in `unit`; `in_si` converts."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    mark: str

    def in_si(self, which: str = "value") -> float:
        """The value (or `low`, or `high`) in the base unit.

        >>> Constant("synop_energy", 23.6, 23.6, 35.5, "pJ", "Davies 2018", "measured").in_si()
        2.36e-11
        """
        return float(getattr(self, which)) * UNITS[self.unit]


@dataclass(frozen=True)
class Chip:
    """A chip: its substrate (`digital`, `digital+mac`, `analogue`, `crossbar`) and its constants by name."""

    name: str
    title: str
    substrate: str
    constants: Mapping[str, Constant]
    origin: str = field(default="", compare=False)

    def __getitem__(self, name: str) -> Constant:
        return self.constants[name]

    def __iter__(self) -> Iterator[Constant]:
        return iter(self.constants.values())

    def si(self, name: str, which: str = "value") -> float:
        """A constant in its base unit; 0 for one that this chip has no use for."""
        return self.constants[name].in_si(which) if name in self.constants else 0.0

    def count(self, name: str) -> int:
        """A limit as a whole number."""
        return int(self.constants[name].value)

    def with_constant(self, name: str, which: str) -> Chip:
        """The same chip with one constant moved to its `low` or `high` end, for a sweep."""
        c = self.constants[name]
        moved = Constant(c.name, getattr(c, which), c.low, c.high, c.unit, c.source, c.mark)
        return Chip(self.name, self.title, self.substrate, {**self.constants, name: moved}, self.origin)


def _field(origin: str, name: str, problem: str) -> ChipError:
    return ChipError(f"{origin}: field {name}: {problem}")


def _text(table: Mapping[str, Any], name: str, origin: str, prefix: str = "") -> str:
    found = table.get(name)
    if not isinstance(found, str) or not found.strip():
        raise _field(origin, prefix + name, f"expected text, found {found!r}")
    return found


def _number(
    table: Mapping[str, Any], name: str, origin: str, prefix: str, default: float | None = None
) -> float:
    found = table.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < float("inf"):
        raise _field(origin, prefix + name, f"expected a number ≥ 0, found {found!r}")
    return float(found)


def _constant(name: str, table: object, origin: str) -> Constant:
    prefix = f"{name}."
    if not isinstance(table, dict):
        raise _field(origin, name, f"expected a table with value, unit, source and mark, found {table!r}")
    if unknown := sorted(set(table) - {"value", "low", "high", "unit", "source", "mark"}):
        raise _field(origin, prefix + unknown[0], "is not a field of a constant")
    value = _number(table, "value", origin, prefix)
    low, high = (_number(table, end, origin, prefix, value) for end in ("low", "high"))
    if not low <= value <= high:
        raise _field(origin, prefix + "value", f"expected {low:g} ≤ value ≤ {high:g}, found {value:g}")
    unit, mark = _text(table, "unit", origin, prefix), _text(table, "mark", origin, prefix)
    if unit not in UNITS:
        raise _field(origin, prefix + "unit", f"expected one of {', '.join(UNITS)}, found {unit!r}")
    if mark not in MARKS:
        raise _field(origin, prefix + "mark", f"expected one of {', '.join(MARKS)}, found {mark!r}")
    return Constant(name, value, low, high, unit, _text(table, "source", origin, prefix), mark)


def _same_dimension(a: str, b: str) -> bool:
    return a == b or (a[-1] == b[-1] and a[-1] in "sJW" and len(a) <= 2 and len(b) <= 2)


def parse(text: str, origin: str = "chip description") -> Chip:
    """Give the chip that a TOML description holds; ChipError names the first wrong or missing field."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ChipError(f"{origin}: not a TOML file: {error}") from None
    name, title = _text(table, "name", origin), _text(table, "title", origin)
    substrate = _text(table, "substrate", origin)
    if substrate not in REQUIRED:
        raise _field(origin, "substrate", f"expected one of {', '.join(REQUIRED)}, found {substrate!r}")
    entries = table.get("constants")
    if not isinstance(entries, dict):
        raise _field(origin, "constants", f"expected a table, found {entries!r}")
    constants = {key: _constant(key, entry, origin) for key, entry in entries.items()}
    for key, unit in REQUIRED[substrate].items():
        if key not in constants:
            raise _field(origin, key, f"is missing; a {substrate} chip needs it in {unit}")
        if not _same_dimension(constants[key].unit, unit):
            raise _field(origin, f"{key}.unit", f"expected {unit}, found {constants[key].unit!r}")
    if spare := sorted(set(constants) - set(REQUIRED[substrate])):
        raise _field(origin, spare[0], f"is not a constant of a {substrate} chip")
    return Chip(name, title, substrate, MappingProxyType(constants), origin)


def load(path: str | Path) -> Chip:
    """Give the chip described in a file; ChipError when it cannot be read or is damaged."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChipError(f"{path}: cannot be read as a chip description: {error}") from None
    return parse(text, str(path))


def known() -> tuple[str, ...]:
    """The names of the chips that ship with this package, in alphabetical order."""
    folder = files("models.chips") / "descriptions"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


def chip(name: str) -> Chip:
    """Give a shipped chip by name; ChipError lists the known ones.

    >>> chip("loihi2").count("cores")
    120
    """
    if name not in known():
        raise ChipError(f"chip: expected one of {', '.join(known())}, found {name!r}")
    path = files("models.chips") / "descriptions" / f"{name}.toml"
    return parse(path.read_text(encoding="utf-8"), f"{name}.toml")
