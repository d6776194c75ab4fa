"""scikit-learn's multilayer perceptrons, replaced by one import."""

from ._classifier import MLPClassifier
from ._engine import VERSION as __version__
from ._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "__version__"]
