"""The work items `batch`, `latency`, `storage` and `client`: Nabla beside itself, over real connections.

batch sends a thousand tiny requests as one and one after another, each over one connection; latency
looks at a tiny request's slowest hundredth, idle and while a training run keeps all workers busy; storage
reads off /metrics which share of their time runs of 100,000 steps spend with storage; client makes 10,000
calls one after another with the client library, and with libcurl from C.
"""

import json
import tempfile
import time

from make_bodies import write_bodies

from . import places, programs
from .places import say
from .report import NABLA, Table
from .servers import Server
from .serving import contenders, load

BATCH = 1000
ALONE = "one request each"
IDLE = "Nabla, idle"
CONNECTIONS = (1, 16)
STEPS = 100_000
CALLS = 10_000
IN_C = "C on libcurl"
LIMIT = "2 %, the most there may be"


def nabla(scratch):
    """Nabla's server; None where it isn't built."""
    return next((found for found in contenders(1, scratch, only=NABLA)), None)


def measure(items, rounds):
    """The tables of some items."""
    write_bodies(places.BODIES)
    if not places.program("wrk"):
        say("batch and latency are left out, wrk is not installed: apt-get install wrk")
        items = [item for item in items if item in ("storage", "client")]
    first_body = (places.BODIES / "tiny.json").read_bytes()
    tables = {
        "batch": Table("A thousand gradients of XOR in one POST /gradients/batch, 1 connection",
                       "µs a gradient", True, {("XOR", ALONE): 10}),
        "latency": Table("The slowest hundredth of XOR's gradients while a run trains", "p99 ms",
                         True, {(case(count), IDLE): 1 / 5 for count in CONNECTIONS}),
        "storage": Table(f"The share of {STEPS:,} steps' time that goes to storage", "%", True,
                         {(name, LIMIT): 1 for name in RUNS}),
        "client": Table(f"{CALLS:,} gradients of XOR asked for one after another", "µs a call", True,
                        {(name, IN_C): 1 / 1.3 for name in ("blocking", "async")}),
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


def measure_storage(server, table, round_number):
    """The share of the time of a run's slices that goes to storage, run by run."""
    large = json.loads((places.BODIES / "large-float32.json").read_text())
    tiny = json.loads((places.BODIES / "tiny.json").read_text())
    works = {"XOR": (tiny, {"epochs": STEPS, "batch_size": 4}),
             "784-128-10": (large, {"epochs": STEPS // 8, "batch_size": 32})}
    for name in RUNS:
        body, settings = works[name]
        before = spent(server)
        finish_run(server, {part: body[part] for part in ("network", "loss", "samples")} | settings)
        slices, storage = (after - then for after, then in zip(spent(server), before))
        table.add(name, NABLA, round_number, 100 * storage / slices)
        table.add(name, LIMIT, round_number, 2)


def measure_client(server, table, round_number):
    """Microseconds a call, with the client library and with libcurl alone."""
    for program, wanted in ((places.NABLA_CLIENT, "make build"),
                            (places.CURL_CALLER, "make bench-peers")):
        if not program.exists():
            say(f"client is left out, {program.name} is not built: {wanted}")
            return
    url = f"http://127.0.0.1:{server.port}"
    alone = programs.run([places.CURL_CALLER, url + "/gradients", places.BODIES / "tiny.json",
                          str(CALLS)], None)
    library = programs.run([places.NABLA_CLIENT, url, str(CALLS)], None)
    for name in ("blocking", "async"):
        table.add(name, NABLA, round_number, library[f"{name}_us_per_call"])
        table.add(name, IN_C, round_number, alone["us_per_call"])


def spent(server):
    """The seconds that slices took so far, and those that went to storage."""
    connection = server.connect()
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return (float(found["nabla_training_seconds_total"]),
            float(found["nabla_training_storage_seconds_total"]))


def finish_run(server, request):
    """Trains, and waits for the end."""
    connection = server.connect()
    connection.request("POST", "/train", json.dumps(request),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    place = answer.getheader("Location")
    while answer.status in (200, 202):
        status = json.loads(text)["status"]
        if status == "succeeded":
            connection.close()
            return
        if status not in ("queued", "running"):
            break
        time.sleep(0.5)
        connection.request("GET", place)
        answer = connection.getresponse()
        text = answer.read()
    raise SystemExit(f"a run of the benchmark: {answer.status}: {text[:300]}")


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


RUNS = ("XOR", "784-128-10")
MEASURES = {"batch": measure_batch, "latency": measure_latency, "storage": measure_storage,
            "client": measure_client}
