# ng.py - neural graphics: fields that are asked, and drawn
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Neural graphics: scenes that are asked and drawn, and tiny-cuda-nn's modules for PyTorch.

    import treadle.ng as ng
    scene = ng.load("fox.ingp")
    color, density = scene(positions, directions)
    picture = scene.render(ng.Camera(eye=(1.9, 0.9, 1.2), fov=35), size=(640, 480))

`Encoding`, `Network` and `NetworkWithInputEncoding` take the arguments of tiny-cuda-nn's bindings; `export` writes a
module of PyTorch as a scene. They need PyTorch, which nothing else here does.
"""

from __future__ import annotations

import dataclasses
import importlib
import operator
import os
import typing

from . import _native

if typing.TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike

    from .ng_export import export
    from .ng_torch import Encoding, Network, NetworkWithInputEncoding

_OF_TORCH = {"Encoding": "ng_torch", "Network": "ng_torch", "NetworkWithInputEncoding": "ng_torch", "export": "ng_export"}

__all__ = ["Camera", "Scene", "cameras", "free_temporary_memory", "load", *_OF_TORCH]

# By the names of a field's inputs and outputs.
_KINDS = {
    (("position",), ("color",)): "image",
    (("position",), ("distance",)): "sdf",
    (("position",), ("color", "density")): "volume",
    (("position", "direction"), ("color", "density")): "nerf",
    (("input",), ("output",)): "network",
}


def __getattr__(name):
    if name in _OF_TORCH:
        return getattr(importlib.import_module(f".{_OF_TORCH[name]}", __package__), name)
    raise AttributeError(f"module 'treadle.ng' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_OF_TORCH})


def _numbers(what, values, shape):
    """A flat list of finite floats."""
    import numpy as np

    expected = " or ".join("x".join(map(str, s)) for s in shape)
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: should be {expected} numbers, is {values!r}") from None
    if array.shape not in shape or not np.isfinite(array).all():
        raise ValueError(f"{what}: should be {expected} finite numbers, is an array of shape {list(array.shape)}")
    return array.reshape(-1).tolist()


def _number(what, value):
    try:
        return float(value + 0)  # not of a string
    except (TypeError, ValueError):
        raise TypeError(f"{what}: should be a number, is {value!r}") from None


def _whole(what, value, least):
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{what}: should be a whole number, is {value!r}") from None
    if not least <= value < 1 << 63:
        raise ValueError(f"{what}: should be {least} or more, is {value}")
    return value


def _size(value):
    """None, or [width, height], of which the renderer says what it draws."""
    if value is None:
        return None
    try:
        width, height = map(operator.index, value)
    except (TypeError, ValueError):
        raise TypeError(f"size: should be two whole numbers of pixels, width and height, is {value!r}") from None
    return [width, height]


@dataclasses.dataclass(frozen=True)
class Camera:
    """Where a picture is seen from, in the field's coordinates. What is None is what the scene says.

    eye         where the camera is: x, y, z
    look_at     what it looks at
    up          what is up in the picture
    fov         angle of the picture's height, in degrees
    pose        instead of the first three: [3, 4], whose columns are the camera's right, down and forward directions
                and its position
    intrinsics  instead of fov: focal lengths and principal point, fx, fy, cx, cy, in pixels of the picture; the middle
                of the first pixel is (0.5, 0.5)

    Raises TypeError where these are no numbers, ValueError where they are not of that shape, or stand beside what they
    are instead of.
    """

    eye: ArrayLike | None = None
    look_at: ArrayLike | None = None
    up: ArrayLike | None = None
    fov: float | None = None
    pose: ArrayLike | None = None
    intrinsics: ArrayLike | None = None

    def __post_init__(self):
        for name, shapes in (("eye", [(3,)]), ("look_at", [(3,)]), ("up", [(3,)]), ("pose", [(3, 4)]), ("intrinsics", [(4,)])):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(_numbers(f"Camera.{name}", getattr(self, name), shapes)))
        if self.pose is not None and (self.eye, self.look_at, self.up) != (None, None, None):
            raise ValueError("Camera: pose stands beside eye, look_at or up, which it is instead of")
        if self.intrinsics is not None and self.fov is not None:
            raise ValueError("Camera: intrinsics stand beside fov, which they are instead of")
        if self.fov is not None and not 0 < _number("Camera.fov", self.fov) < 180:
            raise ValueError(f"Camera.fov: should be an angle of more than 0 and less than 180 degrees, is {self.fov}")


def cameras(path: str | os.PathLike, size: tuple[int, int] | None = None) -> list[tuple[Camera, tuple[int, int]]]:
    """The cameras of a transforms.json, as NeRF's data sets have them: for each frame one, and its picture's size.

    Keys are instant-ngp's; docs/neural-graphics.md lists them. Cameras are in the field's coordinates; their intrinsics
    are those of pictures of `size`, or if that is None of the file's w and h.

    Raises ValueError, which names the key that is wrong.
    """
    return [(Camera(pose=[pose[0:4], pose[4:8], pose[8:12]], intrinsics=intrinsics), tuple(extent))
            for pose, intrinsics, extent in _native.read_cameras(path, _size(size))]


def free_temporary_memory() -> None:
    """Does nothing: it is there for programs written for tiny-cuda-nn, and a module here keeps nothing to be freed."""


def _target(device):
    """What to compile for that is to run on the device."""
    for known in _native.devices():
        if known["name"] in (device, f"{device}:0"):
            return known["target"]
    return device.partition(":")[0]  # whose driver says what is missing


class Scene:
    """A field, and how it is drawn; made by load().

    kind is "image", "sdf", "volume", "nerf", or "network" for one that is not drawn. Arrays are given as to any
    treadle.Program: float32, anything that speaks DLPack (NumPy, PyTorch); what comes back are NumPy arrays.
    """

    def __init__(self, path, device, options):
        self._path, self._device, self._options = os.fspath(path), device, options
        self._programs, self._renderers = {}, {}
        self._field = self._compile(device)
        names = tuple(tuple(tensor.name for tensor in tensors) for tensors in (self._field.inputs, self._field.outputs))
        self.kind = _KINDS.get(names, "network")

    def __repr__(self):
        return f"<treadle.ng.Scene {os.path.basename(self._path)}: {self.kind}>"

    def _compile(self, device, **more):
        options = {"target": _target(device), **({"cpu": "host"} if device == "cpu" else {}), **self._options, **more}
        return _native.compile(self._path, device=device, **options)

    def _part(self, key):
        if key not in self._programs:
            self._programs[key] = self._compile(self._device, part=key)
        return self._programs[key]

    @property
    def inputs(self) -> list[_native.TensorInfo]:
        """What a call takes."""
        return self._field.inputs

    @property
    def outputs(self) -> list[_native.TensorInfo]:
        """What a call gives."""
        return self._field.outputs

    @property
    def parameters(self) -> list[dict]:
        """What the file's parameters are, one after another: {"key": "network", "shape": [64, 32]}, ..

        Matrices are [to, from], an encoding's tables [entries, features].
        """
        import json

        return json.loads(self._field.metadata["parameters"])

    def __call__(self, *arrays: ArrayLike, **named: ArrayLike) -> numpy.ndarray | tuple[numpy.ndarray, ...]:
        """What there is at positions in the unit cube; n is any number of them.

        image    position [n, 2] -> color [n, 3]
        sdf      position [n, 3] -> distance [n, 1]
        volume   position [n, 3] -> (color [n, 3], density [n, 1])
        nerf     position [n, 3], direction [n, 3] of length 1 -> (color [n, 3], density [n, 1])
        network  input [n, n_input_dims] -> output [n, n_output_dims]

        Errors are those of treadle.Program.
        """
        return self._field(*arrays, **named)

    def encoding(self, x: ArrayLike) -> numpy.ndarray:
        """Features [n, features] of positions [n, 2 or 3], or a network's inputs, without what fills them up."""
        return self._part("encoding")(x)

    def network(self, x: ArrayLike) -> numpy.ndarray:
        """What the network makes of features [n, features]: [n, outputs], of a radiance field the density network's."""
        return self._part("network")(x)

    def dir_encoding(self, x: ArrayLike) -> numpy.ndarray:
        """Of a radiance field: features [n, features] of directions [n, 3] of length 1."""
        return self._part("dir_encoding")(x)

    def rgb_network(self, x: ArrayLike) -> numpy.ndarray:
        """Of a radiance field: colours [n, 3], before the last function, of what network() and dir_encoding() give, side
        by side [n, outputs + features]."""
        return self._part("rgb_network")(x)

    def render(
        self,
        camera: Camera | None = None,
        size: tuple[int, int] | None = None,
        samples: int = 1,
        background: ArrayLike | str | None = None,
        *,
        exposure: float | None = None,
        linear: bool = False,
        depth: bool = False,
        device: str | None = None,
        memory: int = 512 << 20,
        progress: typing.Callable[[float], None] | None = None,
        **settings: float,
    ) -> numpy.ndarray | tuple[numpy.ndarray, numpy.ndarray]:
        """Draws the scene, as `treadle render` does: [height, width, 4].

        camera      where from; an image has none
        size        width and height in pixels
        samples     rays through each pixel
        background  behind the scene, 3 or 4 numbers of 0 to 1 in sRGB; "none" for a transparent picture
        exposure    brighter by so many stops
        linear      False: uint8, sRGB with straight alpha; True: float32, linear light with colours premultiplied
        depth       also gives float32 [height, width], the distance along the ray, 0 where nothing is
        device      instead of the scene's
        memory      bytes that values of rays may take, from which the size of tiles follows
        progress    called now and then with how much is done, 0 to 1; an exception that it raises comes out
        settings    numbers by which such a scene is drawn (max_steps=256); docs/neural-graphics.md lists them. The
                    first picture with other numbers compiles the program that draws.

        What is None is what the file says, or else what `treadle render` does without it. Raises TypeError or ValueError
        for what does not fit, treadle.CompileError for a number that the scene does not have.
        """
        if not isinstance(camera, Camera | None):
            raise TypeError(f"camera: should be a treadle.ng.Camera, is {camera!r}")
        size, samples, memory = _size(size), _whole("samples", samples, 1), _whole("memory", memory, 0)
        exposure = None if exposure is None else _number("exposure", exposure)
        device = device or self._device
        key = (device, memory, tuple(sorted(settings.items())))
        if key not in self._renderers:
            program = self._compile(device, render=True, set=settings)
            self._renderers[key] = _native.Renderer(program, memory)
        if isinstance(background, str):
            if background != "none":
                raise ValueError(f'background: should be numbers or "none", is "{background}"')
            background = (0, 0, 0, 0)
        if background is not None:
            background = _numbers("background", background, [(3,), (4,)])
            background = [*background, 1.0][:4]
        picture, distances = self._renderers[key].draw(
            size=size, samples=samples, background=background, exposure=exposure,
            **dataclasses.asdict(camera or Camera()), linear=linear, depth=depth, progress=progress)
        if not depth:
            return picture
        if distances is None:
            raise ValueError(f"depth: a scene of kind {self.kind} has none")
        return picture, distances


def load(path: str | os.PathLike, *, device: str = "cpu", tables: str = "", threads: int = 0, cache: bool = True,
         progress: typing.Callable[[str, str, float], None] | None = None, **options) -> Scene:
    """Opens a scene: a snapshot of instant-ngp (.ingp, .msgpack), a scene file (.json) or a configuration of
    tiny-cuda-nn with its parameters.

    device      that it is asked and drawn on, as treadle.devices() lists them
    tables      "i8": features of grids are bytes, in half the memory of f16; "": as the file has them
    threads, cache, progress and further options are those of treadle.compile.

    Raises treadle.CompileError, which names the key that is wrong.
    """
    return Scene(path, device, {"tables": tables, "threads": threads, "cache": cache, "progress": progress, **options})
