# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nothing grows past what can be read: files, folders, depth, CMake."""
import collections

FILE_LINES, FOLDER_NAMES, DEPTH, CMAKE_LINES, CMAKE_TOP_LINES = 600, 25, 3, 60, 120
BY_HAND = {".cpp", ".h", ".c", ".td", ".def", ".fbs", ".py", ".cmake", ".mlir", ".md"}


def test_files(files, text_of):
    wrong = [f"{file} has {text_of(file).count(chr(10))} lines, {FILE_LINES} are allowed" for file in files
             if file.suffix in BY_HAND and text_of(file).count("\n") > FILE_LINES
             and file.parts[:2] != ("docs", "generated")]
    assert not wrong, "\n".join(wrong)


def test_folders(files):
    """Conv.td, Conv.h and Conv.cpp are one name."""
    names = collections.defaultdict(set)
    for file in files:
        if file.parent.as_posix() != ".":
            names[file.parent].add(file.name.split(".")[0])
    wrong = [f"{folder} holds {len(n)} names, {FOLDER_NAMES} are allowed" for folder, n in names.items()
             if len(n) > FOLDER_NAMES and folder.parts[0] != "test"]
    assert not wrong, "\n".join(wrong)


def test_depth(files):
    """At most three folders below the root; tests mirror the tree one level down."""
    wrong = [str(f) for f in files if len(f.parts) - 1 > DEPTH + (f.parts[0] == "test")]
    assert not wrong, "\n".join(wrong)


def test_cmake(files, text_of):
    wrong = []
    for file in files:
        if file.name == "CMakeLists.txt":
            limit = CMAKE_TOP_LINES if len(file.parts) == 1 else CMAKE_LINES
            if text_of(file).count("\n") > limit:
                wrong.append(f"{file}: more than {limit} lines; what is general belongs into cmake/")
    assert not wrong, "\n".join(wrong)
