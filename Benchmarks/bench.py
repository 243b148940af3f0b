"""Measures Nabla beside its peers: `make bench`, or

    bench.py [--only ITEM,…] [--rounds N] [--markdown FILE]

Needs nothing but Python's standard library; peers that are not installed are left out, with a line
that says how to install them. docs/benchmarks.md tells what is measured and why so.
"""

import argparse
import subprocess
from pathlib import Path

from comparison import core, itself, machine, serving, text, training

CORE_ITEMS = ["xor", "digits", "gradients", "networks", "memory", "allocations"]
SERVED_ITEMS = ["tiny", "medium", "large"]
OWN_ITEMS = ["batch", "latency", "storage", "client"]
ITEMS = ["training", *CORE_ITEMS, *SERVED_ITEMS, *OWN_ITEMS, "json"]


def items(text):
    """The work items of a comma-separated list."""
    chosen = text.split(",")
    unknown = [item for item in chosen if item not in ITEMS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(ITEMS)}")
    return chosen


def at_least_one(text):
    """A positive whole number."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def threads(text):
    """The numbers of threads of a comma-separated list."""
    return tuple(at_least_one(count) for count in text.split(","))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=items, default=ITEMS, metavar="ITEMS",
                        help=f"comma-separated, of {', '.join(ITEMS)} (default: all)")
    parser.add_argument("--rounds", type=at_least_one, default=5,
                        help="how often each contender is measured, in turn (default: 5)")
    parser.add_argument("--threads", type=threads, default=training.THREADS, metavar="COUNTS",
                        help="comma-separated, for training (default: 1,2)")
    parser.add_argument("--peer-workers", type=at_least_one, default=1,
                        help="processes of each peer's server (default: 1)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the results there too")
    options = parser.parse_args()
    results = Results(options.markdown)
    results.add(machine.description()
                + f"\n- rounds: {options.rounds}; every figure is their median\n")
    if "training" in options.only:
        results.add(*(table.markdown()
                      for table in training.measure(options.rounds, options.threads)))
    for item in (item for item in CORE_ITEMS if item in options.only):
        results.add(*(table.markdown() for table in core.measure(item, options.rounds)))
    served = [item for item in SERVED_ITEMS if item in options.only]
    if served:
        results.add(*(table.markdown()
                      for table in serving.measure(served, options.rounds, options.peer_workers)))
    own = [item for item in OWN_ITEMS if item in options.only]
    if own:
        results.add(*(table.markdown() for table in itself.measure(own, options.rounds)))
    if "json" in options.only:
        results.add(*(table.markdown() for table in text.measure(options.rounds)))


class Results:
    """What is shown as soon as it is there, and written to a file where one is named."""

    def __init__(self, file):
        self.file = file
        self.texts = []

    def add(self, *texts):
        """Shows some sections."""
        self.texts += texts
        print("\n" + "\n".join(texts), flush=True)
        if self.file:
            self.file.write_text("\n".join(self.texts))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        raise SystemExit(f"{command} exited with {error.returncode}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
