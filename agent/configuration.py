"""What can be chosen, from one file and from switches of the same names.

    # ~/.config/spiketalk.toml
    [turn]                      # agent/turn/settings.py
    silence_ms = 20000
    murmur = false

    [patience]                  # agent/turn/patience.py
    risk = 0.03

    [sound]
    microphone = "USB"          # a number or a part of a name, as `spiketalk devices` lists them
    echo = "webrtc"             # auto, webrtc, numpy or none

A switch is `--set turn.silence_ms=20000`; it outweighs the file. `spiketalk config` prints what is in force.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from agent.turn.patience import Patience
from agent.turn.settings import Settings

Echo = Literal["auto", "webrtc", "numpy", "none"]
"""auto: WebRTC's canceller where the package livekit is installed, else our own; none: for headphones."""


class ConfigurationError(Exception):
    """A choice that there is not; the message is one line that names it."""


@dataclass(frozen=True, slots=True)
class SoundChoice:
    """Microphone, loudspeaker, and what is done about echo between them."""

    microphone: int | str | None = None
    loudspeaker: int | str | None = None
    latency_s: float = 0.06
    echo: Echo = "auto"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All choices."""

    turn: Settings = field(default_factory=Settings)
    sound: SoundChoice = field(default_factory=SoundChoice)

    def sections(self) -> dict[str, Any]:
        """Section → what holds its values."""
        return {"turn": self.turn, "patience": self.turn.patience, "sound": self.sound}

    def with_value(self, section: str, key: str, value: object) -> Configuration:
        """With one more choice.

        >>> Configuration().with_value("turn", "silence_ms", 9000).turn.silence_ms
        9000
        """
        names = self.sections()
        if section not in names:
            raise ConfigurationError(f"there is no section {section!r}: {_nearest(section, names)}")
        holder = names[section]
        kinds = {f.name: get_type_hints(type(holder))[f.name] for f in fields(holder) if f.name != "patience"}
        if key not in kinds:
            raise ConfigurationError(f"there is no {section}.{key}: {_nearest(key, kinds)}")
        changed = replace(holder, **{key: _fitted(f"{section}.{key}", value, kinds[key])})
        if isinstance(changed, Patience):
            return replace(self, turn=replace(self.turn, patience=changed))
        return replace(self, **{section: changed})

    def with_switches(self, switches: Iterable[str]) -> Configuration:
        """With `section.key=value`, each value as TOML has it, or else a plain word.

        >>> Configuration().with_switches(["turn.murmur=false", "sound.microphone=USB"]).sound.microphone
        'USB'
        """
        after = self
        for switch in switches:
            name, equals, text = switch.partition("=")
            section, dot, key = name.strip().partition(".")
            if not (equals and dot):
                raise ConfigurationError(f"{switch!r} is no choice: write it like turn.silence_ms=9000")
            try:
                value = tomllib.loads(f"value = {text}")["value"]
            except tomllib.TOMLDecodeError:
                value = text.strip()
            after = after.with_value(section, key, value)
        return after

    def toml(self) -> str:
        """All choices as the file has them."""
        lines = []
        for section, holder in self.sections().items():
            lines.append(f"[{section}]")
            for f in fields(holder):
                value = getattr(holder, f.name)
                if value is None:
                    lines.append(f"# {f.name} = the system's choice")
                elif f.name != "patience":
                    lines.append(f"{f.name} = {_written(value)}")
            lines.append("")
        return "\n".join(lines)


def default_path() -> Path:
    """Where the file is looked for: $SPIKETALK_CONFIG, or spiketalk.toml in the user's configuration."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(os.environ.get("SPIKETALK_CONFIG") or Path(home) / "spiketalk.toml")


def load(
    path: Path | None = None, switches: Iterable[str] = (), base: Configuration = Configuration()
) -> Configuration:
    """`base` with what the file says (if `path` is None: where there is one) and then the switches."""
    place = default_path() if path is None else path
    if path is not None or place.exists():
        try:
            given = tomllib.loads(place.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"cannot read {place}: {(error.strerror or 'error').lower()}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{place} is no TOML: {error}") from error
        for section, values in given.items():
            if not isinstance(values, Mapping):
                raise ConfigurationError(
                    f"{place}: {section} stands outside any section: put it below [turn]"
                )
            for key, value in values.items():
                try:
                    base = base.with_value(section, key, value)
                except ConfigurationError as error:
                    raise ConfigurationError(f"{place}: {error}") from error
    return base.with_switches(switches)


def _fitted(name: str, value: object, kind: Any) -> object:
    """The value as its field wants it."""
    kinds = get_args(kind) or (kind,)
    if kind is not None and str(kind).startswith("frozenset"):
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return frozenset(value)
        raise ConfigurationError(f"{name} is a list of words, not {value!r}")
    if all(isinstance(one, str) for one in kinds):
        if value in kinds:
            return value
        raise ConfigurationError(f"{name} is one of {', '.join(kinds)}, not {value!r}")
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    exact = tuple(one for one in kinds if isinstance(one, type))
    if isinstance(value, exact) and (not isinstance(value, bool) or bool in exact):
        return value
    wanted = " or ".join(_KINDS.get(one, one.__name__) for one in exact if one is not type(None))
    raise ConfigurationError(f"{name} is {wanted}, not {value!r}")


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _nearest(name: str, names: Iterable[str]) -> str:
    names = list(names)
    close = difflib.get_close_matches(name, names, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return "[" + ", ".join(f'"{word}"' for word in sorted(value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
