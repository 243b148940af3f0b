"""The work item `training`: 784-128-10 on 60,000 samples, seconds for an epoch."""

import subprocess

from . import places, programs
from .places import say
from .report import FASTEST, NABLA, Table

BATCHES = (32, 128, 1024)
THREADS = (1, 2)
EPOCHS = 3
GOALS = {32: 1.2, 128: 1.15, 1024: 1.1}
SCALING_GOAL = 1.8
SHARE_GOAL = 0.8
EAGER = "PyTorch"
EAGER_GOALS = {32: 2.5, 1024: 1.2}

# Multiplications and additions of an epoch: forward and ∂L/∂W in both layers, ∂L/∂x in the second.
OPERATIONS = 60_000 * 2 * (2 * (784 * 128 + 128 * 10) + 128 * 10)

# Contenders shuffle in orders of their own, which moves the third epoch's loss by less than half a
# percent; other work than the same moves it by far more.
LOSS_TOLERANCE = 0.02


def commands():
    """The contenders that are installed, by name, without their flags."""
    return programs.installed("training", {
        NABLA: programs.NABLA,
        EAGER: programs.peer("train.py", "torch", needs=("torch", "numpy")),
        "JAX, scan": programs.peer("train_jax.py", "mnist", needs=("jax", "numpy")),
        "NumPy by hand": programs.peer("train.py", "numpy", needs=("numpy",)),
    })


def data_flags():
    """Names the samples that all contenders share; without NumPy Nabla makes its own."""
    if not places.has_peers("numpy"):
        return []
    if not (places.TRAINING_DATA / "inputs.f32").exists():
        script = places.BENCHMARKS / "make_training_data.py"
        subprocess.run([places.PYTHON, script, places.TRAINING_DATA], check=True)
    return ["--data", places.TRAINING_DATA]


def add_workers(table, cases):
    """Compares Nabla with two workers to Nabla with one, which ran in the same rounds."""
    for case, (batch, threads) in cases.items():
        single = f"batch {batch}, 1 thread"
        if batch != max(BATCHES) or threads == 1 or NABLA not in table.cells[single]:
            continue
        for round_number, value in table.cells[single][NABLA].items():
            table.add(case, "Nabla with 1 worker", round_number, value)
        table.goals[case, "Nabla with 1 worker"] = SCALING_GOAL


def share(table, rounds):
    """What share of the products' own rate the training at the largest batch reaches."""
    rates = Table(
        f"What batch {max(BATCHES)} reaches of the machine's matrix products, one thread, float32",
        "GFLOP/s", False, {("one thread", "OpenBLAS alone, 1024³"): SHARE_GOAL})
    measured = table.cells[f"batch {max(BATCHES)}, 1 thread"].get(NABLA, {})
    for round_number, value in measured.items():
        rates.add("one thread", NABLA, round_number, OPERATIONS / value / 1e9)
    for round_number in range(1, rounds + 1):
        alone = programs.run([*programs.NABLA.command, "--case", "products"], 1)
        rates.add("one thread", "OpenBLAS alone, 1024³", round_number, alone["openblas_gigaflops"])
        rates.add("one thread", "libxsmm alone, its best shape", round_number,
                  alone["libxsmm_gigaflops"])
    return rates


def measure(rounds, thread_counts):
    """Runs all contenders in interleaved rounds."""
    found = commands()
    if not found:
        return []
    flags = [*data_flags(), "--epochs", EPOCHS, "--repeats", 1]
    cases = {f"batch {batch}, {threads} thread{'s' if threads > 1 else ''}": (batch, threads)
             for batch in BATCHES for threads in thread_counts}
    goals = {(case, FASTEST): GOALS[batch] for case, (batch, _) in cases.items()}
    goals |= {(case, EAGER): EAGER_GOALS[batch] for case, (batch, _) in cases.items()
              if batch in EAGER_GOALS}
    table = Table("Training 784-128-10, 60,000 samples, float32", "s/epoch", True, goals)
    for round_number in range(1, rounds + 1):
        for case, (batch, threads) in cases.items():
            say(f"training: round {round_number} of {rounds}, {case}")
            losses = {}
            for contender, command in found.items():
                result = programs.run([*command, *flags, "--batch", batch], threads)
                losses[contender] = result["last_loss"]
                table.add(case, contender, round_number, result["seconds_per_epoch_median"],
                          last_loss=result["last_loss"])
            programs.check_losses(f"training, {case}", losses, LOSS_TOLERANCE)
    if NABLA not in found:
        return [table]
    rates = share(table, rounds)
    add_workers(table, cases)
    return [table, rates]
