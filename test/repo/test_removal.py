# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A target or frontend is one folder: without it the rest still configures, since nothing lists it."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = sorted(p.parent.relative_to(ROOT).as_posix() for p in [*ROOT.glob("targets/*/Chips.def"), *ROOT.glob("frontends/*/CMakeLists.txt")])


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_configures_without(folder, files, build, tmp_path):
    tree = tmp_path / "tree"
    for file in files:
        if not file.as_posix().startswith(folder + "/"):
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tree / file)
    (tree / "build").mkdir()
    (tree / "build" / "venv").symlink_to((ROOT / "build" / "venv").resolve())
    done = subprocess.run(["cmake", "--preset", "dev", "-B", tmp_path / "made"], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
