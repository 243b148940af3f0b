"""The work item `json`: reading and writing numbers as JSON, without a socket.

Nabla reads the 6 MB request into a checked network and samples, on one core and as its service does
with two workers, and writes its gradients; simdjson alone, which has one core, reads all numbers of
the same text into a vector, orjson writes a list of as many floats.
"""

from make_bodies import write_bodies

from . import places, programs
from .places import say
from .programs import Program, peer
from .report import NABLA, Table

SIMDJSON = "simdjson alone, into a vector"
ORJSON = "orjson"
ONE_CORE = "Nabla, one core"
READING, SHARED = "numbers", "numbers, two cores"


def measure(rounds):
    """The tables of what is read and written."""
    write_bodies(places.BODIES)
    body = places.BODIES / "large.json"
    found = programs.installed("json", {
        NABLA: Program([places.NABLA_REQUESTS, body], places.NABLA_REQUESTS.exists(),
                       "not built: make build"),
        SIMDJSON: Program([places.SIMDJSON, body], places.SIMDJSON.exists(),
                          "not built: make bench-peers"),
        ORJSON: peer("write_orjson.py", needs=("orjson",)),
    })
    reading = Table("Reading 6 MB of JSON", "MB/s", False,
                    {(READING, SIMDJSON): 1, (SHARED, SIMDJSON): 1.9})
    writing = Table("Writing float64 as JSON, one core", "million numbers/s", False,
                    {("gradients", ORJSON): 1})
    for round_number in range(1, rounds + 1):
        say(f"json: round {round_number} of {rounds}")
        for contender, command in found.items():
            result = programs.run(command, None)
            if contender == NABLA:
                rate = result["bytes"] / result["read_us_median"]
                reading.add(READING, NABLA, round_number, rate)
                reading.add(SHARED, NABLA, round_number,
                            result["bytes"] / result["read_by_two_us_median"])
                reading.add(SHARED, ONE_CORE, round_number, rate)
                writing.add("gradients", NABLA, round_number,
                            result["numbers"] / result["write_us_median"])
            elif contender == SIMDJSON:
                for case in (READING, SHARED):
                    reading.add(case, SIMDJSON, round_number, result["millions_per_second"])
            else:
                writing.add("gradients", ORJSON, round_number, result["millions_per_second"])
    return [reading, writing]
