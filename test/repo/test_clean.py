# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Nothing in the tree belongs to one machine, or to yesterday."""
import re
import subprocess

# Written so that this file does not find itself.
MACHINE = re.compile(r"(?<![\w.$}])/(work|home|root|Users)/\w|(?<![\w.$}])/tmp/\w")
HOSTS = re.compile("|".join([r"pypi\.[o]rg", r"pythonhosted\.[o]rg", r"registry\.npmj[s]", r"deb\.debian\.[o]rg",
                             r"(?:apt|packages)\.llvm\.[o]rg", r"huggingface\.c[o]", r"securit[y]\.debian"]))
UNFINISHED = re.compile(r"\b(TOD[O](?!\(#\d+\))|FIXM[E]|XX[X]|HAC[K])\b")
CODE = {".cpp", ".h", ".c", ".td", ".def"}


def found(files, text_of, pattern, among=lambda file: True):
    return [f"{file}:{number}: {line.strip()[:120]}" for file in files if among(file)
            for number, line in enumerate(text_of(file).splitlines(), 1) if pattern.search(line)]


def test_no_machine_paths(files, text_of):
    wrong = found(files, text_of, MACHINE)
    assert not wrong, "\n".join(wrong)


def test_no_registry_hosts(files, text_of):
    wrong = found(files, text_of, HOSTS)
    assert not wrong, "\n".join(wrong)


def test_nothing_unfinished_without_an_issue(files, text_of):
    wrong = found(files, text_of, UNFINISHED)
    assert not wrong, "\n".join(wrong)


def test_no_options_outside_the_table(files, text_of):
    """What a user may ask for stands in tools/compile/Options.def, not in global variables."""
    wrong = found(files, text_of, re.compile(r"\bcl::(opt|list|bits)\b"), lambda f: f.suffix in CODE and f.parts[0] != "tools")
    assert not wrong, "\n".join(wrong)


def test_no_environment_outside_tools(files, text_of):
    wrong = found(files, text_of, re.compile(r"\b(secure_)?getenv\("),
                  lambda f: f.suffix in CODE and f.parts[0] not in ("tools", "test", "bench", "examples"))
    assert not wrong, "\n".join(wrong)


def test_the_compiler_does_not_print(files, text_of):
    """Diagnostics go through MLIR or a result, so that Python and apps see them too."""
    wrong = found(files, text_of, re.compile(r"\b(std::c(err|out)|llvm::(errs|outs)\(\)|f?printf\()"),
                  lambda f: f.suffix in CODE and f.parts[0] in ("dialects", "passes", "codegen", "targets", "runtime", "frontends"))
    assert not wrong, "\n".join(wrong)


def test_no_code_in_comments(files, text_of):
    wrong = found(files, text_of, re.compile(r"^\s*//(?!/).*[;{]\s*$(?<!\.\.\.;)"),
                  lambda f: f.suffix in (".cpp", ".h") and f.parts[0] != "test")
    statement = re.compile(r"//\s*(\w[\w:.<>\->*& ]*\s*[=(].*;|(if|for|while) \(.*\{)\s*$")
    wrong = [w for w in wrong if statement.search(w)]
    assert not wrong, "\n".join(wrong)


def test_no_blanks_at_line_ends(files, text_of):
    wrong = found(files, text_of, re.compile(r"[ \t]+$"), lambda f: f.suffix in CODE | {".py", ".md", ".txt", ".cmake"})
    assert not wrong, "\n".join(wrong)


def test_formatted(root):
    done = subprocess.run([root / "dev", "format", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:] + "run ./dev format"
