#!/usr/bin/env bash
# nir: a LIF written by 1.0.8 cannot be read by 1.0.4, which Sinabs 3.1 and Rockpool 3.1 pin, and the version that the
# file carries is looked at by neither.
#
# Expected: an exchange format with a "version" in every file either reads files of the same 1.0 series or says that the
#   file is of a newer version.
# Observed: from 1.0.6 on LIF has v_reset; 1.0.4 hands every stored field to its constructor and ends in
#   "TypeError: ... unexpected keyword argument 'v_reset'", which names neither the file nor a version.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
for version in 1.0.8 1.0.4; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check nir==$version "numpy<2.4" h5py
done
cat >"$folder/write.py" <<'PY'
import sys

import nir
import numpy as np

one = np.ones(1)
lif = nir.LIF(tau=0.02 * one, r=one, v_leak=0 * one, v_threshold=one)
shape = np.array([1])
nodes = {"input": nir.Input({"input": shape}), "lif": lif, "output": nir.Output({"output": shape})}
nir.write(sys.argv[1], nir.NIRGraph(nodes, [("input", "lif"), ("lif", "output")]))
PY
cat >"$folder/read.py" <<'PY'
import sys

import h5py
import nir

with h5py.File(sys.argv[1]) as file:
    print("the file says it is of version", file["version"][()].decode())
try:
    nir.read(sys.argv[1])
except TypeError as error:
    print("nir 1.0.4 raises TypeError:", error)
    assert "v_reset" in str(error) and "version" not in str(error), f"CHANGED: {error}"
else:
    raise SystemExit("CHANGED: the file was read")
PY
"$folder/1.0.8/bin/python" "$folder/write.py" "$folder/lif.nir"
"$folder/1.0.4/bin/python" "$folder/read.py" "$folder/lif.nir"
