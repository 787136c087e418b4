"""Read NumPy files, NPZ and NPY: every error is one sentence that names the file and the place.

NumPy's own reader trusts the header of an array: it allocates terabytes if announced, and an archive may hold members
that are not arrays, encrypted or truncated. Here a header is compared with the bytes that follow before allocation.
"""

import io
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

import numpy as np

from neurosearch.errors import UserError

_ENCRYPTED = 0x1
"""Bit of a ZIP member's flags (APPNOTE 4.4.4)."""

_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What ``numpy.savez`` and ``numpy.savez_compressed`` write."""


def read_npz(content: bytes, path: Path, advice: str, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file by name, in the order of the file.

    Args:
        content: the file's bytes.
        path: the file, for messages.
        advice: ends the sentence of an error.
        names: read only these; all otherwise.

    Raises:
        UserError: not an NPZ file, damaged, or an array of Python objects (whose reading would run code).
    """
    if not content.startswith(b"PK"):
        raise UserError(f"{path} is {'empty' if not content else 'not an NPZ file'}; {advice}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
            wanted = [name for name in members if names is None or name in names]
            return {name: _array(archive, members[name], f"{path}: {name}", advice) for name in wanted}
    except UserError:
        raise
    except Exception as error:  # zipfile fails in a dozen ways on bytes that are no archive
        raise UserError(f"{path} is cut or damaged ({_line(error)}); {advice}") from error


def read_npy(content: bytes, path: Path, advice: str) -> np.ndarray:
    """The array of an NPY file; arguments and errors as of ``read_npz``."""
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        raise UserError(f"{path} is {'empty' if not content else 'not an NPY file'}; {advice}")
    try:
        return _values(io.BytesIO(content), len(content), str(path), advice)
    except UserError:
        raise
    except Exception as error:  # the header is Python text, which NumPy hands to several parsers
        raise UserError(f"{path} is cut or damaged ({_line(error)}); {advice}") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, advice: str) -> np.ndarray:
    if not member.filename.endswith(".npy"):
        raise UserError(f"{where} is not an array (NPY); {advice}")
    if member.flag_bits & _ENCRYPTED:
        raise UserError(f"{where} is encrypted; {advice}")
    if member.compress_type not in _STORED_OR_DEFLATED:
        raise UserError(f"{where} is compressed by a method that is not read ({member.compress_type}); {advice}")
    try:
        with archive.open(member) as file:
            return _values(file, member.file_size, where, advice)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{where} is cut or damaged ({_line(error)}); {advice}") from error


def _values(file: IO[bytes], size: int, where: str, advice: str) -> np.ndarray:
    """The array in a file of this many bytes; raises whatever NumPy's parsers of a header raise."""
    shape, fortran, dtype = _header(file)
    if dtype.hasobject:
        raise UserError(f"{where} is an array that is not plain numbers ({dtype}); {advice}")
    announced, held = _bytes(shape, dtype), size - file.tell()
    if announced != held:
        raise UserError(f"{where} is cut or damaged: its header announces {announced} bytes, it has {held}; {advice}")
    values = np.frombuffer(bytearray(file.read(announced)), dtype) if announced else np.zeros(0, dtype)
    return values.reshape(shape[::-1]).T if fortran else values.reshape(shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if reader is None:
        raise ValueError(f"version {version[0]}.{version[1]} of NPY is not read")
    shape, fortran, dtype = reader(file)
    return shape, fortran, dtype


def _bytes(shape: tuple[int, ...], dtype: np.dtype) -> int:
    """Python's whole numbers do not overflow, however much a header announces."""
    total = dtype.itemsize
    for length in shape:
        if length < 0:
            raise ValueError(f"the shape {shape} has a negative length")
        total *= length
    return total


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
