"""A file of a table, and how its text is read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class _Reading:
    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    comment: str | None = None
    skip_rows: int | None = None
    pad: bool = False
    max_expansion: int | None = None


class TableFile(os.PathLike[str]):
    """A file for ``fit``, ``predict`` and all else that takes the path of one, whose text cannot be read by looking.

    Parameters
    ----------
    path : path-like
        The file.
    delimiter : str, default=None
        What stands between cells: one character, ``"tab"``, or ``"blanks"`` for runs of them; by default it is found by
        looking.
    header : bool, default=None
        Whether the first row names the columns; found by looking by default.
    encoding : str, default=None
        The encoding of the text, such as ``"latin1"``; found by looking by default.
    comment : str, default=None
        Lines that begin with this character are left out.
    skip_rows : int, default=None
        So many lines at the beginning are left out.
    pad : bool, default=False
        Whether rows with fewer cells than the first are padded with missing values; otherwise they are an error.
    max_expansion : int, default=None
        How many times its size the file may unpack to; 100 by default, and always 64 MiB.

    Examples
    --------
    >>> import os, tempfile
    >>> from pellucid import TableFile, TableRegressor
    >>> path = os.path.join(tempfile.mkdtemp(), "line.txt")
    >>> with open(path, "w") as file:
    ...     _ = file.write("made by hand\\n" + "".join(f"{x} {2 * x + 1}\\n" for x in range(30)))
    >>> line = TableFile(path, delimiter="blanks", header=False, skip_rows=1)
    >>> model = TableRegressor(preset="plain", validation=0, numeric="c1").fit(line, target="c2")
    >>> model.predict(line).shape
    (30,)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        delimiter: str | None = None,
        header: bool | None = None,
        encoding: str | None = None,
        comment: str | None = None,
        skip_rows: int | None = None,
        pad: bool = False,
        max_expansion: int | None = None,
    ) -> None:
        self._path = os.fspath(path)
        self._reading = _Reading(
            delimiter=delimiter,
            header=header,
            encoding=encoding,
            comment=comment,
            skip_rows=skip_rows,
            pad=pad,
            max_expansion=max_expansion,
        )

    def __fspath__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        defaults = asdict(_Reading())
        given = {name: value for name, value in asdict(self._reading).items() if value != defaults[name]}
        return f"TableFile({', '.join([repr(self._path), *(f'{name}={value!r}' for name, value in given.items())])})"

    def reading(self) -> str:
        """How the text is read, JSON."""
        return json.dumps(asdict(self._reading))
