"""The work items `batch` and `latency`: Nabla beside itself, over real connections.

batch sends a thousand tiny requests as one and one after another, each over one connection; latency
looks at a tiny request's slowest hundredth, idle and while a training run keeps all workers busy.
"""

import json
import tempfile

from make_bodies import write_bodies

from . import places
from .places import say
from .report import NABLA, Table
from .servers import Server
from .serving import contenders, load

BATCH = 1000
ALONE = "one request each"
IDLE = "Nabla, idle"
CONNECTIONS = (1, 16)


def nabla(scratch):
    """Nabla's server; None where it isn't built, or there is nothing to load it with."""
    if not places.program("wrk"):
        say("batch and latency are left out, wrk is not installed: apt-get install wrk")
        return None
    return next((found for found in contenders(1, scratch, only=NABLA)), None)


def measure(items, rounds):
    """The tables of some items."""
    write_bodies(places.BODIES)
    first_body = (places.BODIES / "tiny.json").read_bytes()
    tables = {
        "batch": Table("A thousand gradients of XOR in one POST /gradients/batch, 1 connection",
                       "µs a gradient", True, {("XOR", ALONE): 10}),
        "latency": Table("The slowest hundredth of XOR's gradients while a run trains", "p99 ms",
                         True, {(case(count), IDLE): 1 / 5 for count in CONNECTIONS}),
    }
    with tempfile.TemporaryDirectory(prefix="nabla-bench-") as scratch:
        server = nabla(scratch)
        if not server:
            return []
        for round_number in range(1, rounds + 1):
            for item in items:
                say(f"{item}: round {round_number} of {rounds}")
                with Server(NABLA, server.command, {}, first_body) as running:
                    MEASURES[item](running, tables[item], round_number)
    return [tables[item] for item in items]


def measure_batch(server, table, round_number):
    """Microseconds a gradient, in batches and alone."""
    together = load(server, places.BODIES / "batch.json", 1, path="/gradients/batch")
    alone = load(server, places.BODIES / "tiny.json", 1)
    table.add("XOR", NABLA, round_number, 1e6 / (together["requests_per_second"] * BATCH))
    table.add("XOR", ALONE, round_number, 1e6 / alone["requests_per_second"])


def measure_latency(server, table, round_number):
    """The slowest hundredth, idle and while trainings that don't end keep the workers busy."""
    tiny = places.BODIES / "tiny.json"
    for count in CONNECTIONS:
        table.add(case(count), IDLE, round_number, load(server, tiny, count)["p99_ms"])
    large = json.loads((places.BODIES / "large-float32.json").read_text())
    train(server, {name: large[name] for name in ("network", "loss", "samples")})
    for count in CONNECTIONS:
        table.add(case(count), NABLA, round_number, load(server, tiny, count)["p99_ms"])


def train(server, work):
    """Starts as many runs as train at once by default, with more epochs than there is time for."""
    for _ in range(2):
        connection = server.connect()
        connection.request("POST", "/train", json.dumps(work | {"epochs": 1_000_000}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 202:
            raise SystemExit(f"POST /train: {answer.status}: {answer.read(300)}")
        connection.close()


def case(connections):
    """The name of a case with so many connections."""
    return f"{connections} connection{'s' if connections > 1 else ''}"


MEASURES = {"batch": measure_batch, "latency": measure_latency}
