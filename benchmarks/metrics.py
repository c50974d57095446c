"""Speed and memory of the metrics, as ratios against a named reference, measured in one run.

    python -m benchmarks.metrics

- SSIM of 10,000 pairs of 28x28 against ``skimage.metrics.structural_similarity`` called for each
  pair (on a part of the pairs, scaled up, as each call takes the same time).
- Fréchet distance at n = 10,000, d = 2048 against the usual formula with ``scipy.linalg.sqrtm``.
- Precision and recall of 10,000 against 10,000: peak memory of a process that does nothing else.

All results are checked against the reference's first.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.record import note, record, run, start
from prodimg_lib import metrics

PAIRS, REFERENCE_PAIRS = 10_000, 1_000
ROWS, FEATURES = 10_000, 2048
REPEATS = 5


def best_time(function, repeats=REPEATS):
    """Shortest time in seconds of some calls (noise only ever adds), and the last result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def ssim():
    """Seconds for 10,000 pairs, ours and scikit-image's, and the largest difference."""
    from skimage.metrics import structural_similarity

    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (PAIRS, 28, 28, 1), np.uint8)
    b = np.clip(a + rng.normal(0, 40, a.shape), 0, 255).astype(np.uint8)

    def reference():
        return [
            structural_similarity(
                x[..., 0], y[..., 0], data_range=255, gaussian_weights=True, sigma=1.5,
                use_sample_covariance=False,
            )
            for x, y in zip(a[:REFERENCE_PAIRS], b[:REFERENCE_PAIRS], strict=True)
        ]  # fmt: skip

    theirs, expected = best_time(reference, 2 * REPEATS)
    theirs *= PAIRS / REFERENCE_PAIRS
    ours, values = best_time(lambda: metrics.ssim(a, b, 255), 2 * REPEATS)
    difference = float(np.abs(values[:REFERENCE_PAIRS] - expected).max())
    assert difference < 1e-7
    return {
        "seconds": ours,
        "scikit_image_seconds": theirs,
        "ratio": theirs / ours,
        "largest_difference": difference,
    }


def frechet():
    """Seconds for the distance from features, ours and the formula's, and their difference."""
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(0)
    mix = rng.normal(size=(FEATURES, FEATURES)) / np.sqrt(FEATURES)
    x = rng.normal(size=(ROWS, FEATURES)) @ mix
    y = 1.1 * rng.normal(size=(ROWS, FEATURES)) @ mix + 0.1

    def formula():
        gap = x.mean(0) - y.mean(0)
        s1, s2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
        return float(gap @ gap + np.trace(s1 + s2 - 2 * np.real(sqrtm(s1 @ s2))))

    theirs, expected = best_time(formula, 2)
    ours, value = best_time(lambda: metrics.frechet_distance(x, y), 3)
    assert abs(value - expected) < 1e-8 * expected
    return {
        "seconds": ours,
        "sqrtm_seconds": theirs,
        "ratio": theirs / ours,
        "relative_difference": abs(value - expected) / expected,
    }


def precision_recall():
    """Seconds and peak memory of 10,000 x 10,000 in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.metrics", "precision_recall"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes, before = map(float, answer.stdout.split())
    return {
        "seconds": seconds,
        "peak_megabytes": megabytes,
        "megabytes_before": before,
        "all_distances_megabytes": ROWS * ROWS * 8 / 2**20,
        "ratio": ROWS * ROWS * 8 / 2**20 / megabytes,
    }


def _precision_recall_alone():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, ROWS, 64))
    before = _peak_megabytes()
    start = time.perf_counter()
    metrics.precision_recall(real, fake)
    print(time.perf_counter() - start, _peak_megabytes(), before)


def _peak_megabytes():
    status = Path("/proc/self/status")
    if status.exists():  # Linux: ru_maxrss would hold the parent's peak, inherited at the fork
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts in bytes


def main():
    figures, facts = {}, start("--uncommitted" in sys.argv)
    for measure in (ssim, frechet, precision_recall):
        note(f"{measure.__name__} …")
        figures[measure.__name__] = measure()
    record("metrics", figures, facts)


if __name__ == "__main__":
    _precision_recall_alone() if sys.argv[1:] == ["precision_recall"] else run(main)
