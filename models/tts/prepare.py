"""Analysed recordings on disk: one file of frames per sentence, written once, resumed after a kill."""

from pathlib import Path

from models.tts.analysis import analyse
from models.tts.corpus import level, recordings, sentences


def prepare(folder: Path, shard: str = "cathy", repeats: bool = True) -> Path:
    """Analyses what is not yet analysed of a shard into `folder/frames`; gives that folder."""
    target = folder / "frames"
    target.mkdir(parents=True, exist_ok=True)
    every = sentences(shard)
    analysed = {path.stem for path in target.glob("*.npz")}
    prompts_seen = {s.prompt for s in every if s.name in analysed}
    new = [
        {s.prompt: s.name for s in every if s.prompt not in prompts_seen}
    ]  # new sentences first, repeats after
    batches = [set(new[0].values()), {s.name for s in every}]
    for names in batches[: None if repeats else 1]:
        missing = {name for name in names if not (target / f"{name}.npz").exists()}
        for done, (name, samples) in enumerate(recordings(shard, missing), 1):
            analyse(level(samples)).save(target / f"{name}.npz")
            if done % 50 == 0 or done == len(missing):
                print(f"analysed {done}/{len(missing)} recordings", flush=True)
    return target


if __name__ == "__main__":
    prepare(Path("runs/mouth"), repeats=False)
