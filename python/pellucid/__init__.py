"""A replacement for scikit-learn's multilayer perceptrons, and networks for tables, with the engine of Pellucid."""

from . import dask, ray, spark
from ._batches import BatchPredictor
from ._classifier import MLPClassifier
from ._conversion import from_sklearn
from ._engine import VERSION as __version__
from ._engine import choose_instruction_set, instruction_set, limit_memory
from ._imported import from_keras, from_pytorch
from ._model_file import load
from ._onnx import register_when_imported
from ._recipes import Recipe, run
from ._regressor import MLPRegressor
from ._table_classifier import TableClassifier
from ._table_file import TableFile
from ._table_regressor import TableRegressor
from ._tune import Tuned, tune

__all__ = [
    "BatchPredictor",
    "MLPClassifier",
    "MLPRegressor",
    "Recipe",
    "TableClassifier",
    "TableFile",
    "TableRegressor",
    "Tuned",
    "__version__",
    "choose_instruction_set",
    "dask",
    "from_keras",
    "from_pytorch",
    "from_sklearn",
    "instruction_set",
    "limit_memory",
    "load",
    "ray",
    "run",
    "spark",
    "tune",
]

register_when_imported()
del register_when_imported
