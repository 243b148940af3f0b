"""The work item `training`: 784-128-10 on 60,000 samples, seconds for an epoch."""

import json
import os
import subprocess

from . import places
from .places import say
from .report import NABLA, Table

BATCHES = (32, 1024)
THREADS = (1, 2)
EPOCHS = 3
GOALS = {32: 2.5, 1024: 1.2}
EAGER = "PyTorch"

# Contenders shuffle in orders of their own, or not at all, which moves the third epoch's loss by
# less than half a percent; other work than the same moves it by far more.
LOSS_TOLERANCE = 0.02


def commands():
    """The contenders that are installed, by name, without their flags."""
    found = {}
    if places.NABLA_TRAINING.exists():
        found[NABLA] = [places.NABLA_TRAINING]
    else:
        say("training: Nabla is left out, not built: make build")
    script = places.PEERS / "train.py"
    if places.has_peers("torch", "numpy"):
        found[EAGER] = [places.PYTHON, script, "torch"]
        found["PyTorch, contiguous slices"] = [places.PYTHON, script, "torch-slices"]
    else:
        say("training: PyTorch is left out, not installed: make bench-peers")
    if places.has_peers("numpy"):
        found["NumPy by hand"] = [places.PYTHON, script, "numpy"]
    else:
        say("training: NumPy is left out, not installed: make bench-peers")
    return found


def data_flags():
    """Names the samples that all contenders share; without NumPy Nabla makes its own."""
    if not places.has_peers("numpy"):
        return []
    if not (places.TRAINING_DATA / "inputs.f32").exists():
        script = places.BENCHMARKS / "make_training_data.py"
        subprocess.run([places.PYTHON, script, places.TRAINING_DATA], check=True)
    return ["--data", places.TRAINING_DATA]


def train(command, batch, threads):
    """Trains in a process of its own and returns the line of JSON that it printed."""
    flags = ["--batch", batch, "--threads", threads, "--epochs", EPOCHS, "--repeats", 1]
    environment = os.environ | {
        variable: str(threads)
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run([str(part) for part in [*command, *flags]], env=environment,
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def check(case, losses):
    """Refuses figures of contenders that did not do the same work."""
    smallest, largest = min(losses.values()), max(losses.values())
    if not largest - smallest <= LOSS_TOLERANCE * smallest:
        raise SystemExit(f"training, {case}: not the same work, the last losses differ: {losses}")


def measure(rounds):
    """Runs all contenders in interleaved rounds."""
    found = commands()
    if not found:
        return []
    flags = data_flags()
    cases = {f"batch {batch}, {threads} thread{'s' if threads > 1 else ''}": (batch, threads)
             for batch in BATCHES for threads in THREADS}
    goals = {(case, EAGER): GOALS[batch] for case, (batch, _) in cases.items()}
    table = Table("Training 784-128-10, 60,000 samples, float32", "s/epoch", True, goals)
    for round_number in range(1, rounds + 1):
        for case, (batch, threads) in cases.items():
            say(f"training: round {round_number} of {rounds}, {case}")
            losses = {}
            for contender, command in found.items():
                result = train([*command, *flags], batch, threads)
                losses[contender] = result["last_loss"]
                table.add(case, contender, round_number, result["seconds_per_epoch_median"],
                          last_loss=result["last_loss"])
            check(case, losses)
    return [table]
