"""Writes the files of this folder with the safetensors package (pip install safetensors numpy)."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

folder = Path(__file__).parent
weight = np.arange(6, dtype=np.float32).reshape(2, 3) / 8
save_file(
    {
        "layers.0.weight": weight,
        "layers.0.bias": np.array([0, -0.25], dtype=np.float32),
        "layers.2.weight": np.ones((1, 2), dtype=np.float64),
    },
    folder / "dense.safetensors",
)
save_file({"layers.0.weight": weight.astype(np.float16)}, folder / "half.safetensors")
