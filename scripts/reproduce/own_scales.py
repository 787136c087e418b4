"""Data of any scale: digits with an individual offset and scale per pixel, under each normalisation.

``python scripts/reproduce/own_scales.py`` prints a table for the default networks, without a search.
"""

import tempfile
from pathlib import Path

import numpy as np

from neurosearch.evaluate.interval import interval
from neurosearch.parts.tasks.digits import Digits
from neurosearch.trial import run_trial

SEEDS = (2001, 2002, 2003, 2004, 2005)
ENCODERS, NORMALISATIONS = ("current", "poisson"), ("raw", "on_off", "minmax", "standard")


def files(folder: Path) -> dict[str, Path]:
    """Transformation of the pixels → an NPZ file for the task `arrays`."""
    stream = Digits(lead_in=0).stream(0)
    streamed = np.flatnonzero(stream.phase == 1)
    held_out = np.flatnonzero(stream.phase == 2)
    random = np.random.default_rng(0)
    scale = 10 ** random.uniform(-2, 3, 64)
    offset = scale * random.uniform(-5, 5, 64)
    paths = {}
    for name, change in {
        "0 to 1": lambda x: x,
        "0 to 255": lambda x: 255 * x,
        "individual scales and offsets": lambda x: scale * x + offset,
    }.items():
        paths[name] = folder / f"{name.replace(' ', '_')}.npz"
        x, x_test = (change(np.asarray(stream.values[stream.frame_row[rows]])) for rows in (streamed, held_out))
        y, y_test = stream.labels[streamed], stream.labels[held_out]
        np.savez(paths[name], x=x, y=y, x_test=x_test, y_test=y_test, shape=[8, 8])
    return paths


def main() -> None:
    """Print one row for each encoder and transformation of the pixels."""
    print(f"| encoder | pixels | {' | '.join(NORMALISATIONS)} |")
    with tempfile.TemporaryDirectory() as folder:
        for encoder in ENCODERS:
            for name, file in files(Path(folder)).items():
                cells = []
                for normalisation in NORMALISATIONS:
                    network = {"mushroom_body": {"encoder": {encoder: {"normalisation": normalisation}}}}
                    configuration = {"architecture": network, "task": {"arrays": {"file": str(file)}}}
                    found = [run_trial(configuration, (seed,)).metrics["accuracy"] for seed in SEEDS]
                    cells.append(f"{interval(found).mean:.3f} ± {interval(found).half:.3f}")
                print(f"| {encoder} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
