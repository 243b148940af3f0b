"""The work items `tiny`, `medium` and `large`: POST /gradients, Nabla beside its peers.

tiny and medium are loaded by wrk over connections that stay open, 16 of them and for tiny 64, too;
large is sent one request at a time over one connection. A server is started anew in each round.
"""

import json
import math
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable

from make_bodies import write_bodies

from . import places
from .places import say
from .report import NABLA, Table
from .servers import Server, post

CONNECTIONS = {"tiny": (16, 64), "medium": (16,)}
WARM_UP_SECONDS = 1
LOAD_SECONDS = 4
STARTS = 5
LARGE_WARM_UP = 3
LARGE_REQUESTS = 20

PYDANTIC = "FastAPI + PyTorch"
ORJSON = "FastAPI + orjson + PyTorch"
NUMPY = "ASGI + NumPy"
NGINX = "nginx, a constant"
HUMMINGBIRD = "Hummingbird, a constant"
JSON_NUMBERS = "Nabla, numbers as JSON"  # beside packed ones

BODIES = {"tiny": ["tiny"], "medium": ["medium"], "large": ["large", "large-float32"]}
CASES = {"large": "float64", "large-float32": "float32"}
PACKED = "float32, packed"
IN_TURN = "starts in turn"
BEFORE_LOAD = "before a load"  # which another program's load came before
GOALS = {
    "tiny": {PYDANTIC: 15, ORJSON: 30, NUMPY: 9, NGINX: 0.85, HUMMINGBIRD: 1},
    "medium": {ORJSON: 6},
    "large": {ORJSON: 3},
}

# How far two programs' gradients may differ, relative to the largest: rounding, and no more.
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}


@dataclass
class Contender:
    """A server that can be started."""

    name: str
    command: Callable  # from a port to the arguments
    environment: dict = field(default_factory=dict)
    computes: bool = True  # those that answer a constant don't: their answers are not compared


def contenders(workers, scratch, only=None):
    """Those that are installed, or one of them; the peers run as many processes as `workers` says."""
    found = []
    if places.NABLA.exists():
        found.append(Contender(NABLA, lambda port: [
            places.NABLA, "serve", "--listen", f"127.0.0.1:{port}",
            "--data", tempfile.mkdtemp(dir=scratch)]))
    else:
        say("serving: Nabla is left out, not built: make build")
    if only == NABLA:
        return found
    server = ("uvicorn", "uvloop", "httptools", "orjson", "numpy")
    if places.has_peers(*server, "fastapi", "torch"):
        found.append(python_contender(PYDANTIC, "fastapi_torch:app", workers, PARSE="pydantic"))
        found.append(python_contender(ORJSON, "fastapi_torch:app", workers, PARSE="orjson"))
    else:
        say("serving: FastAPI + PyTorch are left out, not installed: make bench-peers")
    if places.has_peers(*server):
        found.append(python_contender(NUMPY, "asgi_numpy:app", workers))
    else:
        say("serving: ASGI + NumPy are left out, not installed: make bench-peers")
    nginx = places.program("nginx")
    if nginx:
        found.append(Contender(NGINX, lambda port: nginx_command(nginx, port, workers, scratch),
                               computes=False))
    else:
        say("serving: nginx is left out, not installed: apt-get install nginx-light")
    if places.HUMMINGBIRD.exists():
        found.append(Contender(HUMMINGBIRD, lambda port: [places.HUMMINGBIRD, port],
                               computes=False))
    else:
        say("serving: Hummingbird is left out, not built: make bench-peers")
    return found


def python_contender(name, application, workers, **environment):
    """An ASGI application under uvicorn, with its fast loop and parser and without its log."""
    return Contender(name, lambda port: [
        places.PYTHON, "-m", "uvicorn", "--app-dir", places.PEERS, "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning",
        "--host", "127.0.0.1", "--port", port, "--workers", workers, application], environment)


def nginx_command(nginx, port, workers, scratch):
    """nginx with a configuration and a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    text = (places.PEERS / "nginx.conf.in").read_text()
    for name, value in {"WORKERS": workers, "FOLDER": folder, "PORT": port}.items():
        text = text.replace(f"@{name}@", str(value))
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    return [nginx, "-c", configuration, "-p", folder, "-e", "stderr"]


def load(server, body, connections, path="/gradients"):
    """wrk's summary of some seconds of the body over so many connections, after a warm-up."""
    for seconds in (WARM_UP_SECONDS, LOAD_SECONDS):
        done = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(connections),
             "--duration", f"{seconds}s", "--script", str(places.BENCHMARKS / "wrk_report.lua"),
             f"http://127.0.0.1:{server.port}{path}"],
            env=os.environ | {"BODY": str(body)}, stdout=subprocess.PIPE, text=True, check=True)
    summary = json.loads(done.stdout.splitlines()[-1])
    if summary["failures"]:
        raise SystemExit(f"{server.name}: {summary['failures']} requests of {body.name} failed")
    return summary


def one_at_a_time(server, body):
    """The median milliseconds of a request with this body, after a warm-up."""
    connection = server.connect()
    milliseconds = []
    for _ in range(LARGE_WARM_UP + LARGE_REQUESTS):
        start = time.perf_counter()
        status, answer = post(connection, body)
        milliseconds.append((time.perf_counter() - start) * 1e3)
        if status != 200:
            raise SystemExit(f"{server.name}: {status}: {answer[:300].decode(errors='replace')}")
    connection.close()
    return median(milliseconds[LARGE_WARM_UP:])


