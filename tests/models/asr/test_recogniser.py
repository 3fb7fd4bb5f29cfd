import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.asr.decode import Settings, Vocabulary
from models.asr.lexicon import PHONE_ID
from models.asr.ngram import closed
from models.asr.recogniser import Recogniser, Transcript, Tuning
from models.asr.resample import Inlet, as_floats
from models.asr.transcribe import NotAudio, blocks, transcribe

QUESTION = Path("examples/question.flac")


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load()


@pytest.fixture(scope="module")
def question() -> np.ndarray:
    samples, rate = soundfile.read(QUESTION, dtype="float32")
    inlet = Inlet(rate)
    return np.concatenate([inlet.feed(samples), inlet.finish()])


def hear(recogniser: Recogniser, samples: np.ndarray, piece: int, rate: int = 16_000) -> Transcript:
    stream = recogniser.stream(rate)
    for start in range(0, max(1, len(samples)), piece):
        stream.feed(samples[start : start + piece])
    return stream.finish()


def test_pieces_of_any_size_give_the_same_words(recogniser: Recogniser, question: np.ndarray) -> None:
    whole = hear(recogniser, question, len(question))
    for piece in (320, 1777):
        again = hear(recogniser, question, piece)
        assert (again.text, again.words, again.phones) == (whole.text, whole.words, whole.phones)
    assert whole.text
    assert whole.text == " ".join(word.text for word in whole.words)
    assert whole.n_best[0] == whole.text
    assert whole.counts.steps > 0


def test_words_lie_in_order_within_the_sound(recogniser: Recogniser, question: np.ndarray) -> None:
    words = hear(recogniser, question, 320).words
    assert all(0 <= word.start <= word.end <= len(question) for word in words)
    assert all(a.start <= b.start for a, b in itertools.pairwise(words))
    assert all(0 <= word.confidence <= 1 + 1e-9 for word in words)


def test_stable_words_stay(recogniser: Recogniser, question: np.ndarray) -> None:
    stream, stable = recogniser.stream(), ""
    for start in range(0, len(question), 640):
        for partial in stream.feed(question[start : start + 640]):
            assert partial.stable.startswith(stable)
            assert partial.text.startswith(partial.stable)
            stable = partial.stable
    assert stream.finish().text.startswith(stable)


def test_a_batch_hears_what_each_hears_alone(recogniser: Recogniser, question: np.ndarray) -> None:
    sounds = [question, question[8_000:] * 0.5, np.zeros(9_000, np.float32)]
    alone = [recogniser.stream() for _ in sounds]
    wanted = [
        [partial for at in range(0, len(sound), 960) for partial in stream.feed(sound[at : at + 960])]
        for stream, sound in zip(alone, sounds, strict=True)
    ]
    streams = [recogniser.stream() for _ in sounds]
    found: list[list[object]] = [[] for _ in sounds]
    for at in range(0, len(question), 960):
        now = [i for i, sound in enumerate(sounds) if at < len(sound)]
        told = recogniser.feed([streams[i] for i in now], [sounds[i][at : at + 960] for i in now])
        for i, partials in zip(now, told, strict=True):
            found[i] += partials
    assert found == wanted and found[0]
    fired, wanted_to_fire = (sum(stream.counts.table for stream in some) for some in (streams, alone))
    np.testing.assert_array_equal(fired, wanted_to_fire)
    assert [s.finish().words for s in streams] == [s.finish().words for s in alone]


def test_nothing_new_is_said_before_a_step_is_due(recogniser: Recogniser, question: np.ndarray) -> None:
    stream, frame, steps = recogniser.stream(), 160, 0
    for at in range(0, 16_000, frame):
        due = stream.due()
        stream.feed(question[at : at + frame])
        assert (stream.counts.steps > steps) == (frame >= due)
        steps = stream.counts.steps
    assert steps > 20


