"""Reads a table of images that lies inside an installed package, without the seconds that importing it may take."""

import gzip
import hashlib
import importlib.util
import io
from pathlib import Path

import numpy as np

from neurosearch.errors import UserError
from neurosearch.files import paths


def find(package: str, inside: str) -> Path | None:
    """The file ``inside`` the folder of an installed package; None where package or file is missing."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (Path(folder) / inside).is_file():
            return Path(folder) / inside
    return None


def table(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """(values [N, C], labels [N], SHA-256) of a gzipped CSV whose last column is the label."""
    packed = paths.content(path, "install its package again")
    try:
        numbers = np.loadtxt(io.BytesIO(gzip.decompress(packed)), delimiter=",", dtype=np.float32, encoding="ascii")
    except Exception as error:  # gzip, zlib and NumPy each have errors of their own
        raise UserError(f"{path} is cut or damaged ({error}); install its package again") from error
    return numbers[:, :-1], numbers[:, -1].astype(np.int32), hashlib.sha256(packed).hexdigest()
