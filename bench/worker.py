# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""worker.py - a process in which one runtime runs one model, so that none feels another's threads or memory.

    python worker.py RUNTIME FILE MODEL.onnx INPUTS.npz THREADS

Worker is the parent's side of it: it loads when made, then runs blocks on demand. Between blocks it sleeps.
"""
import json
import os
import pathlib
import subprocess
import sys
import time


class Worker:
    def __init__(self, runtime, file, model, inputs, threads):
        self.process = subprocess.Popen([sys.executable, __file__, runtime, str(file), str(model), str(inputs), str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.loaded = self._answer()  # {"load_ms": open to first result, ..} or {"error": ..}

    def _answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        return {"error": f"its process ended with status {self.process.wait()}"}

    def ask(self, **request):
        """block=SECONDS: {"ms": of each run}; memory=True: {"peak_mib": ..}; save=FILE: outputs; trace=True."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self._answer()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Inputs(dict):
    """Arrays by name, and the model that they are for."""


def memory(field):
    """MiB of this process: VmRSS, or VmHWM, the most that it had since that was reset."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


def serve(runtime, file, model, inputs, threads, answers):
    import numpy as np

    import runtimes
    arrays = Inputs(np.load(inputs))
    arrays.model = pathlib.Path(model)
    peer = runtimes.ALL[runtime]()
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")

    def answer(**what):
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    try:
        # Its import is not its loading: a process does that once, not for each model.
        if peer.package:
            __import__(peer.package)
        start = time.perf_counter()
        peer.load(pathlib.Path(file), arrays, int(threads))
        peer.run()
        answer(load_ms=(time.perf_counter() - start) * 1e3)
    except Exception as problem:
        return answer(error=str(problem).strip().splitlines()[0][:300] if str(problem).strip() else type(problem).__name__)

    for line in sys.stdin:
        request = json.loads(line)
        if "block" in request:
            times, begin = [], time.perf_counter()
            peer.run()  # brings its data back into the caches
            while not times or time.perf_counter() - begin < request["block"]:
                start = time.perf_counter()
                peer.run()
                times.append((time.perf_counter() - start) * 1e3)
            answer(ms=times)
        elif "memory" in request:
            answer(peak_mib=memory("VmHWM") - before)
        elif "save" in request:
            outputs = peer.run()
            outputs = peer.results() if hasattr(peer, "results") else outputs
            np.savez(request["save"], *[np.asarray(o) for o in outputs])
            answer(saved=request["save"])
        elif "trace" in request:
            answer(trace=peer.trace() if hasattr(peer, "trace") else None)


if __name__ == "__main__":
    # Runtimes print; the answers get a stream of their own.
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(*sys.argv[1:], own)
