# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""demo.py - real models on real pictures, compiled and run by Treadle.

    ./dev demo [--threads N] [--out FOLDER]

Writes into build/demo:

    photo.png, photo-x4.png   a small photograph, and four times as wide and high by super-resolution;
    photo-compared.png        the same, bicubic interpolation on the left, the network on the right
    page.png, page-text.txt   a photographed page of print, and the text on it,
    page-lines.png            and where on the page each line was found
"""
import argparse
import pathlib
import sys
import time

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "build" / "python"))

import treadle  # noqa: E402  (from the build)

import fetch_models  # noqa: E402
import page  # noqa: E402


class Model:
    """A compiled model that keeps account of what it took."""

    def __init__(self, path, threads):
        start = time.perf_counter()
        self.program = treadle.compile(path, threads=threads)
        self.compile_ms = (time.perf_counter() - start) * 1e3
        self.name, self.run_ms, self.runs = path.stem, 0.0, 0
        print(f"{path.name}: compiled in {self.compile_ms:.0f} ms", flush=True)

    def __call__(self, *arrays):
        start = time.perf_counter()
        result = self.program(*arrays)
        self.run_ms += (time.perf_counter() - start) * 1e3
        self.runs += 1
        return result

    @property
    def mebibytes(self):
        memory = self.program.memory
        return (memory["weights"] + memory["arena"]) / 2**20


def enlarge(model, photo):
    """Four times the width and height."""
    pixels = np.asarray(photo, np.float32).transpose(2, 0, 1)[None] / 255
    result = np.asarray(model(np.ascontiguousarray(pixels)))[0].transpose(1, 2, 0)
    return Image.fromarray((result.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def compared(photo, enlarged):
    """Left half by interpolation, right half by the network."""
    picture = photo.resize(enlarged.size, Image.BICUBIC)
    middle = picture.width // 2
    picture.paste(enlarged.crop((middle, 0, *enlarged.size)), (middle, 0))
    picture.paste((255, 255, 255), (middle - 1, 0, middle + 1, picture.height))
    return picture


def super_resolution(model, models, out):
    photo = Image.open(models / "coffee.png").convert("RGB").resize((300, 200), Image.LANCZOS)
    enlarged = enlarge(model, photo)
    photo.save(out / "photo.png")
    enlarged.save(out / "photo-x4.png")
    compared(photo, enlarged).save(out / "photo-compared.png")
    print(f"photo.png ({photo.width} x {photo.height}) -> photo-x4.png ({enlarged.width} x {enlarged.height}) in {model.run_ms:.0f} ms")


def read_page(detector, recognizer, models, out):
    picture = Image.open(models / "page.png").convert("RGB")
    alphabet = ["", *recognizer.program.metadata["character"].split("\n"), " "]
    lines = page.read(detector, recognizer, alphabet, picture)
    text = "\n".join(line.text for line in lines)
    picture.save(out / "page.png")
    (out / "page-text.txt").write_text(text + "\n")
    page.annotate(picture, lines).save(out / "page-lines.png")
    print(f"page.png -> page-text.txt, page-lines.png: {len(lines)} lines, found in {detector.run_ms:.0f} ms, "
          f"read in {recognizer.run_ms:.0f} ms")
    print("\n".join(f"    {line}" for line in text.split("\n")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=0, help="default: as many as there are cores")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "demo")
    options = parser.parse_args()
    models = options.out / "models"
    fetch_models.fetch(models)
    print("Models and pictures, and whose they are:")
    for item in fetch_models.ITEMS:
        print(f"    {item.name}: {item.what} ({item.licence})")

    enlarger, detector, recognizer = used = [Model(models / name, options.threads) for name in
                                             ("super-resolution-x4.onnx", "text-detection.onnx", "text-recognition.onnx")]
    super_resolution(enlarger, models, options.out)
    read_page(detector, recognizer, models, options.out)
    print(f"Look at {options.out}.")
    print(f"compiled {len(used)} models in {sum(m.compile_ms for m in used):.0f} ms, ran them {sum(m.runs for m in used)} times in "
          f"{sum(m.run_ms for m in used):.0f} ms, with {sum(m.mebibytes for m in used):.0f} MiB for weights and intermediate values")


if __name__ == "__main__":
    main()
