"""The workloads, with their contestants and goals."""

from __future__ import annotations

from dataclasses import dataclass, field

# Stands for the value of --threads.
ALL = 0


@dataclass(frozen=True)
class Reach:
    """At least `ratio` times as fast as the fastest variant of `peer`."""

    peer: str
    ratio: float


@dataclass(frozen=True)
class Workload:
    name: str
    kind: str  # "train", "one-row", "rows" or "start-to-finish"
    title: str
    recipe: str
    # Each peer with the numbers of threads to try; the fastest counts.
    peers: dict[str, tuple[int, ...]]
    reach: tuple[Reach, ...]
    # The maximum relative difference between the losses of two contestants.
    tolerance: float
    # Peers whose mathematics differs slightly, with the maximum difference.
    approximate: dict[str, float] = field(default_factory=dict)
    # Threads of Pellucid.
    own_threads: tuple[int, ...] = (1, ALL)
    # The number of epochs with --quick, which does not change the work per step.
    quick_epochs: int | None = None
    # The maximum memory of Pellucid in MB.
    memory_reach: float | None = None


WORKLOADS = (
    Workload(
        name="single-sample",
        kind="train",
        title="10-10-1, 1,000,000 steps of one sample, f64",
        recipe="single-sample",
        peers={"jax": (1,), "numpy": (1,)},
        reach=(Reach("jax", 4), Reach("numpy", 250)),
        tolerance=1e-6,
        quick_epochs=200_000,
    ),
    Workload(
        name="xor-by-hand",
        kind="train",
        title="2-3-1, 400,000 epochs of 4 samples, f64",
        recipe="xor-by-hand",
        peers={"jax": (1,), "numpy": (1,)},
        reach=(Reach("jax", 2.5), Reach("numpy", 230)),
        tolerance=1e-6,
        quick_epochs=100_000,
    ),
    Workload(
        name="mnist-online",
        kind="train",
        title="784-16-10, one digit a step, one epoch, f32",
        recipe="mnist-online",
        peers={"jax": (1, ALL), "numpy": (1,), "torch": (1,), "fann": (1,)},
        reach=(Reach("jax", 16),),
        tolerance=1e-3,
        approximate={"fann": 0.01},
    ),
    Workload(
        name="mnist-online-f64",
        kind="train",
        title="784-16-10, one digit a step, one epoch, f64",
        recipe="mnist-online-f64",
        peers={"jax": (1, ALL), "numpy": (1,)},
        reach=(Reach("numpy", 75),),
        tolerance=1e-6,
    ),
    Workload(
        name="mnist-128",
        kind="train",
        title="784-128-10 relu, softmax cross-entropy, Adam, batches of 32, one epoch, f32",
        recipe="mnist-128",
        peers={
            "jax": (1, ALL),
            "numpy": (1, ALL),
            "torch": (1, ALL),
            "scikit-learn": (1, ALL),
            "burn": (1, ALL),
            "candle": (1, ALL),
        },
        reach=(Reach("jax", 2),),
        tolerance=0.02,
        approximate={"scikit-learn": 0.05},
    ),
    Workload(
        name="mnist-1024",
        kind="train",
        title="784-1024-1024-10 relu, softmax cross-entropy, Adam, batches of 256, one epoch, f32",
        recipe="mnist-1024",
        peers={"jax": (1, ALL), "torch": (ALL,), "burn": (ALL,), "candle": (ALL,), "numpy": (ALL,)},
        reach=(Reach("jax", 1.3),),
        tolerance=0.1,
    ),
    Workload(
        name="table-64-32",
        kind="train",
        title="20-64-32-1 tanh, Adam, batches of 32, 20 epochs of 10,000 rows, f32",
        recipe="table-64-32",
        peers={"jax": (1, ALL), "numpy": (1,), "torch": (1,), "scikit-learn": (1,)},
        reach=(Reach("jax", 1.5),),
        tolerance=0.01,
        approximate={"scikit-learn": 0.03},
    ),
    Workload(
        name="one-row",
        kind="one-row",
        title="784-128-10, probabilities of one row, median latency in process, f32",
        recipe="mnist-128",
        peers={"candle": (1,), "burn": (1,), "onnxruntime": (1,), "torch": (1,), "jax": (1,), "numpy": (1,)},
        reach=(Reach("candle", 4),),
        tolerance=1e-4,
        own_threads=(1,),
    ),
    Workload(
        name="ten-thousand-rows",
        kind="rows",
        title="784-128-10, probabilities of 10,000 rows, f32",
        recipe="mnist-128",
        peers={
            "onnxruntime": (1, ALL),
            "torch": (ALL,),
            "jax": (1, ALL),
            "numpy": (ALL,),
            "candle": (ALL,),
            "burn": (ALL,),
            "scikit-learn": (ALL,),
        },
        reach=(Reach("onnxruntime", 1.5),),
        tolerance=1e-4,
    ),
    Workload(
        name="start-to-finish",
        kind="start-to-finish",
        title="a fresh process: reads gz IDX MNIST, one epoch of mnist-128, prints the test accuracy",
        recipe="mnist-128",
        peers={
            "burn": (1, ALL),
            "candle": (1, ALL),
            "numpy": (1,),
            "scikit-learn": (1,),
            "torch": (1, ALL),
            "jax": (ALL,),
        },
        reach=(Reach("burn", 1 / 0.45),),
        tolerance=0.02,
        memory_reach=130,
    ),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
PEERS = sorted({peer for workload in WORKLOADS for peer in workload.peers})
