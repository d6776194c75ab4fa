"""Every example of the documentation satisfies mypy in its strict mode."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

PACKAGE = Path(pellucid.__file__).parent
PROJECT = Path(__file__).parents[2]
PAGES = [*PACKAGE.glob("*.py"), PROJECT / "python" / "README.md", PROJECT / "docs" / "python.md"]


def test_examples_are_typed(tmp_path):
    pytest.importorskip("mypy")
    for page in PAGES:
        examples = doctest.DocTestParser().get_examples(page.read_text(encoding="utf-8"))
        if examples:
            source = "".join(example.source for example in examples)
            name = page.name.replace(".", "_")
            (tmp_path / f"example_{name}.py").write_text(source, encoding="utf-8")
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--ignore-missing-imports",
            *sorted(map(str, tmp_path.glob("*.py"))),
        ],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": ""},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
