"""A stream's goal is classes, values or a recall; task files written for version 0.1 still make the one they meant."""

import dataclasses
import textwrap
from pathlib import Path

import numpy as np
import pytest

from neurosearch import Stream, catalogue
from neurosearch.evaluate.score import score
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.lorenz import Lorenz
from neurosearch.parts.tasks.missing_labels import MissingLabels
from neurosearch.parts.tasks.recall import Recall as RecallTask
from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.record import Record
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP
from neurosearch.timeline import timeline
from neurosearch.trial import content

LABELS = np.array([0, 1, 2, -1], np.int32)


def stream(**more) -> Stream:
    n = 4
    given = {
        "values": np.zeros((n, 2), np.float32), "shape": (2,), "frame_row": np.arange(n, dtype=np.int32),
        "frame_steps": np.full(n, 3, np.int32), "sample_frames": np.ones(n, np.int32), "goal": Classes(LABELS),
        "phase": np.full(n, STREAM, np.int8), "outputs": 3, "key": "by hand",
    }  # fmt: skip
    return Stream(**{name: value for name, value in (given | more).items() if value is not None})


# ---- the three goals


def test_labels_are_visible_unless_others_are_told() -> None:
    goal = Classes(LABELS)
    assert goal.all_visible
    assert goal.visible_labels.tolist() == LABELS.tolist()
    told = Classes(LABELS, np.array([0, -1, 2, -1], np.int32))
    assert not told.all_visible
    other = np.array([2, 2, 2, 2], np.int32)
    assert goal.with_labels(other).visible_labels.tolist() == [2, 2, 2, 2]
    assert told.with_labels(other).visible_labels.tolist() == [0, -1, 2, -1]
    taken = told.take(np.array([3, 1, 1]))
    assert (taken.labels.tolist(), taken.visible_labels.tolist()) == ([-1, 1, 1], [-1, -1, -1])


def test_values_are_visible_unless_withheld_and_have_no_class() -> None:
    goal = Values(np.array([[1, 2], [3, np.nan], [5, 6]], np.float32))
    assert goal.all_visible
    assert goal.known.tolist() == [True, False, True]
    assert (goal.labels.tolist(), goal.labels.dtype) == ([-1, -1, -1], np.int32)
    taken = Values(goal.targets, np.array([True, True, False])).take(np.array([2, 0]))
    assert (taken.targets.tolist(), taken.visible.tolist()) == ([[5, 6], [1, 2]], [False, True])


def test_what_becomes_visible_is_what_the_goal_shows() -> None:
    classes = timeline(stream(goal=Classes(LABELS, np.array([1, -1, 2, -1], np.int32)))).tables
    assert classes["labelled"].tolist() == [1, 0, 1, 0]
    assert classes["target"].argmax(axis=1)[[0, 2]].tolist() == [1, 2]
    assert classes["target"][[1, 3]].sum() == 0
    targets = np.array([[1, 2, 3], [4, 5, 6], [7, np.nan, 9], [1, 1, 1]], np.float32)
    values = timeline(stream(goal=Values(targets, np.array([True, False, True, True])))).tables
    assert values["labelled"].tolist() == [1, 0, 0, 1]
    assert values["target"].tolist() == [[1, 2, 3], [0, 0, 0], [0, 0, 0], [1, 1, 1]]
    late = timeline(stream(goal=Values(targets), delay=1)).tables
    assert late["labelled"].tolist() == [0, 1, 1, 0]
    assert late["target"].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6], [0, 0, 0]]


