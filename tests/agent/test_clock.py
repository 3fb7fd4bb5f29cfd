import pytest

from agent.clock import FRAME, HEARING_HZ, Clock, Samples, samples, seconds


def test_time_is_the_number_of_samples_heard() -> None:
    clock = Clock(Samples(HEARING_HZ))
    for _ in range(50):
        clock.advance(FRAME)
    assert clock.now() == 2 * HEARING_HZ
    assert seconds(clock.now()) == 2.0


def test_time_never_goes_back() -> None:
    with pytest.raises(ValueError, match="cannot go back by 1 samples"):
        Clock().advance(-1)


def test_a_frame_lasts_20_ms() -> None:
    assert samples(20) == FRAME
