"""What callers who hold bodies open make a server keep in memory.

Connects clients that each announce a body and send all of it but the last byte, and prints the
server's resident memory before, meanwhile, after they have left, and 12 seconds later:

    python3 Benchmarks/held_bodies.py 127.0.0.1:8080 --clients 200 --bytes 1000000
"""

import argparse
import re
import socket
import time
import urllib.request


def metric(server: str, name: str) -> float:
    """A value without labels of /metrics."""
    with urllib.request.urlopen(f"http://{server}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))


def hold(server: str, clients: int, count: int) -> list[socket.socket]:
    """Clients that have sent a body of `count` bytes but for its last one."""
    host, port = server.rsplit(":", 1)
    head = f"POST /predict HTTP/1.1\r\nHost: {server}\r\nContent-Length: {count}\r\n\r\n"
    message = head.encode() + b" " * (count - 1)
    held = []
    for _ in range(clients):
        held.append(socket.create_connection((host, int(port)), timeout=30))
        held[-1].sendall(message)
    return held


def wait(server: str, received: float) -> None:
    """Waits until the server has read so many bytes."""
    for _ in range(1000):
        if metric(server, "nabla_http_received_bytes_total") >= received:
            return
        time.sleep(0.01)
    raise SystemExit("the server does not read what was sent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server", help="host:port")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    options = parser.parse_args()
    before = metric(options.server, "process_resident_memory_bytes")
    received = metric(options.server, "nabla_http_received_bytes_total")
    held = hold(options.server, options.clients, options.bytes)
    sent = options.clients * options.bytes
    wait(options.server, received + sent)
    during = metric(options.server, "process_resident_memory_bytes")
    for client in held:
        client.close()
    while metric(options.server, "nabla_http_connections") > 1:
        time.sleep(0.01)
    after = metric(options.server, "process_resident_memory_bytes")
    time.sleep(12)
    later = metric(options.server, "process_resident_memory_bytes")
    print(f"{options.clients} clients of {options.bytes:,} bytes, {sent / 2**20:.0f} MiB together")
    rows = (("before", before), ("meanwhile", during), ("after", after), ("12 s later", later))
    for name, value in rows:
        print(f"{name:>10} {value / 2**20:7.1f} MiB")


if __name__ == "__main__":
    main()
