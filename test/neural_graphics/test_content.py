# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The trained content of examples/neural-graphics: it is all there, small, and near what it was trained on."""
import measure
import pytest
from reference import fields, render, snapshot

FILES = sorted(f"{application}-{encoding}.{suffix}" for application, suffix in (
    ("gia", "msgpack"), ("nsdf", "msgpack"), ("nvr", "ingp"), ("nerf", "ingp")) for encoding in ("hash", "dense", "low"))
QUICK = {"image": None, "sdf": 64, "volume": 16, "nerf": 32}


@pytest.fixture(scope="module", params=FILES)
def field(request):
    path = measure.CONTENT / request.param
    assert path.stat().st_size < 400_000
    return fields.load(snapshot.read(path))


def test_all_fit():
    """Four applications with three encodings, 4 MB in all."""
    found = [path for path in measure.CONTENT.iterdir() if path.suffix in (".msgpack", ".ingp")]
    assert sorted(path.name for path in found) == FILES
    assert sum(path.stat().st_size for path in found) < 4_000_000


def test_quality_at_a_glance(field):
    """Of small pictures, in which there are more edges: bars that are a little lower."""
    bar = measure.BARS[field.mode] * (0.98 if field.mode == "sdf" else 0.9)
    assert measure.MEASURES[field.mode](field, QUICK[field.mode]) >= bar


@pytest.mark.slow
def test_quality(field):
    assert measure.MEASURES[field.mode](field) >= measure.BARS[field.mode]


def test_clouds_are_tracked_to_what_they_are():
    """The mean of many tracked pictures is the picture by quadrature."""
    field = fields.load(snapshot.read(measure.CONTENT / "nvr-hash.ingp"))
    camera = measure.scenes.orbit(*measure.CLOUDS[0])
    pictures = [render.delta_track(field.evaluate, field.snapshot["volume"], camera, 16, 16, seed) for seed in range(40)]
    wanted = measure.scenes.render_cloud(camera, 16, lambda p: field.evaluate(p.astype("float32")))
    assert render.psnr(sum(pictures) / len(pictures), wanted) > 25
