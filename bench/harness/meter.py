"""Runs a command and prints, as JSON, its wall time, its peak resident memory, its status and its output.

A small process of its own: Linux counts into a child's peak the memory its parent had when it was started.
"""

import json
import os
import sys
import tempfile
import time


def main(command):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            try:
                os.execvp(command[0], command)
            except OSError as error:
                os.write(2, f"{command[0]}: {error.strerror}\n".encode())
                os._exit(127)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        kilo = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB on Linux
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "peak_bytes": usage.ru_maxrss * kilo,
                    "status": os.waitstatus_to_exitcode(status),
                    "stdout": out.read().decode(errors="replace")[-4000:],
                    "stderr": err.read().decode(errors="replace")[-4000:],
                }
            )
        )


main(sys.argv[1:])
