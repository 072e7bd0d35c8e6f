# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""measure.py - how near trained content is to what it was trained on, drawn by the reference.

    python test/neural_graphics/measure.py [FILE ..]      a Markdown table; of examples/neural-graphics by default
"""
import pathlib
import sys

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CONTENT = ROOT / "examples" / "neural-graphics"
sys.path[:0] = [str(HERE), str(ROOT / "tools" / "train")]

import scenes  # noqa: E402 - of tools/train, as the formulas of the content are
from reference import fields, render, snapshot  # noqa: E402

SILHOUETTES = [(0.1, 0.6), (0.45, 0.2), (0.8, -0.5)]  # cameras: turn and height
CLOUDS = [(0.1, 0.2), (0.6, 0.5)]
HELD_OUT = [(0.31, 0.1), (0.92, 0.5), (0.55, 0.9)]
BARS = {"image": 35.0, "sdf": 99.5, "volume": 35.0, "nerf": 28.0}
UNITS = {"image": "dB", "sdf": "% of pixels", "volume": "dB", "nerf": "dB"}


def image(field, size=None):
    """PSNR of all pixels of the photograph."""
    with Image.open(CONTENT / "albert.png") as source:
        wanted = np.asarray(source.convert("RGB"), np.float32) / 255
    return render.psnr(np.clip(render.image(field, wanted.shape[1], wanted.shape[0]), 0, 1), wanted)


def sdf(field, size=256):
    """Per cent of pixels in which the silhouettes of the field and of the formula agree."""
    formula = lambda p: scenes.shape(p).astype(np.float32)
    return 100 * np.mean([np.equal(*(render.sphere_trace(distance, scenes.orbit(*view), size, size)[0]
                                     for distance in (field.evaluate, formula))).mean() for view in SILHOUETTES])


def volume(field, size=128):
    """PSNR of colour and alpha without noise, by quadrature."""
    return np.mean([render.psnr(*(scenes.render_cloud(scenes.orbit(*view), size, function)
                                  for function in (lambda p: field.evaluate(p.astype(np.float32)), scenes.cloud)))
                    for view in CLOUDS])


def nerf(field, size=128):
    """PSNR of views that were not trained on."""
    return np.mean([render.psnr(render.march(field, scenes.orbit(*view), size, size)[0][..., :3],
                                scenes.render_scene(scenes.orbit(*view), size, size)[..., :3]) for view in HELD_OUT])


MEASURES = {"image": image, "sdf": sdf, "volume": volume, "nerf": nerf}


def main(paths):
    print("| file | bytes | parameters | quality |\n| --- | ---: | ---: | ---: |")
    for path in paths or sorted(CONTENT.glob("*.msgpack")) + sorted(CONTENT.glob("*.ingp")):
        field = fields.load(snapshot.read(path))
        value = MEASURES[field.mode](field)
        print(f"| {path.name} | {path.stat().st_size:,} | {field.parameters:,} | {value:.2f} {UNITS[field.mode]} |", flush=True)


if __name__ == "__main__":
    main([pathlib.Path(argument) for argument in sys.argv[1:]])
