"""The work items of the gradient core, in process: xor, digits, gradients, networks, memory."""

from . import places, programs
from .places import say
from .programs import peer
from .report import FASTEST, NABLA, Table
from .training import data_flags

XOR_STEPS = 1_000_000
DIGITS = places.REPOSITORY / "Examples" / "data" / "digits.csv"
MEBIBYTE = 2**20


class Item:
    """Work that several programs do: in some cases, with a goal for each against the fastest peer."""

    def __init__(self, title, unit, figure, cases, flags, peers, tolerance, lower_is_better=True):
        self.title = title
        self.unit = unit
        self.figure = figure  # the name in the programs' JSON
        self.cases = cases  # name → (flags, threads, goal or None)
        self.flags = flags  # Nabla's own
        self.peers = peers
        self.tolerance = tolerance  # of the last losses, relative
        self.lower_is_better = lower_is_better

    def measure(self, name, rounds):
        """Runs all contenders in interleaved rounds."""
        found = programs.installed(name, {NABLA: programs.NABLA} | self.peers)
        goals = {(case, FASTEST): goal for case, (_, _, goal) in self.cases.items() if goal}
        table = Table(self.title, self.unit, self.lower_is_better, goals)
        for round_number in range(1, rounds + 1):
            say(f"{name}: round {round_number} of {rounds}")
            for case, (flags, threads, _) in self.cases.items():
                losses = {}
                for contender, command in found.items():
                    own = self.flags if contender == NABLA else []
                    result = programs.run([*command, *own, *flags], threads)
                    table.add(case, contender, round_number, result[self.figure])
                    if "last_loss" in result:
                        losses[contender] = result["last_loss"]
                programs.check_losses(f"{name}, {case}", losses, self.tolerance)
        return [table]


def items():
    """The items by name."""
    jax, torch = ("jax", "numpy"), ("torch", "numpy")
    steps = ["--steps", XOR_STEPS, "--repeats", 1]
    return {
        "xor": Item(
            "Training 2-2-1 on XOR, full batch", "steps/s", "steps_per_second_median",
            {"float32": (["--dtype", "f32", *steps], 1, 1.0),
             "float64": (["--dtype", "f64", *steps], 1, 2.0)},
            ["--case", "xor"],
            {"JAX, fori_loop": peer("train_jax.py", "xor", needs=jax)}, 0.05, False),
        "digits": Item(
            "Training 64-32-10 on digits.csv, batch 32, 50 epochs, float32", "s", "seconds_median",
            {"1 thread": (["--data", DIGITS, "--repeats", 3], 1, 2.5)}, ["--case", "digits"],
            {"NumPy by hand": peer("small.py", "digits-numpy", needs=("numpy",))}, 0.1),
        "gradients": Item(
            "Gradients of 784-128-10, 256 samples, float64, in process", "ms",
            "milliseconds_median",
            {"1 thread": (["--repeats", 20], 1, 1.2), "2 threads": (["--repeats", 20], 2, 1.2)},
            ["--case", "gradients", "--dtype", "f64"],
            {"PyTorch": peer("small.py", "gradients-torch", needs=torch)}, 1e-9),
        "networks": Item(
            "Gradients of 1,000 different tiny networks, 4 samples each, float64, in process", "ms",
            "milliseconds_median",
            {"1 thread": ([], 1, 300), "2 threads": ([], 2, 300)},
            ["--case", "networks", "--dtype", "f64", "--repeats", 100],
            {"PyTorch, modules": peer("small.py", "networks-torch", needs=torch),
             "PyTorch, functions": peer("small.py", "networks-functional", needs=torch)}, 1e-9),
    }


def memory(rounds):
    """The most memory of a training, and what more samples add to it."""
    found = programs.installed("memory", {
        NABLA: programs.NABLA,
        "PyTorch": peer("train.py", "torch", needs=("torch", "numpy")),
        "NumPy by hand": peer("train.py", "numpy", needs=("numpy",)),
    })
    table = Table("Peak memory of training 784-128-10, batch 1024, float32", "MiB", True)
    flags = [*data_flags(), "--epochs", 1, "--batch", 1024]
    counts = (6_000, 60_000)
    for round_number in range(1, rounds + 1):
        say(f"memory: round {round_number} of {rounds}")
        for count in counts:
            for contender, command in found.items():
                result = programs.run([*command, *flags, "--samples", count], 1)
                table.add(f"{count:,} × 784 samples", contender, round_number,
                          result["peak_mebibytes"])
    few, many = (table.cells[f"{count:,} × 784 samples"] for count in counts)
    # A sample is its inputs, its class and its place in the order, 4 bytes each.
    samples = (counts[1] - counts[0]) * (784 + 2) * 4 / MEBIBYTE
    for contender in found:
        more = min(many[contender].values()) - min(few[contender].values())
        table.notes.append(f"{contender} took {more:.1f} MiB more for 54,000 more samples, which "
                           f"are {samples:.1f} MiB with their classes and their order.")
    return [table]


def measure(name, rounds):
    """The tables of an item."""
    if name == "memory":
        return memory(rounds)
    if name == "allocations":
        return [programs.allocations()] if programs.NABLA.is_installed else []
    return items()[name].measure(name, rounds)
