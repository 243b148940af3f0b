"""What the figures were measured on."""

import os
import platform
import subprocess
from datetime import date

from . import places

PEERS = ("torch", "jax", "numpy", "fastapi", "pydantic", "orjson", "uvicorn")


def first_line(*command):
    """The first line a command prints, on either stream, or nothing if it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ((done.stdout + done.stderr).strip().splitlines() or [""])[0].strip()


def processor():
    """The processor's name as Linux tells it."""
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def description():
    """Lines of Markdown about the machine, the versions and the load it was under."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    peers = places.peer_versions()
    versions = [first_line("swift", "--version"), first_line(str(places.PYTHON), "--version"),
                *(f"{name} {peers[name]}" for name in PEERS if name in peers)]
    nginx = places.program("nginx")
    if nginx:
        versions.append(first_line(nginx, "-v").replace("nginx version: ", ""))
    lines = [
        f"- {date.today()}, {processor()}, {len(os.sched_getaffinity(0))} cores, "
        f"{memory:.0f} GiB, Linux {platform.release()}",
        "- " + ", ".join(version for version in versions if version),
        f"- load average at the start: {os.getloadavg()[0]:.2f}",
    ]
    core = os.environ.get("OPENBLAS_CORETYPE")
    if core:
        lines.append(
            f"- OPENBLAS_CORETYPE={core} is set: Nabla and NumPy multiply with that core's "
            "kernels, PyTorch with those of its own choice")
    return "\n".join(lines)
