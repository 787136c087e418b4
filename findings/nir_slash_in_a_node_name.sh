#!/usr/bin/env bash
# nir 1.0.8: a node whose name holds "/" is written without a word and cannot be read back.
#
# Expected: nir.write refuses the name, or nir.read gives the node back. Names with "/" are what a tool gets from
#   hierarchical networks (layer1/cells) and nir.NIRGraph accepts them.
# Observed: HDF5 takes "/" for a level of groups, so the node is written as a group within a group; nir.read then finds
#   a group without the dataset "type" and raises KeyError. The graph is lost, though writing succeeded.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nir==1.0.8 "numpy<2.4"
cat >"$folder/seen.py" <<'PY'
import sys

import nir
import numpy as np

file = f"{sys.argv[1]}/graph.nir"
shape = np.array([2])
cells = nir.LI(tau=np.full(2, 0.02), r=np.ones(2), v_leak=np.zeros(2))
graph = nir.NIRGraph(
    {"input": nir.Input({"input": shape}), "layer1/cells": cells, "output": nir.Output({"output": shape})},
    [("input", "layer1/cells"), ("layer1/cells", "output")],
)
nir.write(file, graph)
print("written without an error")
try:
    read = nir.read(file)
except Exception as error:
    print(f"reading raises {type(error).__name__}: {error}")
else:
    raise SystemExit(f"CHANGED: read back with nodes {sorted(read.nodes)}")
PY
"$folder/venv/bin/python" "$folder/seen.py" "$folder"
