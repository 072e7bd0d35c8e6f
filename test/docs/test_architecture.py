# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""docs/architecture.md describes the tree that is there: a map that nobody checks is wrong within a month."""
import re

import pytest


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "architecture.md").read_text()


def test_reading_path(page, root):
    section = page.split("## The compiler in 12 files")[1].split("\n## ")[0]
    files = re.findall(r"^\| \d+ \| \[([^\]]+)\]\(\.\./([^)]+)\)", section, re.M)
    assert len(files) == 12 and all(shown == target for shown, target in files)
    lines = sum((root / name).read_text().count("\n") for name, _ in files)
    said = int(re.search(r"about ([\d,]+) lines", section).group(1).replace(",", ""))
    assert abs(lines - said) < 0.15 * lines, f"the 12 files have {lines} lines, the page says {said}"


def test_folders(page, root):
    for folder in re.findall(r"^\| `([a-z/]+)` \|", page, re.M):
        assert (root / folder).is_dir(), f"{folder} is not there"
    for top in ("runtime", "dialects", "codegen", "passes", "targets", "frontends", "tools", "test"):
        assert f"`{top}/" in page, f"{top} is not on the page"


def test_families(root):
    """The families of the second decision are those of the code."""
    code = (root / "codegen" / "ScheduleKernel.cpp").read_text()
    decision = (root / "docs" / "decisions" / "0002-kernel-families.md").read_text()
    assert set(re.findall(r'\{"(\w+)", simd::schedule', code)) == set(re.findall(r"^\| `(\w+)` \|", decision, re.M))
