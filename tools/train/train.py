# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""train.py - trains one of neural graphics' four applications with one of three encodings, and saves a snapshot.

    python tools/train/train.py {gia | nsdf | nvr | nerf} --encoding {hash | dense | low} -o FILE.msgpack

The same seed, threads and version of PyTorch give the same file. docs/neural-graphics.md has what comes out.
"""
import argparse
import importlib
import pathlib
import sys
import time

import snapshot
import torch

MODES = {"gia": "image", "nsdf": "sdf", "nvr": "volume", "nerf": "nerf"}
ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOGRAPH = ROOT / "examples" / "neural-graphics" / "albert.png"
sys.path.append(str(ROOT / "frontends" / "python" / "treadle"))  # ng_formulas, which needs no build


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("application", choices=MODES)
    parser.add_argument("--encoding", choices=["hash", "dense", "low"], default="hash",
                        help="hashed, dense multi-resolution, or dense low-resolution grid")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help=".msgpack, or .ingp to compress it")
    parser.add_argument("--steps", type=int, help="of the optimizer (default: the application's)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--image", type=pathlib.Path, default=PHOTOGRAPH, help="gia: the picture")
    parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x"))),
                        help="gia: WIDTHxHEIGHT to which the picture is scaled (default: its own)")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    application, start = importlib.import_module(arguments.application), time.time()
    arguments.steps = arguments.steps or application.STEPS
    config, field, training, more, quality = application.train(application.ENCODINGS[arguments.encoding], arguments)
    snapshot.write(arguments.output, MODES[arguments.application], config, field, training, **more)
    parameters = sum(p.numel() for p in field.parameters())
    print(f"{arguments.output}: {quality}, {parameters} parameters, {arguments.output.stat().st_size} bytes, "
          f"{time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
