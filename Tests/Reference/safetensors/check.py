"""Reads a network that a service gave as safetensors, with the safetensors package, and compares it with the same
network as JSON: check.py SERVER RUN, as in check.py http://127.0.0.1:8080 01a2…"""

import json
import sys
import urllib.request

import numpy as np
from safetensors.numpy import load

address = f"{sys.argv[1]}/runs/{sys.argv[2]}/network"
tensors = load(urllib.request.urlopen(address + "?format=safetensors").read())
network = json.load(urllib.request.urlopen(address))
expected = {}
for index, layer in enumerate(network["layers"]):
    for field, name in [
        ("weights", "weight"),
        ("bias", "bias"),
        ("running_mean", "running_mean"),
        ("running_variance", "running_var"),
    ]:
        if field in layer:
            expected[f"layers.{index}.{name}"] = layer[field]
assert set(expected) == set(tensors), (sorted(expected), sorted(tensors))
for name, numbers in expected.items():
    tensor = tensors[name]
    assert np.array_equal(tensor, np.array(numbers, dtype=tensor.dtype)), name
print(f"{len(tensors)} tensors agree: {', '.join(sorted(tensors))}")