def test_the_port_fresh_is_where_a_recall_resets() -> None:
    reset = np.array([True, True, False, True])
    memory = Recall(np.array([-1, 0, 0, 0], np.int32), reset, 0.0, 0.25, {})
    assert timeline(stream(goal=memory)).tables["fresh"].tolist() == [1, 1, 0, 1]
    assert timeline(stream()).tables["fresh"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("completed", [2, 4])
def test_the_goal_decides_what_is_scored(completed: int) -> None:
    readout = np.eye(3)[[0, 1, 1, 0]][:completed]
    record = Record("ok", completed, 4, readout, {}, {}, {}, np.zeros((0, 3), np.int32))
    assert score(record, stream()).metrics["accuracy"] == 2 / 3
    by_value = score(record, stream(goal=Values(np.eye(3, dtype=np.float32)[[0, 1, 1, 2]])))
    assert "accuracy" not in by_value.metrics
    assert by_value.metrics["smape"] > 0
    known = score(record, stream(goal=Values(np.full((4, 3), np.nan, np.float32))))
    assert "smape" not in known.metrics


def test_a_stream_without_sessions_does_not_change() -> None:
    assert not stream().changes
    assert stream().session.tolist() == [0, 0, 0, 0]
    assert not stream(session=np.full(4, 2, np.int32)).changes, "one session is no change"
    assert stream(session=np.array([0, 0, 1, 1], np.int32)).changes


def test_withheld_values_are_drawn_once_more_inside_another_task() -> None:
    once, twice = MissingLabels(inner=Lorenz(samples=80)), MissingLabels(inner=MissingLabels(inner=Lorenz(samples=80)))
    streamed = once.stream(0).phase == STREAM
    visible = [task.stream(0).goal.visible[streamed] for task in (once, twice)]
    assert 20 < visible[0].sum() < 60
    assert 5 < visible[1].sum() < visible[0].sum()
    assert not (visible[1] & ~visible[0]).any(), "what is withheld stays so"


# ---- task files of version 0.1

FILE = '''
"""Tasks as they were written for version 0.1."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from neurosearch import Stream
from neurosearch.record import HELD_OUT, LEAD_IN, STREAM, Recall
from neurosearch.tasks.base import Task, arrange, samples_of

X = (np.arange(36, dtype=float) % 7 / 7).reshape(12, 3)
Y = np.arange(12) % 3


@dataclass(frozen=True)
class Arranged(Task):
    def stream(self, seed):
        return arrange(self, samples_of(X, (3,), Y, np.arange(9), np.arange(9, 12), "mine"), seed)


@dataclass(frozen=True)
class Exchanged(Arranged):
    def stream(self, seed):
        before = super().stream(seed)
        labels = np.where(before.labels >= 0, 2 - before.labels, -1).astype(np.int32)
        return dataclasses.replace(before, labels=labels)


@dataclass(frozen=True)
class Withheld(Exchanged):
    def stream(self, seed):
        before = super().stream(seed)
        assert before.taught is None
        taught = before.labels.copy()
        taught[::2] = -1
        session = (np.arange(len(taught)) >= 4).astype(np.int32)
        return dataclasses.replace(before, taught=taught, session=session)


@dataclass(frozen=True)
class Withheld2(Withheld):
    def stream(self, seed):
        before = super().stream(seed)
        return dataclasses.replace(before, labels=np.zeros_like(before.labels), taught=before.taught)


@dataclass(frozen=True)
class Predicted(Arranged):
    def stream(self, seed):
        before = super().stream(seed)
        assert before.targets is None and before.recall is None
        targets = np.where((before.phase == LEAD_IN)[:, None], np.nan, before.values[before.frame_row][:, :2])
        labels = np.full(len(targets), -1)
        taught = np.where(np.arange(len(targets)) % 2, 0, -1)
        return dataclasses.replace(
            before, labels=labels, targets=targets.astype(np.float32), taught=taught, outputs=2
        )


@dataclass(frozen=True)
class Direct(Task):
    def stream(self, seed):
        return Stream(
            values=X.astype(np.float32), shape=(3,), frame_row=np.arange(4, dtype=np.int32),
            frame_steps=np.full(4, 5, np.int32), sample_frames=np.ones(4, np.int32),
            labels=np.array([0, 1, 2, 0], np.int32), phase=np.full(4, STREAM, np.int8), outputs=3, key="direct",
            delay=1, taught=np.array([0, 1, -1, 0], np.int32), session=np.array([0, 0, 1, 1], np.int32), step=1e-3,
        )


@dataclass(frozen=True)
class Remembered(Task):
    def stream(self, seed):
        return Stream(
            values=X.astype(np.float32), shape=(3,), frame_row=np.array([0, 1, 2, 2], np.int32),
            frame_steps=np.ones(4, np.int32), sample_frames=np.ones(4, np.int32), labels=np.full(4, -1, np.int32),
            phase=np.array([STREAM, STREAM, HELD_OUT, HELD_OUT], np.int8), outputs=3, key="remembered",
            recall=Recall(
                truth=np.array([-1, -1, 0, 0], np.int32), fresh=np.array([True, True, True, False]), period=0.0,
                criterion=0.25, references={"cue": 0.5},
            ),
        )
'''


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    file = tmp_path_factory.mktemp("old") / "mine.py"
    file.write_text(textwrap.dedent(FILE), encoding="utf-8")

    def made(name: str) -> Stream:
        return catalogue.find("tasks", f"{file}:{name}")(lead_in=2).stream(0)

    return made


def test_old_labels_and_what_is_told_make_classes(old) -> None:
    plain, exchanged, withheld = (old(name) for name in ("Arranged", "Exchanged", "Withheld"))
    labelled = plain.labels >= 0
    assert labelled.tolist() == (plain.phase != WARM_UP).tolist()
    assert isinstance(exchanged.goal, Classes)
    assert exchanged.labels[labelled].tolist() == (2 - plain.labels[labelled]).tolist()
    assert exchanged.goal.all_visible, "new labels are told where nothing was withheld"
    assert withheld.labels.tolist() == exchanged.labels.tolist()
    assert withheld.goal.visible_labels[::2].tolist() == [-1] * 7
    assert withheld.goal.visible_labels[1::2].tolist() == exchanged.labels[1::2].tolist()
    assert withheld.taught.tolist() == withheld.goal.visible_labels.tolist()
    assert withheld.changes
    again = old("Withheld2")
    assert again.labels.tolist() == [0] * 14
    assert again.goal.visible_labels.tolist() == withheld.goal.visible_labels.tolist()


def test_old_targets_make_values(old) -> None:
    made = old("Predicted")
    assert isinstance(made.goal, Values)
    assert np.array_equal(made.targets, made.goal.targets, equal_nan=True)
    assert made.goal.visible.tolist() == [bool(k % 2) for k in range(14)]
    assert (made.taught >= 0).tolist() == made.goal.visible.tolist()
    assert made.goal.known.tolist() == (made.phase != WARM_UP).tolist()
    later = dataclasses.replace(made, targets=made.targets * 2)
    assert later.goal.visible.tolist() == made.goal.visible.tolist()
    assert np.array_equal(later.goal.targets, made.goal.targets * 2, equal_nan=True)


def test_old_keywords_make_a_stream_directly(old) -> None:
    made = old("Direct")
    assert isinstance(made.goal, Classes)
    assert made.goal.labels.tolist() == [0, 1, 2, 0]
    assert made.goal.visible_labels.tolist() == [0, 1, -1, 0]
    assert (made.delay, made.step, made.session.tolist()) == (1, 1e-3, [0, 0, 1, 1])
    assert timeline(made).tables["labelled"].tolist() == [0, 1, 1, 0]


def test_an_old_recall_makes_a_recall(old) -> None:
    made = old("Remembered")
    assert isinstance(made.goal, Recall)
    assert made.recall is made.goal
    assert made.goal.reset.tolist() == made.goal.fresh.tolist() == [True, True, True, False]
    assert made.labels.tolist() == [-1] * 4
    moved = dataclasses.replace(made.goal, criterion=0.5)
    assert (moved.criterion, moved.reset.tolist()) == (0.5, made.goal.reset.tolist())


def test_labels_may_stand_in_the_place_they_had() -> None:
    given = stream()
    places = ("values", "shape", "frame_row", "frame_steps", "sample_frames", "labels", "phase", "outputs", "key")
    arguments = [getattr(given, name) for name in places]
    assert Stream(*arguments).goal.labels.tolist() == LABELS.tolist()
    told = np.array([0, -1, -1, -1], np.int32)
    both = Stream(*arguments, taught=told)
    assert (both.goal.labels.tolist(), both.goal.visible_labels.tolist()) == (LABELS.tolist(), told.tolist())
    targets = np.ones((4, 3), np.float32)
    values = Stream(*arguments, targets=targets, taught=told)
    assert isinstance(values.goal, Values)
    assert (values.goal.labels.tolist(), values.goal.visible.tolist()) == (LABELS.tolist(), [True, False, False, False])


def test_the_digest_of_data_is_that_of_version_0_1(old) -> None:
    """Else a study of one's own task could not be resumed; the digests are of arrays, so the type of labels counts."""
    import hashlib

    from neurosearch import config
    from neurosearch.record.rows import digest

    made = old("Predicted")
    values = digest(*made.arrays)
    told = digest(np.full(14, -1), made.targets)  # 64 bits, as the file above gives them
    assert content(made) == config.digest([values, told])[:24]
    lorenz = Lorenz(samples=40, held_out=5, lead_in=0).stream(0)
    told = digest(np.full(45, -1, np.int32), lorenz.targets)
    assert content(lorenz) == config.digest([digest(*lorenz.arrays), told])[:24]
    for task in (Digits(samples=40), RecallTask(units=9, load=2, cues=2)):
        shown = task.stream(0)
        assert content(shown) == config.digest([digest(*shown.arrays), digest(shown.labels)])[:24]
    assert hashlib.sha256(LABELS.dtype.str.encode() + str(LABELS.shape).encode() + LABELS.tobytes()).hexdigest() == (
        digest(LABELS)
    )


def test_a_keyword_that_never_was_is_refused() -> None:
    with pytest.raises(TypeError, match="wishes"):
        stream(wishes=LABELS)
    with pytest.raises(TypeError, match="goal"):
        stream(goal=None)
    with pytest.raises(TypeError, match="no labels or targets"):
        stream(goal=None, taught=LABELS)


def test_the_documents_show_the_goals() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "tasks.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in ("Classes", "Values", "Recall"))
    assert HELD_OUT == 2
