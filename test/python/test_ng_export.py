# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test_ng_export.py - modules of PyTorch as scenes: torch-ngp's shape in plain PyTorch, by its documented semantics, and what
is said of modules that are none of that shape."""
import json
import math
import resource

import numpy as np
import pytest
import treadle

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch==2.13.0)")
from torch import nn  # noqa: E402
from treadle import ng  # noqa: E402

PRIMES = (1, 2654435761, 805459861, 3674653429)
WORD = 0xFFFFFFFF


class GridEncoder(nn.Module):
    """(r + 1)^D vertices a level, or r^D with align_corners, at most 2^T; one after another those whose numbers do not
    exceed the entries, else hashed, or of a tiled grid the coordinates so far, modulo the entries."""

    def __init__(self, input_dim=3, num_levels=4, level_dim=2, per_level_scale=1.7, base_resolution=4, log2_hashmap_size=9,
                 gridtype="hash", align_corners=False, interpolation="linear"):
        super().__init__()
        self.input_dim, self.num_levels, self.level_dim, self.per_level_scale = input_dim, num_levels, level_dim, per_level_scale
        self.base_resolution, self.log2_hashmap_size, self.gridtype = base_resolution, log2_hashmap_size, gridtype
        self.align_corners, self.interpolation = align_corners, interpolation
        self.output_dim = num_levels * level_dim
        offsets = [0]
        for level in range(num_levels):
            cells = int(np.ceil(base_resolution * per_level_scale**level))
            entries = min(2**log2_hashmap_size, (cells + (not align_corners)) ** input_dim)
            offsets.append(offsets[-1] + (entries + 7) // 8 * 8)
        self.register_buffer("offsets", torch.tensor(offsets, dtype=torch.int32))
        self.embeddings = nn.Parameter(torch.rand(offsets[-1], level_dim) - 0.5)

    def index(self, vertex, entries, resolution):
        stride, index = 1, torch.zeros_like(vertex[:, 0])
        for d in range(self.input_dim):
            if stride > entries:
                break
            index = index + vertex[:, d] * stride & WORD
            stride = stride * (resolution + (not self.align_corners)) & WORD
        if self.gridtype == "hash" and stride > entries:
            index = torch.zeros_like(index)
            for d in range(self.input_dim):
                index = index ^ (vertex[:, d] * PRIMES[d] & WORD)
        return index % entries

    def forward(self, x, bound=1):
        x = (x + bound) / (2 * bound)
        result, growth = [], np.float32(np.log2(self.per_level_scale))
        for level in range(self.num_levels):
            scale = np.exp2(np.float32(level) * growth) * np.float32(self.base_resolution) - np.float32(1)
            resolution, (start, end) = int(np.ceil(scale)) + 1, self.offsets[level:level + 2].tolist()
            place = x * float(scale) + (0 if self.align_corners else 0.5)
            cell = place.floor()
            inside = place - cell
            if self.interpolation == "smoothstep":
                inside = inside * inside * (3 - 2 * inside)
            total = 0
            for corner in range(2**self.input_dim):
                upper = torch.tensor([corner >> d & 1 for d in range(self.input_dim)])
                weight = torch.where(upper == 1, inside, 1 - inside).prod(1, keepdim=True)
                total = total + weight * self.embeddings[start + self.index(cell.long() + upper, end - start, resolution)]
            result.append(total)
        return torch.cat(result, 1)


class FreqEncoder(nn.Module):
    def __init__(self, input_dim=3, degree=3):
        super().__init__()
        self.input_dim, self.degree, self.output_dim = input_dim, degree, input_dim * (1 + 2 * degree)

    def forward(self, x, **_):
        return torch.cat([x, *(wave(2.0**k * x) for k in range(self.degree) for wave in (torch.sin, torch.cos))], 1)


class SHEncoder(nn.Module):
    """Real spherical harmonics of 3 bands, with the Condon-Shortley phase."""

    def __init__(self, degree=3):
        super().__init__()
        self.input_dim, self.degree, self.output_dim = 3, degree, degree**2

    def forward(self, d):
        x, y, z = d.unbind(1)
        a, b, c = math.sqrt(3 / (4 * math.pi)), math.sqrt(15 / (4 * math.pi)), math.sqrt(5 / (16 * math.pi))
        values = [torch.full_like(x, 1 / math.sqrt(4 * math.pi)), -a * y, a * z, -a * x, b * x * y, -b * y * z,
                  c * (3 * z * z - 1), -b * x * z, b / 2 * (x * x - y * y)]
        return torch.stack(values[: self.output_dim], 1)


def linear(*widths, bias=False):
    return nn.ModuleList(nn.Linear(a, b, bias=bias) for a, b in zip(widths, widths[1:]))


class NeRFNetwork(nn.Module):
    def __init__(self, encoder, encoder_dir, bound=1, hidden=32, features=15, bias=False, layers=2):
        super().__init__()
        self.bound, self.encoder, self.encoder_dir = bound, encoder, encoder_dir
        self.sigma_net = linear(encoder.output_dim, *[hidden] * (layers - 1), 1 + features, bias=bias)
        self.color_net = linear(encoder_dir.output_dim + features, hidden, hidden, 3, bias=bias)
        self.bg_net, self.density_scale = None, 1

    def run(self, layers, h):
        for layer in layers[:-1]:
            h = torch.relu(layer(h))
        return layers[-1](h)

    def forward(self, x, d):
        h = self.run(self.sigma_net, self.encoder(x, bound=self.bound))
        color = self.run(self.color_net, torch.cat([self.encoder_dir(d), h[:, 1:]], 1))
        return torch.exp(h[:, 0]), torch.sigmoid(color)


def samples(bound, count=400):
    rng = np.random.default_rng(4)
    x = rng.uniform(-0.99 * bound, 0.99 * bound, (count, 3)).astype(np.float32)
    d = rng.standard_normal((count, 3)).astype(np.float32)
    return x, d / np.linalg.norm(d, axis=1, keepdims=True)


def near(found, wanted, tolerance=2e-5):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


FIELDS = {
    "hash": lambda: NeRFNetwork(GridEncoder(), SHEncoder()),
    "large": lambda: NeRFNetwork(GridEncoder(num_levels=6, per_level_scale=2), SHEncoder(2), bound=2, features=7, hidden=20),
    "aligned": lambda: NeRFNetwork(GridEncoder(align_corners=True, interpolation="smoothstep", level_dim=4), SHEncoder(), layers=1),
    "tiled": lambda: NeRFNetwork(GridEncoder(gridtype="tiled", base_resolution=20, log2_hashmap_size=8), SHEncoder(), layers=3),
    "frequencies": lambda: NeRFNetwork(FreqEncoder(degree=5), FreqEncoder(degree=2), bound=1.5),
    "biases": lambda: NeRFNetwork(GridEncoder(), SHEncoder(), bias=True),
    "biases of frequencies": lambda: NeRFNetwork(FreqEncoder(), FreqEncoder(), bias=True),
}


@pytest.mark.parametrize("name", FIELDS)
def test_radiance_fields(name, tmp_path):
    torch.manual_seed(3)
    module = FIELDS[name]()
    assert ng.export(module, tmp_path / "field.json") < 2e-5
    scene, (x, d) = ng.load(tmp_path / "field.json"), samples(module.bound)
    with torch.no_grad():
        sigma, color = module(torch.from_numpy(x), torch.from_numpy(d))
        features = module.encoder(torch.from_numpy(x), bound=module.bound)
    found_color, found_sigma = scene((x + module.bound) / (2 * module.bound), d)
    near(found_sigma[:, 0], sigma.numpy())
    near(found_color, color.numpy())
    if name in ("hash", "aligned", "tiled", "large"):
        near(scene.encoding((x + module.bound) / (2 * module.bound)), features.numpy())


def test_half_precision(tmp_path):
    torch.manual_seed(3)
    module = FIELDS["hash"]()
    assert 1e-5 < ng.export(module, tmp_path / "half.json", dtype="f16") < 5e-3
    ng.export(module, tmp_path / "full.json")
    assert (tmp_path / "full.safetensors").stat().st_size > 1.9 * (tmp_path / "half.safetensors").stat().st_size


def ball(x):
    """A solid ball of radius 0.6 whose colour is where it is."""
    inside = torch.linalg.norm(x, dim=1) < 0.6
    return torch.where(inside, 60.0, 0.0), (x + 1) / 2


class Ball(NeRFNetwork):
    """A network that is a ball, as nearly as its grid is: density and colour are features of the vertices."""

    def __init__(self, bound=1):
        grid = GridEncoder(num_levels=1, level_dim=4, base_resolution=32, log2_hashmap_size=17)
        super().__init__(grid, SHEncoder(), bound=bound, hidden=8, features=3, layers=1)
        axis = (torch.arange(33) - 0.5) / 31 * 2 * bound - bound
        z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
        density, color = ball(torch.stack([x, y, z], -1).reshape(-1, 3))
        with torch.no_grad():
            grid.embeddings[: 33**3] = torch.cat([torch.log(density.clamp(min=1e-4))[:, None], color.clamp(0, 1)], 1)
            self.sigma_net[0].weight[:] = torch.eye(4)
            for number, layer in enumerate(self.color_net):
                layer.weight.zero_()
                for c in range(3):
                    layer.weight[c, 9 + c if number == 0 else c] = 1 if number < 2 else 2


def test_a_picture(tmp_path):
    """What the ball's colour is where a ray meets it; positions are moved by one half."""
    module = Ball()
    ng.export(module, tmp_path / "ball.json", size=[64, 64], background=[0, 0, 0, 1])
    scene = ng.load(tmp_path / "ball.json")
    assert scene.kind == "nerf"
    picture = scene.render(ng.Camera(eye=(0.5, 0.5, 3.5), look_at=(0.5, 0.5, 0.5), fov=40), size=(65, 65), background="none")
    assert picture[32, 32, 3] == 255 and picture[0, 0, 3] == 0
    with torch.no_grad():
        color = module(torch.tensor([[0.0, 0.0, 0.57]]), torch.tensor([[0.0, 0.0, -1.0]]))[1][0].numpy() * 255
    np.testing.assert_allclose(picture[32, 32, :3], color, atol=6)
    rows, columns = np.nonzero(picture[..., 3] > 128)
    assert abs(rows.mean() - 32) < 0.5 and abs(columns.mean() - 32) < 0.5
    # The limb is seen at asin(0.6 / 3) of 40 degrees.
    assert abs((columns.max() - columns.min()) / 2 - math.tan(math.asin(0.2)) / math.tan(math.radians(20)) * 32.5) < 1.5


