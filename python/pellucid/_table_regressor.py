"""TableRegressor: a network for the numbers of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from ._tables import BaseTable


class TableRegressor(RegressorMixin, BaseTable):
    """A network that predicts numbers from a table of numbers, booleans, words and dates.

    It does what ``pellucid train`` does, by the same code. The parameters and attributes are those of
    :class:`TableClassifier`, but for ``classes_``; ``class_weight`` has no use here.

    See Also
    --------
    TableClassifier : The same for classes.
    MLPRegressor : A replacement for scikit-learn's regressor, for arrays of numbers.

    Examples
    --------
    >>> from pellucid import TableRegressor
    >>> model = TableRegressor(hidden=20).fit("diabetes")
    >>> model.scores_["validation"]["r2"] > 0.2
    True
    """

    _task = "regression"

    def predict(self, X: Any) -> Any:
        """Predict the number of each row of a table.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows, with the columns of the training. Further columns have no effect.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            The predicted numbers, in the units of the table.
        """
        values, _ = self._outputs(X)
        return values.ravel() if values.shape[1] == 1 else values

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² on rows whose numbers are known.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows.
        y : array-like, default=None
            Their numbers, where they are not a column of ``X``.
        sample_weight : array-like of shape (n_samples,), default=None
            The weight of each row, with ``y``.

        Returns
        -------
        score : float
            R²; of several targets, its mean.
        """
        if y is not None:
            return float(super().score(X, np.asarray(y), sample_weight))
        if sample_weight is not None:
            raise ValueError("sample_weight needs y")
        return float(self._scores(X).get("r2", np.nan))
