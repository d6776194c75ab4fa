"""The machine of a measurement: the facts that a reader needs to judge the results."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

# The processor flags that determine the speed of a kernel.
TELLING_FLAGS = ("sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "asimd", "sve")


def cpu_fields() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def describe() -> dict:
    fields = cpu_fields()
    flags = set(fields.get("flags", fields.get("Features", "")).split())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    except OSError:
        kilobytes = 0
    return {
        "cpu": fields.get("model name", platform.processor() or platform.machine()),
        "family_model_stepping": "/".join(fields.get(key, "?") for key in ("cpu family", "model", "stepping")),
        "cores": cores,
        "megahertz": fields.get("cpu MHz", "?"),
        "cache": fields.get("cache size", "?"),
        "flags": [flag for flag in TELLING_FLAGS if flag in flags],
        "memory_gigabytes": round(kilobytes / 1e6, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "rustc": first_line("rustc", "--version"),
    }


def load() -> float:
    """The load average of the last minute, which shows the activity of other programs."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0