def morton(x, y, z, bits):
    return sum((x >> b & 1) << 3 * b | (y >> b & 1) << 3 * b + 1 | (z >> b & 1) << 3 * b + 2 for b in range(bits))


def packed(cube):
    """[cells, cells, cells] by x, y, z as bits in Morton order."""
    cells = len(cube)
    x, y, z = np.meshgrid(*[np.arange(cells)] * 3, indexing="ij")
    line = np.zeros(cells**3, np.uint8)
    line[morton(x, y, z, cells.bit_length() - 1)] = cube
    return np.packbits(line, bitorder="little")


@pytest.mark.parametrize("bound, cascades", [(1, 1), (2, 2), (1.5, 2)])
def test_occupancy(bound, cascades, tmp_path):
    """Whatever is occupied in the module's bits is in the scene's, by the centres of cells of both."""
    module, rng, cells = NeRFNetwork(GridEncoder(), SHEncoder(), bound=bound), np.random.default_rng(2), 16
    cubes = [rng.random((cells, cells, cells)) < 0.2 for _ in range(cascades)]
    module.register_buffer("density_bitfield", torch.from_numpy(np.concatenate([packed(cube) for cube in cubes])))
    module.grid_size, module.cascade = cells, cascades
    ng.export(module, tmp_path / "field.json")
    said = json.loads((tmp_path / "field.json").read_text())["occupancy"]
    assert (said["cells"], said["cascades"]) == (cells, cascades + 1)
    bits = np.unpackbits(np.fromfile(tmp_path / said["file"], np.uint8).reshape(cascades + 1, -1), axis=1, bitorder="little")

    p = rng.uniform(-bound, bound, (20000, 3))
    reach = np.abs(p).max(1)

    def looked_up(position, half, get):
        return get(*np.clip(np.floor((position / half + 1) / 2 * cells), 0, cells - 1).astype(int).T)

    level = np.clip(np.ceil(np.log2(reach)), 0, cascades - 1).astype(int)
    theirs = np.select([level == k for k in range(cascades)],
                       [looked_up(p, min(2.0**k, bound), lambda x, y, z: cubes[k][x, y, z]) for k in range(cascades)])
    level = np.clip(np.ceil(np.log2(reach * 2)), 0, cascades).astype(int)
    ours = np.select([level == k for k in range(cascades + 1)],
                     [looked_up(p, 2.0**k / 2, lambda x, y, z: bits[k][morton(x, y, z, 4)]) for k in range(cascades + 1)])
    assert (ours[theirs == 1] == 1).all()
    if bound in (1, 2):
        assert (ours == theirs).all()
    scene = ng.load(tmp_path / "field.json")
    assert scene.render(size=(8, 8)).shape == (8, 8, 4)