def test_a_fork_goes_its_own_way(recogniser: Recogniser, question: np.ndarray) -> None:
    undisturbed = hear(recogniser, question, 640)
    stream = recogniser.stream()
    middle = len(question) // 1280 * 640
    stream.feed(question[:middle])
    cut, whole = stream.fork(), stream.fork()
    assert cut.finish(readings=1).text == hear(recogniser, question[:middle], 640).text
    whole.feed(question[middle:])
    stream.feed(question[middle:])
    for heard in (whole.finish(), stream.finish()):
        assert (heard.words, heard.n_best, heard.phones) == (
            undisturbed.words,
            undisturbed.n_best,
            undisturbed.phones,
        )


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
        np.full(16_000, np.nan, np.float32),
        np.full(16_000, np.inf, np.float32),
        np.full(16_000, 1e30, np.float32),
        np.full(16_000, 0.7, np.float32),
        (np.random.default_rng(0).integers(0, 2, 16_000) * 2 - 1).astype(np.float32),
        np.zeros((800, 2), np.int16),
        np.full(8_000, 128, np.uint8),
    ],
    ids=["empty", "one", "nan", "inf", "huge", "dc", "clipped", "stereo", "8 bit"],
)
def test_bad_sound_is_heard_without_an_exception(recogniser: Recogniser, samples: np.ndarray) -> None:
    stream = recogniser.stream()
    stream.feed(samples)
    heard = stream.finish()
    assert len(heard.words) <= 2


def test_what_is_no_sound_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="numbers"):
        as_floats(np.array(["a"]))
    with pytest.raises(ValueError, match="samples a second"):
        Inlet(rate=12)
    (tmp_path / "a.wav").write_text("no sound")
    for name in ("a.wav", "missing.wav"):
        with pytest.raises(NotAudio, match=name):
            list(blocks(str(tmp_path / name)))


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_any_rate_comes_out_at_sixteen_thousand(rate: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32) * 0.5
    inlet = Inlet(rate)
    pieces = [inlet.feed(tone[start : start + 997]) for start in range(0, rate, 997)]
    out = np.concatenate([*pieces, inlet.finish()])
    assert abs(len(out) - 16_000) <= 2
    spectrum = np.abs(np.fft.rfft(out[2_000:14_000] * np.hanning(12_000)))
    assert abs(spectrum.argmax() * 16_000 / 12_000 - 440) < 2
    assert np.abs(out[2_000:14_000]).max() == pytest.approx(0.5, abs=0.02)


def test_whole_numbers_are_scaled_and_standing_voltage_goes_away() -> None:
    assert as_floats(np.array([-32768, 0, 16384], np.int16)).tolist() == [-1.0, 0.0, 0.5]
    assert as_floats(np.array([0, 128], np.uint8)).tolist() == [-1.0, 0.0]
    steady = Inlet().feed(np.full(16_000, 0.5, np.float32))
    assert np.abs(steady).max() < 1e-6


def test_a_closed_list_hears_nothing_else(recogniser: Recogniser, question: np.ndarray) -> None:
    said: dict[str, list[tuple[int, ...]]] = {
        "yes": [tuple(PHONE_ID[p] for p in ("Y", "EH", "S"))],
        "no": [(PHONE_ID["N"], PHONE_ID["OW"])],
    }
    stream = recogniser.stream(vocabulary=Vocabulary(closed(said)))
    stream.feed(question)
    assert set(stream.finish().text.split()) <= {"yes", "no"}


def test_tuning_is_kept(tmp_path: Path) -> None:
    tuning = Tuning(search=Settings(beam=9.0), priors=(-1.0,) * 40, tail_ms=200.0)
    tuning.save(tmp_path / "ears.json")
    assert Tuning.load(tmp_path / "ears.json") == tuning
    assert Tuning.load(tmp_path / "none.json") == Tuning()


def test_transcripts_in_all_forms() -> None:
    text = " ".join(transcribe(str(QUESTION)))
    assert text
    assert '"start_s"' in next(transcribe(str(QUESTION), form="json"))
    assert " --> " in next(transcribe(str(QUESTION), form="srt"))
