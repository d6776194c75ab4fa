"""What a model of a table says of rows and columns beside its predictions: scores, importance, contributions."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._engine import score_table, table_contributions, table_importance
from ._frames import column_of, columns_of, table_from, table_of, targets_of, weights_of
from ._table_importance import Contributions, Importance
from ._table_messages import in_sentence, in_words_of_python
from ._table_parameters import count_of, seed_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._engine import TableData, TableModel


class TableInspection:
    """The methods of estimators for tables that ask the model about rows and columns."""

    _model: TableModel
    #: The targets of the training: name, kind of the values, and names of the classes.
    _targets: list[tuple[str, str, list[str]]]
    drop_missing_target: bool

    def importance(
        self,
        X: Any,
        y: Any = None,
        *,
        metric: str | None = None,
        repeats: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> Importance:
        """Measure how much worse a score becomes when a column is shuffled among the rows.

        It is ``pellucid importance``: permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019). The words
        of a column, or the parts of its dates, move together. In the mean over many repeats it is
        ``sklearn.inspection.permutation_importance``, but the table is prepared once.

        Parameters
        ----------
        X : data frame, table, array or path-like
            Rows whose answers are known, best of all rows that were not trained on: on training rows a column looks
            important by which the model only remembers them.
        y : array-like, default=None
            The answers, where they are not a column of ``X``.
        metric : str, default=None
            The score that gets worse, by its name in ``evaluate``, such as 'log_loss', 'roc_auc' or 'rmse'; by default
            'accuracy', of several targets of classes 'subset_accuracy', of numbers 'r2'.
        repeats : int, default=10
            How often each column is shuffled, 1 to 100000.
        random_state : int, RandomState instance or None, default=None
            The seed of the permutations; 0 with None.

        Returns
        -------
        importance : Importance
            Mean, standard deviation and band of each column, the most important first.

        Raises
        ------
        ValueError
            If there are fewer than two rows, or the score is not defined on them.

        Examples
        --------
        >>> from pellucid import TableClassifier
        >>> model = TableClassifier(epochs=30).fit("iris")
        >>> found = model.importance("iris", metric="log_loss")
        >>> found.columns[0]
        'petal_width'
        >>> found.mean.shape, found.band.shape, found.values.shape
        ((4,), (4, 2), (4, 10))
        """
        check_is_fitted(self)
        settings = {"repeats": count_of("repeats", repeats, 1, 100_000), "seed": seed_of(random_state)}
        if metric is not None and not isinstance(metric, str):
            raise ValueError(f"metric = {metric!r} cannot be used: the name of a score is needed, such as 'log_loss'")
        with in_words_of_python():
            record, notes = table_importance(
                self._model,
                self._with_target(X, y),
                self._threads(),
                metric=metric,
                drops=bool(self.drop_missing_target),
                **settings,
            )
        self._warn(notes)
        return Importance._of_record(json.loads(record))

    def contributions(
        self,
        X: Any,
        *,
        background: Any = None,
        n_background: int = 100,
        rounds: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> Contributions:
        """Divide the prediction for each row among the columns: Shapley values.

        It is ``pellucid explain --contributions``: what a column contributes is the difference that it makes to the
        mean prediction over background rows, averaged over all orders in which the columns could be set to those of the
        row (Shapley 1953; Štrumbelj and Kononenko 2014; Lundberg and Lee 2017). The contributions to an output add up
        to its prediction minus its mean over the background. Up to 12 columns they are exact; of more, orders are
        sampled.

        Parameters
        ----------
        X : data frame, table, array or path-like
            The rows to explain, with the columns of the training. A row takes up to 2¹² · ``n_background`` predictions.
        background : data frame, table, array or path-like, default=None
            The rows to compare with, such as those of the training; ``X`` by default.
        n_background : int, default=100
            How many of them are drawn at random; all, where there are fewer.
        rounds : int, default=10
            Rounds of sampling, 2 or more, where there are more than 12 columns: each tries two orders of the columns
            for every background row.
        random_state : int, RandomState instance or None, default=None
            The seed of the drawn rows and of the orders; 0 with None.

        Returns
        -------
        contributions : Contributions
            The contribution of each column to each row and output, in the unit of the prediction.

        Examples
        --------
        >>> from pellucid import TableRegressor
        >>> regressor = TableRegressor(hidden=20, epochs=30).fit("diabetes")
        >>> parts = regressor.contributions("diabetes", n_background=5)
        >>> parts.values.shape
        (442, 10)
        >>> bool(abs(parts.values.sum(axis=1) + parts.base - parts.predictions).max() < 1e-6)
        True
        """
        check_is_fitted(self)
        settings = {
            "most": count_of("n_background", n_background, 1, 1_000_000),
            "rounds": count_of("rounds", rounds, 2, 100_000),
            "seed": seed_of(random_state),
        }
        with in_words_of_python():
            found = table_contributions(
                self._model,
                table_from(X),
                self._threads(),
                background=None if background is None else table_from(background, "background"),
                **settings,
            )
        self._warn(found["warnings"])
        is_single = len(self._targets) == 1 and not self._targets[0][2]
        return Contributions._of_engine(found, is_single)

    def _scored(
        self, X: Any, y: Any = None, coverage: float | None = None
    ) -> tuple[dict[str, Any], NDArray[Any], NDArray[Any]]:
        """The scores on rows that have the target, the answers and the predictions: classes by their place."""
        check_is_fitted(self)
        with in_words_of_python():
            found = score_table(
                self._model,
                self._with_target(X, y),
                self._threads(),
                drops=bool(self.drop_missing_target),
                coverage=coverage,
            )
        self._warn(found["warnings"], stacklevel=4)
        return json.loads(found["scores"]), found["answers"], found["predictions"]

    def _with_target(self, X: Any, y: Any) -> TableData:
        """A table that has the target, as a column of ``X`` or as ``y``."""
        if y is None:
            return table_from(X)
        features, of_target = columns_of(X), targets_of(y, [])
        names = [name for name, _, _ in self._targets]
        taken = next((name for name, _ in features if name in names), None)
        if taken is not None:
            raise ValueError(f"the target is given twice, as y and as the column {taken!r} of X; leave one of them out")
        if len(of_target) != len(names):
            raise ValueError(f"y has {len(of_target)} targets, and the model predicts {', '.join(names)}")
        return table_of([*features, *zip(names, (column for _, column in of_target), strict=True)])

    def _weights_of_rows(self, X: Any, sample_weight: Any) -> NDArray[np.float64] | None:
        """The weights for a score."""
        if sample_weight is None:
            return None
        if isinstance(sample_weight, str):
            sample_weight = column_of(X, sample_weight, "sample_weight")
        weights: NDArray[np.float64] = weights_of(sample_weight)
        return weights

    @staticmethod
    def _weights_of_answers(weights: NDArray[np.float64], answers: NDArray[Any]) -> NDArray[np.float64]:
        if len(weights) != len(answers):
            raise ValueError(f"sample_weight has {len(weights)} values, and X has {len(answers)} rows with a target")
        return weights

    @staticmethod
    def _warn(notes: list[str], stacklevel: int = 3) -> None:
        """Warns of each at the line that called the method which calls this, or at one that many calls further up."""
        for note in notes:
            warnings.warn(in_sentence(note), stacklevel=stacklevel)

    def _threads(self) -> int:
        raise NotImplementedError
