"""TableRegressor: a network for the numbers of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from ._frames import table_from
from ._table_messages import in_words_of_python
from ._table_parameters import level_of
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

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Any:
        """Predict an interval for each row that holds the true number with at least a given probability.

        It is ``pellucid predict --interval``: split conformal prediction (Vovk et al. 2005; Lei et al. 2018). The
        interval is the prediction ± the ⌈coverage·(n + 1)⌉-th smallest of the n absolute errors on the rows that the
        training held out, at most 5,000 of which the model keeps. It assumes of the rows only that they come from the
        same source as those. ``evaluate`` measures the coverage on further rows.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows, with the columns of the training.
        coverage : float, default=0.9
            The probability, between 0 and 1.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, 2, n_targets)
            The lower end, ``interval[:, 0]``, and the upper end, ``interval[:, 1]``, in the units of the table.

        Raises
        ------
        ValueError
            If the training held out no rows (``validation=0``), or fewer than coverage / (1 - coverage): 9 for 0.9, 99
            for 0.99.

        Examples
        --------
        >>> from pellucid import TableRegressor
        >>> model = TableRegressor(hidden=20, epochs=30).fit("diabetes")
        >>> model.predict_interval("diabetes", coverage=0.8).shape
        (442, 2)
        """
        check_is_fitted(self)
        level = level_of(coverage)
        with in_words_of_python():
            ends, notes = self._model.intervals(table_from(X), level, self._threads())
        self._warn(notes)
        return ends[:, :, 0] if ends.shape[2] == 1 else ends

    def evaluate(self, X: Any, y: Any = None, *, coverage: float | None = None) -> dict[str, Any]:
        """Return the scores on rows whose numbers are known, as ``pellucid evaluate --json`` writes them.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows.
        y : array-like, default=None
            Their numbers, where they are not a column of ``X``.
        coverage : float, default=None
            The probability of the intervals that are measured; 0.9 where the model keeps errors of held-out rows.

        Returns
        -------
        scores : dict
            R², explained variance, RMSE and MAE over all targets and of each (``targets``), and the number of ``rows``.
            Where there are intervals, ``interval`` has their ``level``, and of each target the ``coverage``, which is
            the part of the rows inside, and the ``mean_width``.

        Examples
        --------
        >>> from pellucid import TableRegressor
        >>> model = TableRegressor(hidden=20, epochs=30).fit("diabetes")
        >>> found = model.evaluate("diabetes", coverage=0.8)["interval"]
        >>> found["targets"]["progression"]["coverage"] > 0.7
        True
        """
        check_is_fitted(self)
        scores, _, _ = self._scored(X, y, None if coverage is None else level_of(coverage))
        return scores

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R² on rows whose numbers are known.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows.
        y : array-like, default=None
            Their numbers, where they are not a column of ``X``.
        sample_weight : array-like of shape (n_samples,) or str, default=None
            The weight of each row, or the column of ``X`` that has it.

        Returns
        -------
        score : float
            R²; of several targets, its mean.
        """
        weights = self._weights_of_rows(X, sample_weight)
        if y is not None:
            return float(super().score(X, np.asarray(y), weights))
        scores, answers, predicted = self._scored(X)
        if weights is not None:
            return float(r2_score(answers, predicted, sample_weight=self._weights_of_answers(weights, answers)))
        return float(scores.get("r2", np.nan))
