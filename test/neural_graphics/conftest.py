# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conftest.py - random numbers that are the same each time."""
import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(7)
