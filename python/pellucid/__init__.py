"""scikit-learn's multilayer perceptrons, replaced by one import."""

from ._classifier import MLPClassifier
from ._engine import VERSION as __version__
from ._model_file import load
from ._recipes import Recipe, run
from ._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "Recipe", "__version__", "load", "run"]
