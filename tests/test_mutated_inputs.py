"""Damaged inputs of every kind end in one sentence: the survey of ``scripts/mutate_inputs.py``, 300 inputs of it."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurosearch.cli.main import main
from neurosearch.errors import UserError
from neurosearch.files import numpy_files
from neurosearch.parts.tasks.japanese_vowels import JapaneseVowels
from neurosearch.parts.tasks.recordings import Recordings

SCRIPTS = str(Path(__file__).resolve().parent.parent / "scripts")


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    import mutate_inputs

    return mutate_inputs


@pytest.mark.slow
def test_three_hundred_mutated_inputs_end_in_order(script):
    calls = script.survey(300, seed=1)
    assert len({call.case for call in calls}) == 300
    assert {call.kind for call in calls} == set(script.KINDS)
    assert [call for call in calls if call.fault] == []
    assert {0, 2} <= {call.code for call in calls}


def test_the_survey_notices_a_traceback_a_death_and_a_hang(script, monkeypatch, tmp_path):
    inputs = script.Inputs(tmp_path, 0, ("study",))
    (tmp_path / "study").mkdir()
    monkeypatch.setattr(script, "mutate", lambda folder, kind, numbers: None)
    monkeypatch.setattr(script, "HANG", 2.0)
    code = {
        "bug": "raise ZeroDivisionError",
        "dies": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "hangs": "import time; time.sleep(60)",
        "well": "pass",
    }
    for name, text in code.items():
        (tmp_path / "study" / f"{name}.py").write_text(f"{text}\n")
    monkeypatch.setattr(script, "main", lambda words: exec(Path(f"{words[0]}.py").read_text(), {}) or 0)
    monkeypatch.setitem(script.COMMANDS, "study", ("well", "bug", "dies"))
    made = script.batch([0], inputs)
    assert [(call.command, bool(call.fault)) for call in made] == [("well", False), ("bug", True), ("dies", True)]
    assert "signal 15" in made[-1].fault
    monkeypatch.setitem(script.COMMANDS, "study", ("hangs",))
    assert ["killed" in call.fault for call in script.batch([0, 1], inputs)] == [True, True]


def packed(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def saved(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def header(shape: str, kind: str = "'<f8'") -> bytes:
    text = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


WHOLE = saved(np.arange(12.0).reshape(3, 4))


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (b"not an array", r"f\.npz: x is cut or damaged"),
        (WHOLE[:-1], r"x is cut or damaged: its header announces 96 bytes, it has 95; write it"),
        (WHOLE[:20], r"x is cut or damaged"),
        (b"", r"x is cut or damaged"),
        (header("(10**6,)"), r"x is cut or damaged"),
        (header("(99999999999999, 999)") + b"12345678", r"announces 799199999999992008 bytes, it has 8"),
        (header("(-1,)"), r"negative length"),
        (header("(1,)", "'|O'") + b"12345678", r"x is an array that is not plain numbers"),
        (header("(1,)", "'nonsense'"), r"x is cut or damaged"),
        (b"\x93NUMPY\x07\x00" + WHOLE[8:], r"version 7\.0 of NPY is not read"),
    ],
)
def test_a_member_that_is_no_whole_array_is_named(member, said):
    with pytest.raises(UserError, match=said):
        numpy_files.read_npz(packed(x=member), Path("f.npz"), "write it again")
    if member.startswith(b"\x93"):
        with pytest.raises(UserError, match=said.replace("x is", ".* is").replace(r"f\.npz: ", "")):
            numpy_files.read_npy(member, Path("x"), "write it again")


def test_an_encrypted_member_is_named():
    content = bytearray(packed(x=WHOLE))
    content[content.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UserError, match=r"f\.npz: x is encrypted; write it again"):
        numpy_files.read_npz(bytes(content), Path("f.npz"), "write it again")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.integers(0, 4), max_size=3),
    st.sampled_from(["f8", "f4", "i8", "u1", "?", "c16", "U3", ">i4", "M8[s]"]),
    st.booleans(),
)
def test_what_numpy_writes_is_read_as_numpy_reads_it(shape, kind, fortran):
    array = np.asarray(np.arange(int(np.prod(shape))).reshape(shape).astype(kind), order="F" if fortran else "C")
    read = numpy_files.read_npy(saved(array), Path("a.npy"), "")
    np.testing.assert_array_equal(read, array, strict=True)
    assert read.flags.writeable
    np.testing.assert_array_equal(numpy_files.read_npz(packed(x=saved(array)), Path("a.npz"), "")["x"], array)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=40), st.integers(0, 400), st.integers(0, 60))
def test_no_bytes_end_in_anything_but_a_sentence(new, at, drop):
    for whole, read in ((WHOLE, numpy_files.read_npy), (packed(x=WHOLE, y=WHOLE), numpy_files.read_npz)):
        said = "f.np: "
        try:
            read(whole[:at] + new + whole[at + drop :], Path("f.np"), "write it again")
        except UserError as error:
            said = str(error)
        assert said.startswith("f.np")
        assert "\n" not in said


HEAD = "@problemName JapaneseVowels\n@timeStamps false\n@dimensions 1\n@classLabel true a b\n@data\n"
ROWS = "1,2:a\n3,4:b\n"


def vowels(folder: Path, text: str | bytes) -> JapaneseVowels:
    for part in ("TRAIN", "TEST"):
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"JapaneseVowels_{part}.ts").write_bytes(data)
    return JapaneseVowels(folder=str(folder), lead_in=0)


def test_a_class_label_that_says_nothing_is_named(tmp_path):
    with pytest.raises(UserError, match=r"TRAIN\.ts: @classLabel says nothing; write `@classLabel true`"):
        vowels(tmp_path, HEAD.replace("@classLabel true a b", "@classLabel") + ROWS).stream(0)
    vowels(tmp_path, HEAD.replace("@timeStamps false", "@timeStamps") + ROWS).stream(0)


def test_a_latin_1_byte_in_a_comment_is_read(tmp_path):
    plain = vowels(tmp_path, HEAD + ROWS).stream(0)
    comment = vowels(tmp_path, "# by J\xfcrgen\n".encode("latin-1") + (HEAD + ROWS).encode()).stream(0)
    np.testing.assert_array_equal(plain.values, comment.values)
    with pytest.raises(UserError, match="holds a value that is not a number"):
        vowels(tmp_path, (HEAD + "1,\xfc:a\n3,4:b\n").encode("latin-1")).stream(0)


def test_a_file_over_which_hdf5_dies_or_never_ends_is_a_sentence(tmp_path, monkeypatch):
    """The reading process is exchanged for one that does what HDF5 does over some damaged bytes."""
    from neurosearch.parts.tasks import _hdf5

    file = tmp_path / "a.h5"
    file.write_bytes(b"nothing")
    task = Recordings(file=str(file))
    folder = tmp_path / "h5py"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    for body, said in (
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", r"a\.h5 is not a valid HDF5 file.*signal 15"),
        ("import time\ntime.sleep(60)\n", r"a\.h5 is not a valid HDF5 file.*reading it does not end"),
    ):
        (folder / "__init__.py").write_text(body)
        monkeypatch.setattr(_hdf5, "_SECONDS", 10.0 if "SIGTERM" in body else 1.0)
        with pytest.raises(UserError, match=said):
            task.stream(0)


@pytest.mark.parametrize(
    "arguments", [["check", "x\0y.yaml"], ["check", "~nobody-of-it/x.yaml"], ["check", "y" * 300 + ".yaml"],
                  ["show", "a" * 5000], ["show", "digits@" + "9" * 5000], ["run", "digits", "--seed", "1" * 5000],
                  ["launch", "digits", "--trials", "9" * 5000], ["launch", "digits", "--timeout", "nan"],
                  ["show", "none.json"], ["derive", "x_i*" + "y" * 3000], ["run", "\ud800.json"]],
    ids=lambda words: " ".join(words)[:20].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_a_hostile_argument_is_a_short_sentence(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code
    err = capsys.readouterr().err
    assert code == 2
    assert len(err) < 1700
    assert err.startswith("neurosearch")
