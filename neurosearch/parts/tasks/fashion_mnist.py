"""Fashion-MNIST, ten kinds of clothes in images of 28 x 28 pixels (Xiao, Rasul and Vollgraf 2017)."""

from dataclasses import dataclass

from neurosearch.files import paths
from neurosearch.parts.tasks import _idx
from neurosearch.parts.tasks.base import Task, arrange
from neurosearch.record.stream import Stream

DEBIAN = "/usr/share/datasets/fashion-mnist"
"""Where Debian's package dataset-fashion-mnist puts the files."""


@dataclass(frozen=True)
class FashionMnist(Task):
    """Images of clothes, values 0 to 1; 60,000 to stream and 10,000 held out.

    One pass over 10,000: online softmax regression on the pixels 0.76 prequential, 0.78 held out.

    Attributes:
        folder: where the four IDX files are; empty means the folder of Debian's package.
    """

    folder: str = ""

    def stream(self, seed: int) -> Stream:
        """The images in the seed's order."""
        advice = (
            "run `apt-get install dataset-fashion-mnist`, "
            "or name the folder of Fashion-MNIST's four IDX files as `folder`"
        )
        folder = paths.located(self.folder or DEBIAN)
        return arrange(self, _idx.load("fashion_mnist", _idx.locate(folder, advice)), seed)
