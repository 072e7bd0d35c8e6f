# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""docs/generated is what the .td and .def files say today."""
import subprocess
import sys


def test_up_to_date(root):
    done = subprocess.run([sys.executable, root / "docs" / "generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
