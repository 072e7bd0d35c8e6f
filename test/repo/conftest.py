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


@pytest.fixture(scope="session")
def exempt():
    """exempt(NAME): the lines of exempt/NAME.txt, what is let off a rule. A list may only shrink."""

    def read(name):
        path = ROOT / "test" / "repo" / "exempt" / f"{name}.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return {line.strip() for line in lines if line.strip() and not line.startswith("#")}

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


@pytest.fixture(scope="session")
def passes(files, text_of):
    """What the Passes.td files define."""
    found = []
    for file in files:
        if file.name == "Passes.td":
            for block in re.split(r"^def ", text_of(file), flags=re.M)[1:]:
                name, argument = re.match(r'(\w+)\s*:\s*Pass<"([^"]*)"', block).groups()
                description = re.search(r"let description = \[\{(.*?)\}\]", block, re.S)
                found.append(Pass(name, argument, description.group(1) if description else "", file.parent))
    assert found
    return found


@pytest.fixture(scope="session")
def ops(files):
    """TableGen's records of every op of every dialect, by its name in the IR."""
    include = subprocess.run(["llvm-config-22", "--includedir"], capture_output=True, text=True, check=True).stdout.strip()
    records = {}
    for file in files:
        if file.parts[0] == "dialects" and file.suffix == ".td":
            dump = subprocess.run(["llvm-tblgen-22", "--dump-json", "-I", ROOT, "-I", include, ROOT / file],
                                  capture_output=True, text=True, check=True).stdout
            data = json.loads(dump)
            for name in data["!instanceof"].get("Op", []):
                record = data[name]
                records[f"{data[record['opDialect']['def']]['name']}.{record['opName']}"] = record
    assert records
    return records
