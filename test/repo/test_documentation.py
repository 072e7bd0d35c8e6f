# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every pass and op says what it is, every file what it is for."""
import re

HEADINGS = ["What:", "Before:", "After:", "Needs:", "Guarantees:", "Leaves alone:"]


def test_pass_headings(passes):
    wrong = []
    for p in passes:
        at = [p.description.find(f"\n    {h}") for h in HEADINGS]
        if -1 in at or at != sorted(at):
            missing = [h for h, a in zip(HEADINGS, at) if a == -1]
            wrong.append(f"{p.folder}/Passes.td: {p.name} lacks {', '.join(missing) or 'the order of ' + ' '.join(HEADINGS)}")
    assert not wrong, "\n".join(wrong)


def test_every_op_has_a_summary(ops):
    wrong = [name for name, record in ops.items() if not record["summary"].strip()]
    assert not wrong, "\n".join(wrong)


def test_every_source_file_says_what_it_is(files, text_of):
    """The first line is the name and a summary, the licence follows."""
    wrong = []
    for file in files:
        if file.suffix in (".h", ".cpp", ".td", ".def", ".c", ".fbs"):
            head = text_of(file)[:600]
            if not re.match(rf"(//===-|/\*===-|//) {re.escape(file.name)} - \S", head) or "SPDX-License-Identifier" not in head:
                wrong.append(f"{file}: should open with '//===- {file.name} - what it is' and the licence")
        elif file.suffix == ".py" and "SPDX-License-Identifier" not in text_of(file)[:600]:
            wrong.append(f"{file}: the licence is missing")
    assert not wrong, "\n".join(wrong)


def test_links_in_documents(files, text_of, root):
    """Relative links in Markdown lead somewhere."""
    wrong = []
    for file in files:
        if file.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(file)):
                if "://" not in target and not (root / file.parent / target).exists():
                    wrong.append(f"{file}: {target}")
    assert not wrong, "\n".join(wrong)
