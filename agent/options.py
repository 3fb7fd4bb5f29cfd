"""A function's parameters as options of the command line: a trainer or a benchmark is its own interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import click

_PLAIN = {int: click.INT, float: click.FLOAT, str: click.STRING, Path: click.Path(path_type=Path)}


def call(
    target: str, name: str, arguments: Sequence[str], defaults: Mapping[str, str] | None = None
) -> object:
    """The result of the function `target` ("package.module:function"), called as the command line says.

    Each parameter with a plain type (int, float, str, bool, Path, or one of them or None) is an option; a
    parameter that is a dataclass gives one for each of its fields. Others keep their defaults. `defaults` are
    for parameters that have none.
    """
    module, _, attribute = target.partition(":")
    return command(getattr(import_module(module), attribute), name).main(
        list(arguments), prog_name=name, standalone_mode=False, default_map=defaults
    )


def command(function: Callable[..., object], name: str) -> click.Command:
    """A command whose options are the parameters of `function`."""
    options: list[click.Parameter] = []
    groups: dict[str, type] = {}
    hints = get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        kind = hints.get(parameter.name, str)
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            inner = get_type_hints(kind)
            options += [
                _option(f.name, inner[f.name], _default(f)) for f in fields(kind) if _plain(inner[f.name])
            ]
        elif _plain(kind):
            options.append(_option(parameter.name, kind, parameter.default))

    def run(**given: Any) -> object:
        for argument, kind in groups.items():
            own = {f.name: given.pop(f.name) for f in fields(kind) if f.name in given}
            given[argument] = kind(**own)
        return function(**given)

    text = inspect.cleandoc(function.__doc__ or "")
    return click.Command(name, params=options, callback=run, help=text.split("\n\n")[0])


def lines(figures: Mapping[str, Any], before: str = "") -> str:
    """Figures as lines, those inside others by their whole names.

    >>> print(lines({"errors": {"phones": 0.25, "words": 0.5}, "files": 10}))
    errors.phones: 0.25
    errors.words: 0.5
    files: 10
    """
    found = []
    for key, value in figures.items():
        if isinstance(value, Mapping):
            found.append(lines(value, f"{before}{key}."))
        else:
            found.append(
                f"{before}{key}: {value:.4g}" if isinstance(value, float) else f"{before}{key}: {value}"
            )
    return "\n".join(found)


def _plain(kind: Any) -> bool:
    return _bare(kind) in _PLAIN or _bare(kind) is bool


def _bare(kind: Any) -> Any:
    """The type without `None`."""
    if get_origin(kind) in (Union, UnionType):
        rest = [member for member in get_args(kind) if member is not NoneType]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else inspect.Parameter.empty


def _option(name: str, kind: Any, default: Any) -> click.Option:
    flag = "--" + name.strip("_").replace("_", "-")
    if _bare(kind) is bool:
        both = [f"{flag}/--no-{flag[2:]}", name]
        return click.Option(both, default=default is True, show_default=True)
    if default is inspect.Parameter.empty:
        return click.Option([flag, name], type=_PLAIN[_bare(kind)], required=True)
    return click.Option([flag, name], type=_PLAIN[_bare(kind)], default=default, show_default=True)
