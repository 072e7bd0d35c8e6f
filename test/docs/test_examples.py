# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every ```mlir example in a .td description is parsed, verified, printed and read back.

An example is what a reader wants to see, not a whole module: values that it uses without defining them become
arguments of a function around it, their types read off the operation that uses them first.
"""
import pathlib
import re
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def examples():
    for file in sorted(ROOT.glob("dialects/*/*.td")) + sorted(ROOT.glob("passes/*/*.td")) + sorted(ROOT.glob("codegen/*.td")):
        text = file.read_text()
        for match in re.finditer(r"```mlir\n(.*?)```", text, re.S):
            line = text.count("\n", 0, match.start()) + 1
            yield pytest.param(textwrap.dedent(match.group(1)), id=f"{file.relative_to(ROOT)}:{line}")


def split_types(text):
    """"tensor<2x3xf32>, i64" -> ["tensor<2x3xf32>", "i64"]: commas outside of brackets."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character in "<([") - (character in ">)]")
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return [p for p in parts + [current.strip()] if p]


def operations(example):
    """Top-level operations: a line that does not go on the last one, with what follows it."""
    found = []
    for line in example.splitlines():
        if line and not line.startswith((" ", "}", "^", ":")):
            found.append(line)
        elif found:
            found[-1] += "\n" + line
    return found


def free_values(example):
    """name -> type of each value that is used and not defined."""
    defined, free = set(), {}
    for operation in operations(example):
        results, _, body = operation.partition(" = ") if re.match(r"%[\w#:, %]+ = ", operation) else ("", "", operation)
        outside = re.sub(r"\{\s*\n.*\n\}", "", body, flags=re.S)  # without its region
        names = re.findall(r"%(\w+)", outside)
        types = re.search(r" :\s*\((.*)\)\s*->", outside, re.S)
        listed = split_types(types.group(1)) if types else split_types(outside.rsplit(" : ", 1)[-1]) if " : " in outside else []
        for name, kind in zip(names, listed):
            if name not in defined:
                free.setdefault(name, kind)
        defined.update(re.findall(r"%(\w+)", results))
    return free


def as_module(example):
    if re.match(r"(module|func\.func|program\.)", example):
        return example
    arguments = ", ".join(f"%{name}: {kind}" for name, kind in free_values(example).items())
    return f"func.func @example({arguments}) {{\n{textwrap.indent(example, '  ')}  return\n}}\n"


@pytest.mark.parametrize("example", list(examples()))
def test_example(example, run, tmp_path):
    file = tmp_path / "example.mlir"
    file.write_text(as_module(example))
    done = run("treadle-opt", "--verify-roundtrip", file)
    assert done.returncode == 0, f"{file.read_text()}\n{done.stderr}"


def test_there_are_examples():
    assert len(list(examples())) > 5