def test_plain_networks(tmp_path):
    torch.manual_seed(1)
    plain = nn.Sequential(nn.Linear(5, 24), nn.Tanh(), nn.Linear(24, 17), nn.Tanh(), nn.Linear(17, 7), nn.Sigmoid())
    encoded = nn.Sequential(GridEncoder(input_dim=2, log2_hashmap_size=6), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 3))
    waves = nn.Sequential(FreqEncoder(input_dim=4), nn.Linear(28, 20, bias=False), nn.ReLU(), nn.Linear(20, 2, bias=False))
    for module, dims in ((plain, 5), (encoded, 2), (waves, 4)):
        assert ng.export(module, tmp_path / "net.json") < 2e-5
        x = np.random.default_rng(3).uniform(-0.9, 0.9, (100, dims)).astype(np.float32)
        with torch.no_grad():
            near(ng.load(tmp_path / "net.json")(x), module(torch.from_numpy(x)).numpy())


class SDFNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.backbone, self.skips, self.clip_sdf = GridEncoder(), linear(8, 16, 16, 1), [], None

    def forward(self, x):
        h = self.encoder(x)
        for layer in self.backbone[:-1]:
            h = torch.relu(layer(h))
        return self.backbone[-1](h)


def test_kinds(tmp_path):
    torch.manual_seed(1)
    picture = nn.Sequential(GridEncoder(input_dim=2), nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    for module, kind in ((SDFNetwork(), "sdf"), (picture, "image")):
        assert ng.export(module, tmp_path / "net.json", kind=kind) < 2e-5
        scene = ng.load(tmp_path / "net.json")
        assert scene.kind == kind and scene.render(size=(9, 7)).shape == (7, 9, 4)


def with_(module, **attributes):
    for name, value in attributes.items():
        owner, _, last = name.rpartition("__")
        target = getattr(module, owner) if owner else module
        setattr(target, last, value)
    return module


def field():
    return NeRFNetwork(GridEncoder(), SHEncoder())


def untidy(encoder):
    with torch.no_grad():
        encoder.embeddings[3, 1] = math.nan
    return encoder


def sequence(*layers):
    return nn.Sequential(nn.Linear(4, 8), *layers, nn.Linear(8, 2))


WRONG = [
    (lambda: nn.Linear(3, 3), ValueError, "the module, a Linear, has no encoder and no sigma_net and no encoder_dir and no color_net"),
    (lambda: torch.export.export(nn.Linear(3, 3), (torch.zeros(2, 3),)), TypeError, "is an ExportedProgram, whose ops no longer say"),
    (lambda: 3, TypeError, "module: should be a torch.nn.Module, is int"),
    (lambda: with_(field(), bg_net=linear(3, 3)), ValueError, "bg_net is ModuleList"),
    (lambda: with_(field(), density_scale=2), ValueError, "density_scale is 2; it can be 1"),
    (lambda: with_(field(), bound=-1), ValueError, "bound is -1.0; it should be a positive number"),
    (lambda: with_(field(), encoder__gridtype="morton"), ValueError, "encoder.gridtype is 'morton'; it can be hash or tiled"),
    (lambda: with_(field(), encoder__interpolation="cubic"), ValueError, "encoder.interpolation is 'cubic'; it can be linear or smoothstep"),
    (lambda: with_(field(), encoder__base_resolution=5), ValueError, "encoder.offsets are [0, 128"),
    (lambda: with_(field(), encoder__level_dim=3), ValueError, "encoder has input_dim 3 and level_dim 3"),
    (lambda: with_(field(), encoder=nn.Linear(3, 8)), ValueError, "encoder is Linear, which is no encoding that a scene has"),
    (lambda: with_(field(), encoder_dir=nn.Identity()), ValueError, "encoder_dir is Identity, which is no encoding that a scene has"),
    (lambda: NeRFNetwork(untidy(GridEncoder()), SHEncoder()), ValueError, "encoder.embeddings has numbers that are not finite"),
    (lambda: with_(field(), sigma_net=linear(9, 16)), ValueError, "sigma_net takes 9 numbers, and is given 8"),
    (lambda: with_(field(), color_net=linear(24, 4)), ValueError, "color_net makes 4 numbers; it should be 3"),
    (lambda: with_(field(), color_net=nn.Sequential(nn.Linear(24, 3), nn.Sigmoid())), ValueError, "color_net ends with Sigmoid"),
    (lambda: with_(field(), sigma_net=nn.Conv1d(1, 1, 1)), ValueError, "sigma_net is Conv1d; it should be a ModuleList or a Sequential"),
    (lambda: sequence(nn.GELU()), ValueError, "module.1 is GELU; layers can be Linear, and after each one of LeakyReLU"),
    (lambda: sequence(nn.LeakyReLU(0.2)), ValueError, "module.1 has a negative_slope of 0.2; it can be 0.01"),
    (lambda: sequence(nn.ReLU(), nn.Linear(8, 8), nn.Tanh()), ValueError, "module has different activations after its layers, ReLU, Tanh"),
    (lambda: nn.Sequential(GridEncoder(gridtype="x"), nn.Linear(8, 3)), ValueError, "module.0.gridtype is 'x'"),
    (lambda: nn.Sequential(GridEncoder(), nn.Linear(9, 3)), ValueError, "module takes 9 numbers, and is given 8"),
    (lambda: nn.Sequential(nn.Identity()), ValueError, "module has no layers"),
    (lambda: with_(SDFNetwork(), skips=[1]), ValueError, "skips is [1], which a scene's network does not have"),
    (lambda: with_(SDFNetwork(), clip_sdf=0.1), ValueError, "clip_sdf is 0.1, which a scene's network does not have"),
    (lambda: with_(field(), density_bitfield=torch.ones(5, dtype=torch.uint8)), ValueError, "density_bitfield has 5 bytes; cascade and grid_size say 1 times 128^3"),
]


@pytest.mark.parametrize("make, kind, said", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong(make, kind, said, tmp_path):
    with pytest.raises(kind) as problem:
        ng.export(make(), tmp_path / "x.json")
    assert said in str(problem.value)


ARGUMENTS = [
    ({"kind": "sdf"}, "the module is a radiance field"), ({"dtype": "f8"}, 'dtype: can be "f32" or "f16"'),
    ({"bound": 0}, "bound is 0.0; it should be a positive number"),
]


@pytest.mark.parametrize("arguments, said", ARGUMENTS)
def test_arguments_that_are_wrong(arguments, said, tmp_path):
    with pytest.raises(ValueError, match="should end with .json"):
        ng.export(field(), tmp_path / "x.bin")
    with pytest.raises(ValueError) as problem:
        ng.export(field(), tmp_path / "x.json", **arguments)
    assert said in str(problem.value)


def test_a_module_that_is_another_function(tmp_path):
    class Other(NeRFNetwork):
        def forward(self, x, d):
            sigma, color = super().forward(x, d)
            return torch.log(1 + sigma), color

    module = Other(GridEncoder(), SHEncoder())
    with pytest.raises(ValueError, match="x.json: its sigma would not be the module's own: they differ by"):
        ng.export(module, tmp_path / "x.json")
    assert ng.export(module, tmp_path / "x.json", check=False) is None


def test_keys_of_the_scene(tmp_path):
    ng.export(field(), tmp_path / "x.json", size=[20, 10], render={"min_transmittance": 0.1}, camera={"eye": [2, 2, 2]})
    said = json.loads((tmp_path / "x.json").read_text())
    assert said["size"] == [20, 10] and said["render"]["min_transmittance"] == 0.1 and said["render"]["cone_angle"] == 0
    assert ng.load(tmp_path / "x.json").render().shape == (10, 20, 4)
    (tmp_path / "my.bits").write_bytes(bytes(128**3 // 8))
    ng.export(field(), tmp_path / "y.json", occupancy={"file": "my.bits", "cells": 128})
    assert not ng.load(tmp_path / "y.json").render(size=(9, 9), background="none").any()


SCENES = [
    ({"edgee": 3}, treadle.CompileError, "edgee is no key of a scene file"),
    ({"size": [0, 0]}, treadle.CompileError, "size should be two whole numbers of pixels"),
    ({"camera": {"eye": [1]}}, treadle.CompileError, "camera.eye"),
    ({"camera": {"eye": [0.5, 0.5, 0.5]}}, ValueError, "at the place that it looks at"),
]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("scene, kind, said", SCENES, ids=range(len(SCENES)))
def test_scenes_that_are_wrong_are_not_written(scene, kind, said, check, tmp_path):
    path = tmp_path / "x.json"
    with pytest.raises(kind, match=said) as problem:
        ng.export(field(), path, check=check, **scene)
    assert str(problem.value).startswith(f"{path}: ") and list(tmp_path.iterdir()) == []


def test_what_was_there_stays(tmp_path):
    def content():
        return {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    ng.export(with_(field(), density_bitfield=torch.ones(128**3 // 8, dtype=torch.uint8)), tmp_path / "x.json", check=False)
    before = content()
    assert sorted(before) == ["x.bits", "x.json", "x.safetensors"]
    with pytest.raises(treadle.CompileError):
        ng.export(field(), tmp_path / "x.json", edgee=3)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as on a disk that is full
    try:
        with pytest.raises(OSError) as problem:
            ng.export(field(), tmp_path / "x.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert problem.value.filename == str(tmp_path / "x.safetensors") and content() == before
    with pytest.raises(FileNotFoundError) as problem:
        ng.export(field(), tmp_path / "none" / "x.json")
    assert problem.value.filename == str(tmp_path / "none" / "x.safetensors")
    ng.export(field(), tmp_path / "x.json", size=[3, 2])
    assert ng.load(tmp_path / "x.json").render().shape == (2, 3, 4)
