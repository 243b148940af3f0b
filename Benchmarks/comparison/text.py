"""The work item `json`: reading and writing numbers as JSON, without a socket.

Nabla reads the 6 MB request into a checked network and samples, and writes its gradients; simdjson
alone reads all numbers of the same text into a vector, orjson writes a list of as many floats.
"""

from make_bodies import write_bodies

from . import places, programs
from .places import say
from .programs import Program, peer
from .report import NABLA, Table

SIMDJSON = "simdjson alone, into a vector"
ORJSON = "orjson"


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
    reading = Table("Reading 6 MB of JSON, one core", "MB/s", False, {("numbers", SIMDJSON): 1})
    writing = Table("Writing float64 as JSON, one core", "million numbers/s", False,
                    {("gradients", ORJSON): 1})
    for round_number in range(1, rounds + 1):
        say(f"json: round {round_number} of {rounds}")
        for contender, command in found.items():
            result = programs.run(command, None)
            if contender == NABLA:
                reading.add("numbers", NABLA, round_number,
                            result["bytes"] / result["read_us_median"])
                writing.add("gradients", NABLA, round_number,
                            result["numbers"] / result["write_us_median"])
            else:
                table, case = ((reading, "numbers") if contender == SIMDJSON
                               else (writing, "gradients"))
                table.add(case, contender, round_number, result["millions_per_second"])
    return [reading, writing]
