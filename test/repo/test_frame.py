# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The files that a newcomer starts with are there, and the one script explains itself."""
import subprocess


def test_first_files(root):
    for name in ("README.md", "CONTRIBUTING.md", "LICENSE", "dev", ".ci/run", "docs/architecture.md"):
        assert (root / name).exists(), f"{name} is missing"


def test_dev_lists_its_commands(root):
    shown = subprocess.run([root / "dev", "help"], capture_output=True, text=True, check=True).stdout
    for command in ("setup", "build", "demo", "test", "bench", "docs", "format", "tidy", "clean"):
        assert f"./dev {command}" in shown


def test_dev_refuses_what_it_does_not_know(root):
    assert subprocess.run([root / "dev", "fly"], capture_output=True).returncode == 2
