# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - what every Python test may ask for: where the tree and the build are, and how to run things."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("TREADLE_BUILD", "build")
sys.path.insert(0, str(BUILD / "python"))  # the package `treadle`, as built
sys.path.insert(0, str(ROOT / "test" / "neural_graphics"))  # the package `reference`


@pytest.fixture(scope="session")
def root():
    """The top of the tree."""
    return ROOT


@pytest.fixture(scope="session")
def build():
    """The build folder that is tested."""
    return BUILD


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Tests neither see nor fill the user's cache of compiled models."""
    os.environ["TREADLE_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def run():
    """run(program, *arguments): a program of the build, by name; returns what subprocess.run returns, text captured."""

    def call(program, *arguments, **options):
        command = [str(BUILD / "bin" / program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, **{"timeout": 600, **options})

    return call