def numbers(value):
    """All numbers of the loss and the gradients, in one order for all servers."""
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    if isinstance(value, dict):
        return [number for key in sorted(value) for number in numbers(value[key])]
    return [value]


class Agreement:
    """Correctness before speed: every server's gradients are those of the first one."""

    def __init__(self):
        self.first = {}

    def check(self, server, name, body):
        """Refuses the figures of a server whose answer to this body differs."""
        connection = server.connect()
        _, answer = post(connection, body)
        connection.close()
        answer = json.loads(answer)
        ours = [answer["loss"], *numbers(answer["gradients"])]
        first, theirs = self.first.setdefault(name, (server.name, ours))
        allowed = TOLERANCES[answer["dtype"]] * max(map(abs, theirs))
        if len(ours) != len(theirs) or not all(
                math.isclose(a, b, rel_tol=0, abs_tol=allowed) for a, b in zip(ours, theirs)):
            raise SystemExit(f"{first} and {server.name} give different gradients for {name}.json")


def tables(items):
    """An empty table for each item, and one for what the servers cost before any request."""
    units = {"tiny": "requests/s", "medium": "requests/s", "large": "ms"}
    titles = {
        "tiny": "Tiny: gradients of XOR",
        "medium": "Medium: 64-32-10, 64 samples, 73 KB of JSON",
        "large": "Large: 784-128-10, 256 samples, 6 MB of JSON, one request at a time",
    }
    found = {}
    for item in items:
        cases = ([CASES[body] for body in BODIES[item]] if item == "large"
                 else map(connections_case, CONNECTIONS[item]))
        goals = {(case, contender): goal
                 for case in cases for contender, goal in GOALS[item].items()}
        if item == "large":
            goals[PACKED, JSON_NUMBERS] = 4
        found[item] = Table(titles[item], units[item], item == "large", goals)
    found["start"] = Table("Start and memory", "ms to the first answer", True, {
        (IN_TURN, NGINX): 1 / 1.5})
    return found


def connections_case(count):
    """The name of a case with so many connections."""
    return f"{count} connections"


def measure_server(server, items, found, round_number, body_path):
    """Loads a running server with the items' bodies and notes what is seen."""
    idle = server.memory_mebibytes()
    for item in (item for item in items if item != "large"):
        for connections in CONNECTIONS[item]:
            extras = load(server, body_path(item), connections)
            value = extras.pop("requests_per_second")
            del extras["failures"]
            found[item].add(connections_case(connections), server.name, round_number, value,
                            **extras)
    after = server.memory_mebibytes()
    if "large" in items and server.name != HUMMINGBIRD:
        measure_large(server, found["large"], round_number, body_path)
    found["start"].add(BEFORE_LOAD, server.name, round_number, server.start_seconds * 1e3,
                       idle_MiB=idle, MiB_after_load=after)


def measure_large(server, table, round_number, body_path):
    """Sends large bodies, and to Nabla the same with its numbers packed."""
    for name in BODIES["large"]:
        value = one_at_a_time(server, body_path(name).read_bytes())
        table.add(CASES[name], server.name, round_number, value)
    if server.name == NABLA:
        table.add(PACKED, JSON_NUMBERS, round_number, value)
        packed = one_at_a_time(server, body_path("large-packed").read_bytes())
        table.add(PACKED, NABLA, round_number, packed)


def measure_starts(installed, table, round_number, first_body):
    """Starts every contender some times in turn, without a load in between."""
    milliseconds = {}
    for _ in range(STARTS):
        for contender in installed:
            with Server(contender.name, contender.command, contender.environment,
                        first_body) as server:
                milliseconds.setdefault(server.name, []).append(server.start_seconds * 1e3)
    for name, values in milliseconds.items():
        table.add(IN_TURN, name, round_number, median(values))


def measure(items, rounds, workers):
    """Runs the items on all contenders in interleaved rounds."""
    if not places.program("wrk") and set(items) != {"large"}:
        say("serving: tiny and medium are left out, wrk is not installed: apt-get install wrk")
        items = [item for item in items if item == "large"]
    if not items:
        return []

    def body_path(name):
        return places.BODIES / f"{name}.json"

    write_bodies(places.BODIES)
    first_body = body_path("tiny").read_bytes()
    found = tables(items)
    agreement = Agreement()
    with tempfile.TemporaryDirectory(prefix="nabla-bench-") as scratch:
        installed = contenders(workers, scratch)
        for round_number in range(1, rounds + 1):
            say(f"serving: round {round_number} of {rounds}, starts")
            measure_starts(installed, found["start"], round_number, first_body)
            for contender in installed:
                say(f"serving: round {round_number} of {rounds}, {contender.name}")
                with Server(contender.name, contender.command, contender.environment,
                            first_body) as server:
                    if round_number == 1 and contender.computes:
                        for name in (name for item in items for name in BODIES[item]):
                            agreement.check(server, name, body_path(name).read_bytes())
                    measure_server(server, items, found, round_number, body_path)
    return list(found.values())
