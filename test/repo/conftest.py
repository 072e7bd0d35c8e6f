# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of the tree ask for: its files, its passes, its ops."""
import dataclasses
import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def files():
    """Every file that is, or could be, committed, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(pathlib.PurePath(f) for f in listed if (ROOT / f).is_file())


@pytest.fixture(scope="session")
def text_of(files):
    """text_of(file): a file's text, read once; "" for a file that is not text."""
    seen = {}

    def read(file):
        if file not in seen:
            try:
                seen[file] = (ROOT / file).read_text()
            except UnicodeDecodeError:
                seen[file] = ""
        return seen[file]

    return read


@dataclasses.dataclass
class Pass:
    name: str  # FormGroups
    argument: str  # treadle-form-groups
    description: str
    folder: pathlib.PurePath  # passes/group

    @property
    def kebab(self):
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower()


def records(file):
    """What TableGen makes of a file: name -> record, and "!instanceof"."""
    include = subprocess.run(["llvm-config-22", "--includedir"], capture_output=True, text=True, check=True).stdout.strip()
    dump = subprocess.run(["llvm-tblgen-22", "--dump-json", "-I", ROOT, "-I", include, ROOT / file],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(dump)


@pytest.fixture(scope="session")
def passes(files):
    """What the Passes.td files define."""
    found = []
    for file in files:
        if file.name == "Passes.td":
            data = records(file)
            found += [Pass(name, data[name]["argument"], data[name]["description"], file.parent)
                      for name in data["!instanceof"]["PassBase"]]
    assert found
    return found


@pytest.fixture(scope="session")
def ops(files):
    """TableGen's records of every op of every dialect, by its name in the IR."""
    found = {}
    for file in files:
        if file.parts[0] == "dialects" and file.suffix == ".td":
            data = records(file)
            for name in data["!instanceof"].get("Op", []):
                record = data[name]
                found[f"{data[record['opDialect']['def']]['name']}.{record['opName']}"] = record
    assert found
    return found
