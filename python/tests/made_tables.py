"""Made-up tables for the tests of estimators for tables, and the command that they are compared with."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd


def people(rows: int = 300) -> pd.DataFrame:
    """Numbers, booleans, words and dates, all with missing values, and a class that follows from them."""
    random = np.random.default_rng(0)
    age = random.uniform(18, 80, rows)
    member = random.random(rows) < 0.5
    city = random.choice(["Oslo", "Rome", "Bonn"], rows)
    income = np.where(age / 80 + member + (city == "Rome") + random.normal(scale=0.1, size=rows) > 1.2, "high", "low")
    frame = pd.DataFrame(
        {
            "age": age,
            "visits": random.integers(0, 9, rows),
            "member": member,
            "city": city.astype(object),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 1500, rows), unit="D"),
            "income": income.astype(object),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::11, "city"] = None
    frame.loc[::13, "joined"] = pd.NaT
    return frame


def numbers(rows: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(rows, 3)), columns=["a", "b", "c"])
    frame["kind"] = random.choice(["x", "y"], rows)
    frame["price"] = 100 + 30 * frame["a"] - 10 * (frame["kind"] == "x") + random.normal(size=rows)
    return frame


def command() -> Path | None:
    """The command, where it is built."""
    root = Path(__file__).parents[2] / "target" / "debug"
    asked = os.environ.get("PELLUCID_COMMAND")
    return next((path for path in (Path(asked) if asked else root / "pellucid",) if path.is_file()), None)
