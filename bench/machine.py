# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""machine.py - what the numbers were measured on, and what it can do at most (bench-peak)."""
import json
import os
import pathlib
import subprocess
import time

from runtimes import BUILD


def describe():
    """The CPU's name, the cores that this process may use, the date."""
    name = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return {"cpu": name, "cores": len(os.sched_getaffinity(0)), "date": time.strftime("%Y-%m-%d")}


class Peak:
    """GFLOP/s, GB/s and, from a table of so many bytes, 10^9 random loads a second, by threads: the most seen so far in
    this run. Measured again and again, between models, because a machine that others share is not always the same."""

    def __init__(self, threads, table=1 << 20):
        self.threads, self.vector, self.table = threads, "", table
        self.seen = {t: {"gflops": 0.0, "gbytes": 0.0, "ggathers": 0.0} for t in threads}

    def measure(self, seconds=0.05):
        command = [BUILD / "bin" / "bench-peak", "--seconds", str(seconds), "--table", str(self.table), *map(str, self.threads)]
        try:
            result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        except (OSError, subprocess.CalledProcessError):
            return self
        self.vector = result["vector"]
        for peak in result["peaks"]:
            best = self.seen[peak["threads"]]
            for what in best:
                best[what] = max(best[what], peak[what])
        return self
