"""Writes as many floats as 784-128-10 has gradients with orjson, again and again, and prints one line
of JSON with the million numbers a second.

    write_orjson.py
"""

import json
import random
import statistics
import time

import orjson

COUNT = 784 * 128 + 128 + 128 * 10 + 10
REPEATS = 50


def main():
    drawn = random.Random(1)
    numbers = [drawn.uniform(-0.1, 0.1) for _ in range(COUNT)]
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        orjson.dumps(numbers)
        rates.append(COUNT / (time.perf_counter() - start) / 1e6)
    print(json.dumps({"impl": "orjson", "numbers": COUNT,
                      "millions_per_second": statistics.median(rates)}))


if __name__ == "__main__":
    main()
