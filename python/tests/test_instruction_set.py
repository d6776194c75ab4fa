"""The instruction set of the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pellucid


def test_it_stays_after_the_first_computation():
    here = pellucid.instruction_set()
    pellucid.choose_instruction_set(here)
    for other in {"baseline", "neon", "avx2", "avx512"} - {here}:
        with pytest.raises(ValueError, match=f"'?{other}.*cannot be chosen"):
            pellucid.choose_instruction_set(other)
    assert pellucid.instruction_set() == here
    with pytest.raises(ValueError, match="the instruction sets are"):
        pellucid.choose_instruction_set("sse9")


def test_baseline_can_be_chosen_before():
    program = (
        "import pellucid, numpy as np\n"
        "pellucid.choose_instruction_set('baseline')\n"
        "model = pellucid.MLPRegressor(max_iter=2).fit(np.eye(4), np.arange(4.0))\n"
        "print(pellucid.instruction_set())\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "baseline"
