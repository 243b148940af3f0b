"""Where the contenders' programs and what is made for them lie."""

import shutil
from importlib.metadata import distributions
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
PEERS = BENCHMARKS / "peers"

NABLA = REPOSITORY / ".build" / "release" / "nabla"
NABLA_REQUESTS = REPOSITORY / ".build" / "release" / "nabla-bench-requests"
NABLA_CLIENT = REPOSITORY / ".build" / "release" / "nabla-bench-client"
NABLA_TRAINING = REPOSITORY / ".build" / "release" / "nabla-bench-training"

MADE = REPOSITORY / ".peers"
PYTHON = MADE / "venv" / "bin" / "python"
HUMMINGBIRD = MADE / "hummingbird" / "release" / "constant"
CURL_CALLER = MADE / "curl-caller"
SIMDJSON = MADE / "simdjson-reader"
BODIES = MADE / "bodies"
TRAINING_DATA = MADE / "training"
LOGS = MADE / "logs"


def program(name):
    """A program of the system's, or None; Debian keeps servers where a user's PATH may not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def peer_versions():
    """The versions of the packages in the peers' virtual environment, by name in lower case."""
    folders = (MADE / "venv" / "lib").glob("python*/site-packages")
    found = distributions(path=[str(folder) for folder in folders])
    return {package.metadata["Name"].lower(): package.version for package in found}


def has_peers(*packages):
    """Whether the peers' virtual environment has these packages."""
    return PYTHON.exists() and peer_versions().keys() >= set(packages)


def say(text):
    """Tells the reader what happens, apart from the results."""
    print(text, flush=True)
