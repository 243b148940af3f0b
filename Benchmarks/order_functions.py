"""Writes which functions the linker puts next to each other: `make order`, or

    order_functions.py PROGRAM FILE

The program is run under callgrind (valgrind), which counts the instructions of each function. First come the
functions that every tiny request needs, so that they share pages and cache lines; then those that a start, a
training and a few other calls need. Both parts are sorted by name, so that a new list differs from the last
one by what has changed.
"""

import argparse
import http.client
import json
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# So many tiny requests that what each of them needs stands out.
REQUESTS = 1000

NETWORK = {"layers": [
    {"weights": [[-0.042, 0.323], [-0.278, 0.548]], "bias": [-0.127, 0.306],
     "activation": "sigmoid"},
    {"weights": [[-0.332, -0.36]], "bias": [0.442], "activation": "sigmoid"},
]}
XOR = {"network": NETWORK, "loss": "binary_cross_entropy",
       "samples": {"inputs": [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]],
                   "targets": [[0.0], [1.0], [1.0], [0.0]]}}
TRAINING = {**XOR, "epochs": 20, "optimizer": {"type": "adam", "learning_rate": 0.1}}


def call(connection, method, path, body=None):
    """Sends a request and gives the answer's JSON, or its text."""
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path} was answered {answer.status}: {text.decode()}")
    return json.loads(text) if "json" in answer.headers["Content-Type"] else text


def wait_for(connection, id):
    """Waits until a run has ended."""
    while call(connection, "GET", f"/runs/{id}")["status"] in ("queued", "running"):
        time.sleep(0.1)


def costs(program, use):
    """The instructions that each of the program's functions took while `use` called a service."""
    with tempfile.TemporaryDirectory() as folder:
        # valgrind can't read the debugging information that Swift writes.
        bare, counts = Path(folder, "nabla"), Path(folder, "counts")
        subprocess.run(["strip", "--strip-debug", "-o", bare, program], check=True)
        service = subprocess.Popen(
            ["valgrind", "-q", "--tool=callgrind", "--demangle=no",
             f"--callgrind-out-file={counts}",
             bare, "serve", "--listen", "127.0.0.1:0", "--data", folder + "/data"],
            stdout=subprocess.PIPE, text=True)
        try:
            address = service.stdout.readline().split()[-1]
            connection = http.client.HTTPConnection(address, timeout=60)
            call(connection, "GET", "/healthz")
            use(connection)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
        return parsed(counts.read_text(), str(bare))


def parsed(text, program):
    """The instructions by function, of one program file, from what callgrind wrote."""
    names, objects, costs = {}, {}, {}
    function, is_ours, is_call = None, False, False
    for line in text.splitlines():
        if entry := re.fullmatch(r"(c?fn|c?ob)=\((\d+)\)(?: (.*))?", line):
            kind, number, name = entry.groups()
            table = names if kind.endswith("fn") else objects
            if name:
                # Calls of itself are counted under a name of their own.
                table[number] = name.split("'")[0] if table is names else name
            if kind == "ob":
                is_ours = objects[number] == program
            elif kind == "fn":
                function = names[number]
        elif line.startswith("calls="):
            is_call = True
        elif cost := re.match(r"[+\-*\d]\S* (\d+)", line):
            # What is called has a line of its own elsewhere.
            if not is_call and is_ours and not function.startswith("0x"):
                costs[function] = costs.get(function, 0) + int(cost[1])
            is_call = False
    return costs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()

    def few(connection):
        call(connection, "POST", "/gradients", XOR)

    def many(connection):
        for _ in range(REQUESTS):
            call(connection, "POST", "/gradients", XOR)

    def others(connection):
        wait_for(connection, call(connection, "POST", "/train", TRAINING)["id"])
        for path in ("/runs", "/metrics", "/version"):
            call(connection, "GET", path)
        call(connection, "POST", "/predict", {"network": NETWORK, "inputs": [[0.0, 1.0]]})

    before, after = costs(options.program, few), costs(options.program, many)
    frequent = {name for name in after if after[name] - before.get(name, 0) >= REQUESTS}
    rest = (after.keys() | costs(options.program, others).keys()) - frequent
    options.file.write_text("".join(f"{name}\n" for name in sorted(frequent) + sorted(rest)))
    print(f"{len(frequent)} functions of every request, {len(rest)} others")


if __name__ == "__main__":
    main()
