"""Measures Nabla beside its peers: `make bench`, or

    bench.py [--only ITEM,…] [--rounds N] [--markdown FILE]

Needs nothing but Python's standard library; peers that are not installed are left out, with a line
that says how to install them. docs/benchmarks.md tells what is measured and why so.
"""

import argparse
import subprocess
from pathlib import Path

from comparison import core, machine, serving, training

CORE_ITEMS = ["xor", "digits", "gradients", "networks", "memory", "allocations"]
SERVED_ITEMS = ["tiny", "medium", "large"]
ITEMS = ["training", *CORE_ITEMS, *SERVED_ITEMS]
DEFAULT_ITEMS = [item for item in ITEMS if item != "medium"]


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=items, default=DEFAULT_ITEMS, metavar="ITEMS",
                        help=f"comma-separated, of {', '.join(ITEMS)} (default: all but medium)")
    parser.add_argument("--rounds", type=at_least_one, default=5,
                        help="how often each contender is measured, in turn (default: 5)")
    parser.add_argument("--peer-workers", type=at_least_one, default=1,
                        help="processes of each peer's server (default: 1)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the results there too")
    options = parser.parse_args()
    about = machine.description()
    tables = []
    if "training" in options.only:
        tables += training.measure(options.rounds)
    for item in (item for item in CORE_ITEMS if item in options.only):
        tables += core.measure(item, options.rounds)
    served = [item for item in SERVED_ITEMS if item in options.only]
    if served:
        tables += serving.measure(served, options.rounds, options.peer_workers)
    text = "\n".join([about + f"\n- rounds: {options.rounds}; every figure is their median\n",
                      *(table.markdown() for table in tables)])
    print("\n" + text, end="")
    if options.markdown:
        options.markdown.write_text(text)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        raise SystemExit(f"{command} exited with {error.returncode}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
