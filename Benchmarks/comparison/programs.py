"""Programs that do the work in a process of their own and print a line of JSON."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import places
from .places import say


@dataclass
class Program:
    """A contender's command, and the line that tells what it wants where it isn't installed."""
    command: list
    is_installed: bool
    wants: str


NABLA = Program([places.NABLA_TRAINING], places.NABLA_TRAINING.exists(), "not built: make build")


def peer(script, *arguments, needs):
    """A Python peer, which needs these packages."""
    command = [places.PYTHON, places.PEERS / script, *arguments]
    return Program(command, places.has_peers(*needs), "not installed: make bench-peers")


def installed(item, programs):
    """The commands of the programs that are there, by name; a line for each of the others."""
    for name, program in programs.items():
        if not program.is_installed:
            say(f"{item}: {name} is left out, {program.wants}")
    return {name: program.command for name, program in programs.items() if program.is_installed}


def run(command, threads):
    """Runs a program with so many threads, None where it isn't to be told; what it printed last."""
    environment = os.environ | {
        variable: str(threads or 1)
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    flags = ["--threads", threads] if threads else []
    done = subprocess.run([str(part) for part in [*command, *flags]],
                          env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def check_losses(work, losses, tolerance):
    """Refuses figures of contenders that did not do the same work."""
    smallest, largest = min(losses.values()), max(losses.values())
    if not largest - smallest <= tolerance * abs(smallest):
        raise SystemExit(f"{work}: not the same work, the last losses differ: {losses}")


def allocations():
    """What the script that counts allocations says, as a section of its own."""
    script = Path("Benchmarks") / "Training" / "allocations.sh"
    done = subprocess.run(["bash", script, places.NABLA_TRAINING], cwd=places.REPOSITORY,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return Lines("Allocations of a whole training", done.stdout.splitlines())


class Lines:
    """A result that is lines and no table."""

    def __init__(self, title, lines):
        self.title = title
        self.lines = lines

    def markdown(self):
        """The lines as a list below the title."""
        return f"### {self.title}\n\n" + "".join(f"- {line}\n" for line in self.lines)
