"""Who takes part: the peers, and Pellucid's presets. Imports nothing, because `--help` lists them."""

from __future__ import annotations

from dataclasses import dataclass

# The PyPI package of each peer; its version is a part of every result.
PEERS = {
    "scikit-learn": "scikit-learn",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "xgboost": "xgboost",
    "realmlp-td-s": "pytabkit",
    "tabm-d": "pytabkit",
}
OWN = "pellucid"
# Pellucid's entrant that wins, ties and losses are counted for.
DEFAULT = f"{OWN} default"
# Networks of the ensemble that takes part beside the presets.
ENSEMBLE = 4


@dataclass(frozen=True)
class Entrant:
    """A learner with its version. `preset` and `networks` (of an ensemble; 1 is none) are Pellucid's."""

    name: str
    version: str
    preset: str | None = None
    networks: int = 1

    @property
    def is_own(self) -> bool:
        return self.preset is not None

    @property
    def label(self) -> str:
        """Name and version, as tables show them."""
        return f"{self.name} ({self.version})"


def own(text: str, version: str) -> Entrant:
    """The entrant that `--presets` spells `NAME` or `NAME:NETWORKS`."""
    preset, _, networks = text.partition(":")
    return Entrant(f"{OWN} {text}", version, preset, int(networks or 1))
