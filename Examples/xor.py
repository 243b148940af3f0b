#!/usr/bin/env python3
"""Asks Nabla for a gradient, and has a network trained on XOR, with the standard library alone.

    python3 Examples/xor.py

NABLA_SERVER says where the service is (http://127.0.0.1:8080 by default), NABLA_TOKEN is its token.
"""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.request
import uuid

SERVER = os.environ.get("NABLA_SERVER", "http://127.0.0.1:8080")
EXAMPLES = pathlib.Path(__file__).parent


def call(path, body=None, headers=None):
    """Opens the answer to a GET, or to a POST of `body`."""
    headers = dict(headers or {})
    if "NABLA_TOKEN" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["NABLA_TOKEN"]
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(SERVER + path, data=body, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        # What is wrong, as application/problem+json, with the place that is to blame.
        sys.exit(f"{path}: {error.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"The service can't be reached: {error.reason}")


def events(run):
    """Gives the name and the data of each event of a run, until its end."""
    name = None
    for line in call(f"/runs/{run}/events"):
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


answer = json.load(call("/gradients", (EXAMPLES / "xor.json").read_bytes()))
print(f"loss {answer['loss']:.6f}")
print(f"gradient of the last bias {answer['gradients'][1]['bias'][0]:.6f}")

# Sent again under the same key, the request is answered with the same run.
run = json.load(
    call(
        "/train",
        (EXAMPLES / "train_xor.json").read_bytes(),
        {"Idempotency-Key": str(uuid.uuid4())},
    )
)
for name, data in events(run["id"]):
    if name == "metrics" and data["epoch"] % 100 == 0:
        print(f"epoch {data['epoch']}: loss {data['metrics']['loss']:.6f}")
    elif name == "end":
        print(f"{data['status']}: loss {data['latest']['loss']:.6f}")
