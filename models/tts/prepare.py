"""Analysed recordings on disk: one file of frames per sentence, written once, resumed after a kill."""

from pathlib import Path

from models.tts.analysis import analyse
from models.tts.corpus import level, recordings, sentences


def prepare(folder: Path, shard: str = "cathy") -> Path:
    """Analyses what is not yet analysed of a shard into `folder/frames`; gives that folder."""
    target = folder / "frames"
    target.mkdir(parents=True, exist_ok=True)
    missing = {s.name for s in sentences(shard) if not (target / f"{s.name}.npz").exists()}
    for done, (name, samples) in enumerate(recordings(shard, missing), 1):
        analyse(level(samples)).save(target / f"{name}.npz")
        if done % 100 == 0 or done == len(missing):
            print(f"analysed {done}/{len(missing)} recordings", flush=True)
    return target


if __name__ == "__main__":
    prepare(Path("runs/mouth"))
