"""The engine's recipes from Python: a complete run as one value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ._engine import built_in_recipes, read_recipe, run_recipe
from ._progress import Progress
from ._threads import thread_count


class Recipe(dict[str, Any]):
    """A recipe: the tables and keys of its TOML file as a dictionary that can be changed.

    Examples
    --------
    >>> import pellucid
    >>> recipe = pellucid.Recipe.built_in("xor-sgd")
    >>> recipe["network"]["layers"]
    [2, 2, 1]
    >>> recipe["train"]["epochs"] = 2000
    >>> record = pellucid.run(recipe)
    >>> record["metrics"]["training"]["loss"] < record["history"][0]["loss"]
    True
    """

    @classmethod
    def built_in(cls, name: str) -> Recipe:
        """The built-in recipe of this name; `names` lists all of them."""
        return cls(json.loads(read_recipe(None, name)))

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """A recipe from TOML."""
        return cls(json.loads(read_recipe(text, "the text")))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """A recipe from its file."""
        return cls(json.loads(read_recipe(Path(path).read_text(encoding="utf-8"), os.fspath(path))))

    @staticmethod
    def names() -> list[str]:
        """The names of the built-in recipes."""
        return built_in_recipes()


def run(
    recipe: str | dict[str, Any],
    data: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Runs a recipe and returns its record.

    Parameters
    ----------
    recipe : str or dict
        The name of a built-in recipe, or a recipe.
    data : path-like, default=None
        The folder with its data files, if the recipe uses any (MNIST).
    n_threads : int, default=None
        The number of threads; by default the number of cores. The result does not depend on it.
    progress : bool, default=False
        Whether to show a progress bar with the loss; needs tqdm.

    Returns
    -------
    record : dict
        What ``pellucid run --json`` writes: the recipe, initial and final weights, history, outputs, metrics.
    """
    name = recipe if isinstance(recipe, str) else "run"
    recipe = Recipe.built_in(recipe) if isinstance(recipe, str) else recipe
    arguments = (json.dumps(recipe), None if data is None else os.fspath(data), thread_count(n_threads))
    if progress:
        with Progress(name, recipe.get("train", {}).get("epochs"), score_name="validation loss") as bar:
            record, raised = run_recipe(*arguments, bar.callback_from(0))
    else:
        record, raised = run_recipe(*arguments)
    if raised is not None:
        raise raised
    result: dict[str, Any] = json.loads(record)
    return result
