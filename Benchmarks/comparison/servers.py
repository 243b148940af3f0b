"""A server as a process: started, timed until it answers, weighed and stopped."""

import http.client
import os
import socket
import subprocess
import time

from . import places

START_SECONDS = 60
STOP_SECONDS = 15


def free_port():
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(connection, body):
    """Posts a body to /gradients; the status and the answer's bytes."""
    connection.request("POST", "/gradients", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read()


class Server:
    """A running server, stopped by its own process id when the `with` block ends.

    `command` is a function from the port to the arguments; `first_body` is posted until it is
    answered with 200, and the time from the start of the process to then is `start_seconds`.
    """

    def __init__(self, name, command, environment, first_body):
        self.name = name
        self.port = free_port()
        self.arguments = [str(part) for part in command(self.port)]
        self.environment = os.environ | environment
        self.first_body = first_body

    def __enter__(self):
        places.LOGS.mkdir(parents=True, exist_ok=True)
        self.log_path = places.LOGS / (self.name.lower().replace(" ", "-") + ".log")
        with self.log_path.open("wb") as log:
            start = time.perf_counter()
            self.process = subprocess.Popen(self.arguments, env=self.environment, stdout=log,
                                            stderr=log)
        try:
            self.wait_until_it_answers(start)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - start
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_until_it_answers(self, start):
        """Returns at the first 200 and gives up on an exit, another status or a long silence."""
        while time.perf_counter() - start < START_SECONDS:
            if self.process.poll() is not None:
                self.give_up(f"exited with {self.process.returncode}")
            try:
                connection = self.connect()
                status, answer = post(connection, self.first_body)
                connection.close()
            except OSError:
                time.sleep(0.002)
                continue
            if status != 200:
                self.give_up(f"answered {status}: {answer[:300].decode(errors='replace')}")
            return
        self.give_up(f"did not answer within {START_SECONDS} s")

    def give_up(self, reason):
        """Ends the measurement with the reason and the server's last words."""
        words = self.log_path.read_text(errors="replace").strip().splitlines()[-5:]
        raise SystemExit("\n".join([f"{self.name} {reason}", *words]))

    def connect(self):
        """A new connection, which stays open from one request to the next."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def memory_mebibytes(self):
        """The memory of the process and its descendants, shared pages counted once (PSS)."""
        return sum(map(proportional_set_kibibytes, descendants(self.process.pid))) / 1024

    def stop(self):
        """Asks the process to stop and, should it not, ends it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def descendants(process):
    """The process id and those of all that it started."""
    yield process
    try:
        threads = os.listdir(f"/proc/{process}/task")
        for thread in threads:
            with open(f"/proc/{process}/task/{thread}/children") as file:
                children = file.read().split()
            for child in children:
                yield from descendants(int(child))
    except FileNotFoundError:
        return  # It ended while it was being looked at.


def proportional_set_kibibytes(process):
    """The PSS of one process, or 0 if it has ended."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return 0
