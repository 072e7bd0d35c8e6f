# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""frames.py - pictures of scenes on a real device: right first, then frames a second at the sizes of screens.

    python bench/frames.py prepare DIR [--targets LIST] [SCENE ..]        on any machine: compiles what is drawn
    python bench/frames.py run DIR [--device NAME] [--rounds N] [--checked SIZE] [--sizes LIST]   where the device is: needs libtreadle.so, NumPy

Each scene is drawn, at 256 x 256, on the CPU and on the device, and compared; then at each size the device's own clock says
how long a frame takes: that of its kernels, with what they read and write in the device's memory. Sizes are those of the
published claim that is to be met: 3840x2160 at 30 frames a second for radiance fields, 7680x4320 at 120 for the others.
"""
import argparse
import pathlib
import statistics
import sys

import gpu
import numpy as np
import runtimes

SCENES = pathlib.Path(__file__).resolve().parent.parent / "examples" / "neural-graphics"
EYE, TARGET, FOV = (1.9, 0.9, 1.2), (0.5, 0.5, 0.5), 35  # degrees of the height
ALIKE = 50  # dB, of bytes


def prepare(folder, targets, scenes):
    folder.mkdir(parents=True, exist_ok=True)
    for scene in scenes or sorted([*SCENES.glob("*.msgpack"), *SCENES.glob("*.ingp")]):
        runtimes.command([runtimes.BUILD / "bin" / "treadle", "compile", "--render", scene, "-o", folder / f"{scene.stem}.tdl",
                          "--target", targets])


def pose():
    """[3, 4]: right, down, forward and position, as columns."""
    forward = np.subtract(TARGET, EYE)
    right = np.cross(forward, (0, 1, 0))
    down = np.cross(forward, right)
    return np.stack([*(axis / np.linalg.norm(axis) for axis in (right, down, forward)), EYE], 1)


class Frame(runtimes.Treadle):
    """A program that draws, and its inputs by name."""

    def __init__(self, path, width, height, device=None):
        self.open(path, 0, device)
        focal = height / 2 / np.tan(np.radians(FOV / 2))
        self.bind({
            "camera": pose().astype(np.float32),
            "intrinsics": np.array([focal, focal, width / 2, height / 2] if "camera" in self.input_kinds() else [width, height, 0, 0], np.float32),
            "background": np.ones(4, np.float32), "gain": np.float32(1), "share": np.float32(1),
            "before": np.zeros((height, width, 4), np.float32), "first": np.uint32(0),
            "place": np.zeros((height * width, 1), np.float32)})

    def pixels(self):
        """[height, width, 4], of the last run."""
        return next(result for result in self.results() if result.dtype == np.uint8 and result.ndim == 3)


def psnr(a, b):
    error = np.mean(np.square(a.astype(np.float64) - b))
    return np.inf if error == 0 else 10 * np.log10(255 ** 2 / error)


def run(folder, device, rounds, checked, sizes):
    wrong = 0
    print(f"{runtimes.Treadle.devices()[device]}; milliseconds of kernels, median of {rounds}, and frames a second")
    for path in sorted(folder.glob("*.tdl")):
        pictures = []
        for where in (None, device):
            frame = Frame(path, *checked, where)
            frame.run()
            pictures.append(frame.pixels())
            frame.close()
        likeness = psnr(*pictures)
        wrong += likeness < ALIKE
        columns = [f"{likeness:5.1f} dB to the CPU{'' if likeness >= ALIKE else '  WRONG'}"]
        for width, height in sizes:
            frame = Frame(path, width, height, device)
            frame.run()
            seconds = statistics.median(gpu.kernel_seconds(frame) for _ in range(rounds))
            columns.append(f"{width}x{height} {seconds * 1e3:8.2f} ms {1 / seconds:7.1f}/s")
            frame.close()
        print(f"  {path.stem:12} {'; '.join(columns)}", flush=True)
    print(f"{wrong} pictures were wrong")
    sys.exit(1 if wrong else 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "run"])
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("scenes", type=pathlib.Path, nargs="*", metavar="SCENE", help="prepare: which (default: those of examples)")
    parser.add_argument("--targets", default="cpu,cuda:sm_90", metavar="LIST", help="prepare (default: %(default)s)")
    parser.add_argument("--device", default="cuda:0", metavar="NAME", help="run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--checked", default="256x256", metavar="SIZE", help="of the picture that is compared (default: %(default)s)")
    parser.add_argument("--sizes", default="1920x1080,3840x2160,7680x4320", metavar="LIST")
    arguments = parser.parse_args()
    if arguments.what == "prepare":
        prepare(arguments.folder, arguments.targets, arguments.scenes)
    else:
        checked, *sizes = (tuple(map(int, size.split("x"))) for size in [arguments.checked, *arguments.sizes.split(",")])
        run(arguments.folder, arguments.device, arguments.rounds, checked, sizes)


if __name__ == "__main__":
    main()
