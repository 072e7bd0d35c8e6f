# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One name, four spellings: def FormGroups, file FormGroups.cpp, argument treadle-form-groups, test form-groups.mlir."""
import pathlib
import re

BANNED = re.compile(r"(Utils?|Common|Helpers?|Misc|Manager|Base2|New)(?![a-z])")


def test_pass_argument(passes):
    wrong = [f"{p.folder}/Passes.td: {p.name} has the argument {p.argument}, not treadle-{p.kebab}"
             for p in passes if p.argument != f"treadle-{p.kebab}"]
    assert not wrong, "\n".join(wrong)


def test_pass_file(passes, files):
    wrong = [f"{p.folder}/{p.name}.cpp is missing" for p in passes if p.folder / f"{p.name}.cpp" not in files]
    assert not wrong, "\n".join(wrong)


def test_pass_has_a_test(passes, files):
    """In the mirrored folder, under the pass's name; and it runs that pass."""
    tests = [pathlib.PurePath("test") / p.folder / f"{p.kebab}.mlir" for p in passes]
    wrong = [f"{test} is missing" for test in tests if test not in files]
    assert not wrong, "\n".join(wrong)


def test_lit_test_runs_its_pass(passes, files, text_of):
    wrong = []
    for p in passes:
        test = pathlib.PurePath("test") / p.folder / f"{p.kebab}.mlir"
        if test in files and p.argument not in text_of(test):
            wrong.append(f"{test} does not mention {p.argument}")
    assert not wrong, "\n".join(wrong)


def test_no_file_name_without_meaning(files):
    wrong = [str(f) for f in files if BANNED.search(f.stem) or re.search(r"\b(utils?|common|helpers?|misc)\b", f.as_posix())]
    assert not wrong, "\n".join(wrong)


def test_no_type_name_without_meaning(files, text_of):
    declared = re.compile(r"^\s*(?:class|struct|enum(?: class)?|namespace|def|using)\s+(\w+)\s*[:{=<]", re.M)
    wrong = [f"{f}: {name}" for f in files if f.suffix in (".h", ".cpp", ".td", ".c")
             for name in declared.findall(text_of(f)) if BANNED.search(name)]
    assert not wrong, "\n".join(wrong)


def test_op_names(ops):
    """snake_case, as papers and ONNX call them."""
    wrong = [name for name in ops if not re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", name)]
    assert not wrong, "\n".join(wrong)
