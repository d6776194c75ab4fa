"""The limit of the engine's memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import pellucid

PROGRAM = """
import sys, pellucid
if sys.argv[1] != "none":
    pellucid.limit_memory(int(sys.argv[1]), sys.argv[2])
model = pellucid.TableClassifier(epochs=1, random_state=3).fit(sys.argv[3] + "/rows.csv", target="answer")
model.save(sys.argv[3] + "/" + sys.argv[1] + ".safetensors")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory in files needs Linux")
def test_a_model_is_the_same_with_little_memory(tmp_path):
    rows = np.random.default_rng(0).normal(size=(30_000, 12)).round(3)
    lines = [",".join(map(str, row)) + ("," + ("yes" if row.sum() > 0 else "no")) for row in rows]
    header = ",".join(f"x{column}" for column in range(12)) + ",answer"
    (tmp_path / "rows.csv").write_text("\n".join([header, *lines]) + "\n")
    for limit in ("none", "1000000"):
        arguments = [sys.executable, "-W", "ignore", "-c", PROGRAM, limit, str(tmp_path), str(tmp_path)]
        subprocess.run(arguments, check=True)
    models = [(tmp_path / f"{limit}.safetensors").read_bytes() for limit in ("none", "1000000")]
    assert models[0] == models[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1000000.safetensors", "none.safetensors", "rows.csv"]


def test_what_cannot_be_done_is_refused(tmp_path):
    with pytest.raises(ValueError, match="size is 0"):
        pellucid.limit_memory(0)
    with pytest.raises((ValueError, OSError), match="the memory cannot be limited"):
        pellucid.limit_memory(10**9, tmp_path / "missing")
