from pathlib import Path

import pytest

from agent.loading import LoadingError, loading


def test_a_damaged_file_is_named_with_its_place_and_the_remedy_in_one_line() -> None:
    with pytest.raises(LoadingError) as refusal, loading("ears", Path("/else/where")):
        raise OSError("header is cut short.\nmore that nobody needs")
    assert str(refusal.value) == (
        "the ears cannot be loaded from /else/where: header is cut short; check --models"
    )


def test_an_installation_that_lacks_a_file_is_to_be_repaired() -> None:
    said = "from this installation: KeyError; install spiketalk again"
    with pytest.raises(LoadingError, match=said), loading("mind", None):
        raise KeyError


def test_mistakes_in_the_code_are_not_hidden() -> None:
    with pytest.raises(TypeError), loading("mouth", None):
        raise TypeError("a mistake")
