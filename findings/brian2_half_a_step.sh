#!/usr/bin/env bash
# Brian2 2.9.0: the same time, once as a delay and once as a refractory period, is another number of steps.
#
# Expected: one rule for times that are no multiple of dt; Brian2 rounds a delay to the nearest step.
# Observed: a refractory period is cut: 2.9 ms at dt = 1 ms holds a neuron for 2 steps, while a delay of 2.9 ms arrives
#   after 3. A network moved from dt = 0.1 ms to 1 ms so changes its refractory times by up to a whole step, downwards.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check brian2==2.9.0 "numpy<2.4" "pyparsing<3.3" "setuptools<81"
cat >"$folder/seen.py" <<'PY'
import numpy as np
from brian2 import (
    NeuronGroup, Network, SpikeGeneratorGroup, SpikeMonitor, StateMonitor, Synapses, defaultclock, ms, prefs,
)

prefs.codegen.target = "numpy"
prefs.logging.file_log = False
defaultclock.dt = 1 * ms


def refractory_steps(time):
    always = NeuronGroup(1, "v : 1", threshold="True", refractory=time, method="exact")
    spikes = SpikeMonitor(always)
    Network(always, spikes).run(30 * ms)
    return int(np.diff(np.rint(spikes.t / ms))[0])


def delay_steps(time):
    source, target = SpikeGeneratorGroup(1, [0], [5] * ms), NeuronGroup(1, "v : 1")
    synapse = Synapses(source, target, on_pre="v_post += 1", delay=time)
    synapse.connect()
    seen = StateMonitor(target, "v", record=True, when="end")
    Network(source, target, synapse, seen).run(20 * ms)
    return int(np.argmax(seen.v[0] > 0)) - 5


found = {t: (delay_steps(t * ms), refractory_steps(t * ms)) for t in (2.0, 2.4, 2.6, 2.9)}
for time, (delay, refractory) in found.items():
    print(f"{time} ms at dt = 1 ms: a delay of {delay} steps, refractory for {refractory}")
assert found == {2.0: (2, 2), 2.4: (2, 2), 2.6: (3, 2), 2.9: (3, 2)}, f"CHANGED: {found}"
PY
"$folder/venv/bin/python" "$folder/seen.py"
