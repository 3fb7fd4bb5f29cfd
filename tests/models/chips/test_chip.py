"""Chip descriptions: the shipped ones are whole, a damaged one is refused by the name of its field."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from models.chips.chip import MARKS, REQUIRED, ChipError, chip, known, load, parse


def description(name: str = "loihi2") -> str:
    return (files("models.chips") / "descriptions" / f"{name}.toml").read_text(encoding="utf-8")


def test_five_chips_ship() -> None:
    assert known() == ("brainscales2", "crossbar", "loihi1", "loihi2", "spinnaker2")


@pytest.mark.parametrize("name", known())
def test_every_constant_has_range_unit_source_and_mark(name: str) -> None:
    found = chip(name)
    assert set(found.constants) == set(REQUIRED[found.substrate])
    for constant in found:
        assert constant.low <= constant.value <= constant.high, constant.name
        assert constant.mark in MARKS and len(constant.source) > 3, constant.name


def test_unknown_chip_lists_the_known_ones() -> None:
    with pytest.raises(
        ChipError, match=r"brainscales2, crossbar, loihi1, loihi2, spinnaker2, found 'loihi3'"
    ):
        chip("loihi3")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("[constants.synop_energy]", "[constants.synop_enrgy]", "synop_energy: is missing"),
        ('substrate = "digital"', 'substrate = "wet"', "substrate: expected one of"),
        ('name = "loihi2"', "name = 7", "name: expected text"),
        ("value = 15.5", 'value = "much"', "synop_energy.value: expected a number"),
        ("value = 15.5", "value = -1", "synop_energy.value: expected a number"),
        ("value = 15.5", "value = nan", "synop_energy.value: expected a number"),
        ("value = 15.5", "value = 90", "synop_energy.value: expected 6.8 ≤ value ≤ 35.5"),
        ('unit = "mW"', 'unit = "kWh"', "unit: expected one of"),
        ("value = 15.5", "", "synop_energy.value: expected a number ≥ 0, found None"),
        ('mark = "measured"', 'mark = "hearsay"', "mark: expected one of"),
        ("[constants.tick]", "[constants.tick]\ncolour = 1", "tick.colour: is not a field"),
        ("[constants.tick]", "[constants.tack]", "tick: is missing"),
    ],
)
def test_damage_names_the_field(old: str, new: str, field: str) -> None:
    text = description()
    assert old in text
    with pytest.raises(ChipError) as error:
        parse(text.replace(old, new, 1), "damaged.toml")
    assert str(error.value).startswith("damaged.toml: ") and field in str(error.value)


def test_wrong_dimension_and_spare_constant_name_the_field() -> None:
    text = description()
    extra = text + '\n[constants.luck]\nvalue = 1\nunit = "1"\nmark = "assumption"\nsource = "none"\n'
    with pytest.raises(ChipError, match="field luck: is not a constant"):
        parse(extra)
    head, tail = text.split("[constants.synop_time]")
    with pytest.raises(ChipError, match=r"field synop_time.unit: expected ns, found 'pJ'"):
        parse(head + "[constants.synop_time]" + tail.replace('"ns"', '"pJ"', 1))


def test_unreadable_files_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ChipError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(ChipError, match="not a TOML file"):
        load(tmp_path / "broken.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ChipError, match="cannot be read"):
        load(tmp_path / "binary.toml")


def test_a_constant_can_be_moved_to_its_end() -> None:
    chip2 = chip("loihi2")
    moved = chip2.with_constant("synop_energy", "high")
    assert moved.si("synop_energy") == pytest.approx(35.5e-12)
    assert chip2.si("synop_energy") == pytest.approx(15.5e-12)
    assert moved.si("tick") == 0.0 and moved.si("mac_time") == 0.0
