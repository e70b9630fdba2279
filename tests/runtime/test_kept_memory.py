"""What is freed is kept: large blocks that come and go cause no page faults."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from gam_viz.runtime.kept_memory import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for number in range(30):
    blocks = [np.ones(8 * 2**20, np.uint8) for _ in range(6)]
    if number == 5:
        before = faults()
    del blocks
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_blocks_that_come_and_go():
    faults = []
    for keep in (False, True):
        command = [sys.executable, "-c", SCRIPT.format(keep=keep)]
        faults.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert faults[1] < 100
    assert faults[0] > 1000
