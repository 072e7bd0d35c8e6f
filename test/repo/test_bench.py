# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bench/runtimes.py writes structures of the C API down a second time, for ctypes: they must stay the same."""
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import runtimes  # noqa: E402

STRUCTURES = {"treadle_tensor": runtimes.Tensor, "treadle_tensor_info": runtimes.TensorInfo,
              "treadle_device_info": runtimes.DeviceInfo, "treadle_session_options": runtimes.SessionOptions}


@pytest.mark.parametrize("name", STRUCTURES)
def test_fields_are_those_of_the_header(name):
    header = (ROOT / "runtime" / "treadle.h").read_text()
    body = re.search(rf"typedef struct {name} {{(.*?)}} {name};", header, re.S).group(1)
    fields = re.findall(r"(\w+);", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
    assert fields == [field[0] for field in STRUCTURES[name]._fields_]
