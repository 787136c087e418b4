"""River's classifiers as baselines."""

import abc
import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.baselines.base import Baseline, inputs, label_source, visible_labels
from neurosearch.errors import UserError
from neurosearch.record.stream import WARM_UP, Stream


@dataclass(frozen=True)
class RiverBaseline(Baseline, abc.ABC):
    """A classifier of River on the raw input.

    Raises:
        UserError: River is not installed.
    """

    on_request = True

    @abc.abstractmethod
    def model(self) -> Any:
        """A new classifier."""

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] probabilities at each decision."""
        if importlib.util.find_spec("river") is None:
            raise UserError(
                f"the baseline {type(self).__name__} needs the package river, which is not installed; "
                f"run `pip install 'neurosearch[stream]'`, or omit the baseline"
            )
        model, x = self.model(), inputs(stream)[:, :-1]
        classes, source = visible_labels(stream), label_source(stream)
        readout = np.zeros((len(x), stream.outputs))
        for k in np.flatnonzero(stream.phase != WARM_UP):
            for label, probability in model.predict_proba_one(_named(x[k])).items():
                readout[k, label] = probability
            if source[k] >= 0:
                model.learn_one(_named(x[source[k]]), int(classes[source[k]]))
        return readout


def _named(x: np.ndarray) -> dict[int, float]:
    return dict(enumerate(x.tolist()))
