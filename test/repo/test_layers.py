# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Who may include whom: one direction, never upwards, never sideways (docs/architecture.md)."""
import pathlib
import re

import pytest

# folder -> what its files may include, besides their own folder. The first row that fits counts. {} is the
# target's, stage's or frontend's own name.
LAYERS = [
    ("runtime/base", ["runtime/treadle.h"]),
    ("runtime", ["runtime"]),
    ("dialects/graph", ["runtime/base"]),
    ("dialects/{}", ["dialects/graph", "runtime/base"]),
    ("codegen", ["dialects", "runtime/base"]),
    ("passes/{}", ["dialects", "runtime/base", "codegen/Target.h", "codegen/Schedule.h", "codegen/Cost.h", "codegen/field/FieldOps.h"]),
    ("passes", ["dialects"]),
    ("targets/{}/compile", ["codegen", "dialects", "runtime/base", "runtime/format", "targets/{}"]),
    ("targets/{}/run", ["runtime", "targets/{}"]),
    ("targets/{}", ["runtime/base"]),
    ("frontends/python", ["tools/compile", "tools/file", "tools/render", "runtime/treadle.h", "runtime/base"]),
    ("frontends/{}", ["dialects", "runtime/base", "frontends/Import.h"]),
    ("frontends", ["dialects"]),
    ("tools/treadle", ["tools", "runtime", "passes/Pipeline.h"]),
    ("tools", ["tools", "passes", "codegen", "dialects", "targets", "frontends", "runtime"]),
    ("examples", ["runtime/treadle.h", "runtime/treadle_vulkan.h", "treadle.h"]),
    ("bench", ["runtime", "tools"]),
    ("test", [""]),
]

# Headers of others that only some folders may use.
LIBRARIES = {
    r"(mlir|llvm|lld)/": r"(dialects|codegen|passes|tools|frontends|test|targets/\w+/compile)\b",
    r"(google/protobuf/|onnx-ml\.pb)": r"(frontends/onnx|tools/tensorfile|test/frontends/onnx)\b",
    r"(nanobind/|Python\.h)": r"frontends/python\b",
    r"nlohmann/": r"(frontends/scene|test/frontends/scene)\b",
    r"CLI/": r"tools\b",
    r"vulkan/": r"(targets/vulkan/run|examples/vulkan)\b|runtime/treadle_vulkan\.h",
}
PUBLIC = [pathlib.PurePath("runtime/treadle.h"), pathlib.PurePath("runtime/treadle_vulkan.h")]
OWN = ("runtime/", "dialects/", "codegen/", "passes/", "targets/", "frontends/", "tools/", "bench/", "examples/", "test/")


def rule_for(file):
    folder = file.parent.as_posix()
    for pattern, allowed in LAYERS:
        match = re.match(pattern.replace("{}", r"(\w+)") + r"(/|$)", folder)
        if match:
            name = match.group(1)
            return match.group(0).rstrip("/"), [a.replace("{}", name) for a in allowed]
    return None


def includes(text):
    """(line number, header, whether in quotes)"""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*(?:#\s*include\s*([<"])([^>"]+)[>"]|include "([^"]+)")', line)
        if match:
            yield number, match.group(2) or match.group(3)


@pytest.fixture(scope="module")
def sources(files):
    return [f for f in files if f.suffix in (".h", ".cpp", ".c", ".def", ".td", ".inc")]


def test_own_headers(sources, text_of):
    wrong = []
    for file in sources:
        rule = rule_for(file)
        assert rule, f"{file}: which layer this folder is in stands nowhere; add it to LAYERS"
        own, allowed = rule
        for number, header in includes(text_of(file)):
            if header.startswith(OWN) and not any(
                    header == a or header.startswith(a.rstrip("/") + "/") or a == "" for a in [own, *allowed]):
                wrong.append(f"{file}:{number}: {own} may include {', '.join(allowed) or 'nothing else'}, not {header}")
    assert not wrong, "\n".join(wrong)


def test_headers_of_others(sources, text_of):
    wrong = []
    for file in sources:
        for number, header in includes(text_of(file)):
            for library, allowed in LIBRARIES.items():
                if re.match(library, header) and not re.match(allowed, file.as_posix()):
                    wrong.append(f"{file}:{number}: {header} is not for this folder")
    assert not wrong, "\n".join(wrong)


def test_quoted_headers_are_from_the_root(sources, text_of):
    """One include root: "runtime/base/DType.h", never "DType.h" or "../base/DType.h". The public headers are copied out
    of the tree together."""
    wrong, known = [], set(sources)
    for file in sources:
        for number, header in includes(text_of(file)):
            if file in PUBLIC and file.parent / header in PUBLIC:
                continue
            if header.startswith(".") or file.parent / header in known and "/" not in header:
                wrong.append(f"{file}:{number}: {header}")
    assert not wrong, "\n".join(wrong)


def test_public_headers_stand_alone(text_of):
    """treadle.h includes nothing of ours, so that an app can copy the one file; the other only it, and Vulkan's types."""
    names = {header: [h for _, h in includes(text_of(header)) if not h.startswith("std")] for header in PUBLIC}
    assert names == {PUBLIC[0]: [], PUBLIC[1]: ["treadle.h", "vulkan/vulkan_core.h"]}
