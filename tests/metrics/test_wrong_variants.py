"""The mistakes that metric code is known for: each must make a test of this suite fail."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from skimage.metrics import structural_similarity

from prodimg_lib import metrics
from prodimg_lib.metrics import _neighbours, distribution, diversity, human, paired
from tests.metrics import (
    test_distribution,
    test_diversity,
    test_human,
    test_intervals,
    test_paired,
    test_uncertainty,
)

EVERY = (metrics, paired, diversity, distribution, _neighbours, human, test_diversity)
RIGHT = {
    function.__name__: function
    for function in (
        metrics.precision_recall,
        metrics.density_coverage,
        metrics.kernel_distance,
        metrics.inception_score,
        metrics.pairwise_diversity,
        metrics.memorisation,
        metrics.memorised_share,
        metrics.share_interval,
        human.fooling_rate,
        _neighbours.radii,
        distribution._frechet,
    )
}


def example(test, *arguments):
    """One example of a test that Hypothesis would otherwise choose and shrink."""
    return lambda: test.hypothesis.inner_test(*arguments)


def error_of(a, b):
    return ((np.asarray(a, float) - np.asarray(b, float)) ** 2).mean()


def wrapped_psnr(a, b, data_range):
    error = ((a - b) ** 2).mean(tuple(range(1, a.ndim)))  # bytes wrap around at 256
    return 10 * np.log10(data_range**2 / error)


def psnr_of_the_mean_error(a, b, data_range):
    value = 10 * np.log10(data_range**2 / error_of(a, b))
    return np.full(len(a), value) if np.ndim(a) == 4 else value


def skimage_ssim(**options):
    return lambda a, b, data_range: structural_similarity(a, b, data_range=data_range, **options)


WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def ssim_of_the_padded_map(a, b, data_range):
    return structural_similarity(a, b, data_range=data_range, full=True, **WANG)[1].mean()


def ssim_with_constants_of_bytes(a, b, data_range):
    a, b = (np.asarray(v, float)[..., 0] for v in (a, b))
    pairs = zip(a, b, strict=True)
    return np.array([structural_similarity(x, y, data_range=255, **WANG) for x, y in pairs])


def ms_ssim_of_whole_ssims(a, b, data_range, scales=None):
    """The luminance term at every scale, and a power of what may be negative."""
    a, b = (v.reshape(*v.shape[:2], 1) for v in (a, b))
    weights = paired._scale_weights(metrics.max_scales(len(a)))
    value = 1.0
    for weight in weights:
        value *= np.float64(metrics.ssim(a, b, data_range)) ** weight
        a, b = (paired._halve(v[None, ..., 0])[0, ..., None] for v in (a, b))
    return value


def every_ordered_pair(n, at_most, rng):
    return np.indices((n, n)).reshape(2, -1)


def scores_without_shuffle(probs, splits=1, seed=0):
    parts = [RIGHT["inception_score"](part)[0] for part in np.array_split(probs, splits)]
    return np.mean(parts), np.std(parts)


def score_of(divergence, base=np.exp):
    def score(probs, splits=1, seed=0):
        return base(divergence(probs, probs.mean(0))), 0.0

    return score


def forward(p, mean):
    return (p * (np.log(p) - np.log(mean))).sum(1).mean()  # 0 log 0 is no number


def bounded(p):
    return np.log(np.maximum(p, 1e-300))


def frechet(gap, root):
    """A Fréchet distance by the norm of the gap of means and the trace of a root of S1 S2."""

    def distance(mean1, cov1, mean2, cov2):
        return gap(mean1 - mean2) + np.trace(cov1) + np.trace(cov2) - 2 * root(cov1, cov2)

    return distance


def general_root(cov1, cov2):
    return np.trace(np.real(sqrtm(cov1 @ cov2)))


def squared(gap):
    return gap @ gap


def kernels(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


def mmd_with_own_pairs(x, y):
    return kernels(x, x).mean() + kernels(y, y).mean() - 2 * kernels(x, y).mean()


def subsets_with_trailing_zeros(x, y, subsets=100, subset_size=1000, seed=0):
    values = np.zeros(subsets)
    used = max(1, min(subsets, len(x) // subset_size))
    values[:used] = RIGHT["kernel_distance"](x, y, 1, subset_size)[0]
    return values.mean(), values.std()


def exact_radii(x, k):
    return np.sort(((x[:, None] - x) ** 2).sum(2), 1)[:, k]


def pooled(fooled, rater, confidence=0.95):
    share, n = np.mean(fooled), len(fooled)
    low, high = human.wilson_interval(share, n, confidence)
    return {"value": share, "low": low, "high": high, "n": n}


def pooled_where_all_agree(fooled, rater, confidence=0.95):
    wrong = pooled if np.mean(fooled) in (0, 1) else RIGHT["fooling_rate"]
    return wrong(fooled, rater, confidence)


def scatter_of_halves(statistic, *samples, halves=20, smooth=False, seed=0):
    rng = np.random.default_rng(seed)
    draws = [[rng.permutation(v)[: len(v) // 2] for v in samples] for _ in range(halves)]
    return np.std([statistic(*draw) for draw in draws], ddof=1)


# What is replaced, by what, and the test that must notice.
MISTAKES = {
    "PSNR of bytes that wrap around": (
        "psnr",
        wrapped_psnr,
        example(test_paired.test_uint8_and_float_images_of_the_same_values_agree, 0),
    ),
    "PSNR with 20 for 10": (
        "psnr",
        lambda a, b, data_range: 20 * np.log10(data_range**2 / error_of(a, b)),
        test_paired.test_published_oracles,
    ),
    "PSNR with the peak of the images": (
        "psnr",
        lambda a, b, data_range: 10 * np.log10(np.max(a) ** 2 / error_of(a, b)),
        test_paired.test_published_oracles,
    ),
    "PSNR of the mean error of a batch": (
        "psnr",
        psnr_of_the_mean_error,
        example(test_paired.test_an_image_is_scored_the_same_alone_and_in_any_batch, 3, 1.0, 0),
    ),
    "SSIM with a uniform window": ("ssim", skimage_ssim(), test_paired.test_published_oracles),
    "SSIM with the sample covariance": (
        "ssim",
        skimage_ssim(**WANG | {"use_sample_covariance": True}),
        test_paired.test_published_oracles,
    ),
    "SSIM over padded borders": (
        "ssim",
        ssim_of_the_padded_map,
        test_paired.test_published_oracles,
    ),
    "SSIM with the constants of bytes for [0, 1]": (
        "ssim",
        ssim_with_constants_of_bytes,
        example(test_paired.test_uint8_and_float_images_of_the_same_values_agree, 0),
    ),
    "MS-SSIM of every second pixel": (
        "_halve",
        lambda x: x[..., ::2, ::2],
        test_paired.test_ms_ssim_from_its_definition,
    ),
    "MS-SSIM of the paper's first weights as they are": (
        "_scale_weights",
        lambda scales: np.array(paired.MS_WEIGHTS[:scales]),
        test_paired.test_ms_ssim_from_its_definition,
    ),
    "MS-SSIM with the luminance at every scale": (
        "ms_ssim",
        ms_ssim_of_whole_ssims,
        test_paired.test_ms_ssim_from_its_definition,
    ),
    "MS-SSIM with a root of what is negative": (
        "ms_ssim",
        ms_ssim_of_whole_ssims,
        test_paired.test_ms_ssim_of_negative_structure_is_a_number,
    ),
    "diversity of images with themselves": (
        "_pairs",
        every_ordered_pair,
        test_diversity.test_similarity_of_all_pairs_and_of_a_draw,
    ),
    "diversity across classes": (
        "_groups",
        lambda labels, n: [np.arange(n)],
        test_diversity.test_similarity_within_classes_ignores_the_others,
    ),
    "diversity turned round": (
        "pairwise_diversity",
        lambda *arguments, **options: 1 - RIGHT["pairwise_diversity"](*arguments, **options),
        test_diversity.test_similarity_oracle,
    ),
    "duplicates that count the first of them": (
        "duplicate_rate",
        lambda images, tolerance=0: np.mean(
            [(images == image).all((1, 2, 3)).sum() > 1 for image in images]
        ),
        test_diversity.test_duplicates,
    ),
    "Inception Score without its exponential": (
        "inception_score",
        score_of(lambda p, mean: (p * (bounded(p) - bounded(mean))).sum(1).mean(), float),
        test_distribution.test_inception_score_bounds,
    ),
    "Inception Score with the logarithm of 0": (
        "inception_score",
        score_of(forward),
        test_distribution.test_inception_score_bounds,
    ),
    "Inception Score with its divergence turned round": (
        "inception_score",
        score_of(lambda p, mean: (mean * (bounded(mean) - bounded(p))).sum(1).mean()),
        test_distribution.test_inception_score_bounds,
    ),
    "Inception Score in bits": (
        "inception_score",
        score_of(lambda p, mean: (p * (bounded(p) - bounded(mean))).sum(1).mean() / np.log(2)),
        test_distribution.test_inception_score_bounds,
    ),
    "Inception Score of splits in order": (
        "inception_score",
        scores_without_shuffle,
        test_distribution.test_splits_are_shuffled_first,
    ),
    "Fréchet distance with a root of each element": (
        "_frechet",
        frechet(squared, lambda a, b: np.trace(np.sqrt(np.abs(a * b)))),
        test_distribution.test_frechet_oracles,
    ),
    "Fréchet distance of the standard deviations alone": (
        "_frechet",
        frechet(squared, lambda a, b: np.sqrt(np.diag(a) * np.diag(b)).sum()),
        test_distribution.test_frechet_oracles,
    ),
    "Fréchet distance with a gap that is not squared": (
        "_frechet",
        frechet(np.linalg.norm, general_root),
        test_distribution.test_frechet_oracles,
    ),
    "Fréchet distance, its root": (
        "_frechet",
        lambda *moments: np.sqrt(RIGHT["_frechet"](*moments)),
        test_distribution.test_frechet_oracles,
    ),
    "Fréchet distance with covariances over n": (
        "_covariance",
        lambda x: np.cov(x, rowvar=False, ddof=0),
        test_distribution.test_frechet_oracles,
    ),
    "Fréchet distance by a general matrix root, with n below d": (
        "_frechet",
        frechet(squared, general_root),
        test_distribution.test_frechet_of_singular_covariances_by_their_rows,
    ),
    "kernel distance with own pairs": (
        "_mmd",
        mmd_with_own_pairs,
        test_distribution.test_kernel_distance_is_unbiased,
    ),
    "kernel distance with own pairs, by hand": (
        "_mmd",
        mmd_with_own_pairs,
        test_distribution.test_kernel_distance_by_explicit_loops,
    ),
    "kernel distance without the division by d": (
        "kernel_distance",
        lambda x, y, *rest, **options: RIGHT["kernel_distance"](
            *(np.sqrt(np.shape(v)[1]) * v for v in (x, y)), *rest, **options
        ),
        test_distribution.test_kernel_distance_by_explicit_loops,
    ),
    "kernel distance cut off at 0": (
        "kernel_distance",
        lambda *arguments: (max(0.0, RIGHT["kernel_distance"](*arguments)[0]), 0.0),
        test_distribution.test_kernel_distance_is_unbiased,
    ),
    "kernel distance with zeros for subsets never drawn": (
        "kernel_distance",
        subsets_with_trailing_zeros,
        test_distribution.test_subsets_have_no_trailing_zeros,
    ),
    "balls that count their own centre as a neighbour": (
        "radii",
        lambda x, k: RIGHT["radii"](x, k - 1),
        example(test_distribution.test_neighbour_metrics_by_explicit_loops, 0, 3),
    ),
    "balls without their surface": (
        "radii",
        lambda x, k: np.nextafter(exact_radii(x, k), -1),
        test_distribution.test_collapsed_samples_lie_in_balls_of_radius_0,
    ),
    "radii that are not squared": (
        "radii",
        lambda x, k: np.sqrt(exact_radii(x, k)),
        example(test_distribution.test_neighbour_metrics_by_explicit_loops, 0, 3),
    ),
    "precision for recall": (
        "precision_recall",
        lambda real, fake, k=3: RIGHT["precision_recall"](real, fake, k)[::-1],
        test_distribution.test_narrow_generator_is_precise_and_forgets,
    ),
    "density not over k": (
        "density_coverage",
        lambda real, fake, k=5: RIGHT["density_coverage"](real, fake, k) * np.array([k, 1]),
        test_distribution.test_density_and_coverage_of_equal_distributions,
    ),
    "coverage by the balls of the fakes": (
        "density_coverage",
        lambda real, fake, k=5: RIGHT["density_coverage"](fake, real, k),
        example(test_distribution.test_neighbour_metrics_by_explicit_loops, 0, 3),
    ),
    "precision for coverage": (
        "density_coverage",
        lambda real, fake, k=5: (
            RIGHT["density_coverage"](real, fake, k)[0],
            RIGHT["precision_recall"](real, fake, k)[0],
        ),
        example(test_distribution.test_neighbour_metrics_by_explicit_loops, 0, 3),
    ),
    "memorisation of the held-out images": (
        "memorisation",
        lambda fake, train, test: RIGHT["memorisation"](fake, test, train),
        test_diversity.test_memorisation,
    ),
    "memorisation turned round": (
        "memorisation",
        lambda fake, train, test: 1 - RIGHT["memorisation"](fake, train, test),
        test_diversity.test_memorisation,
    ),
    "memorisation that takes ties for copies": (
        "chance_nearer",
        lambda near, usual: (np.asarray(near)[:, None] <= usual).mean(),
        test_diversity.test_memorisation,
    ),
    "memorisation of images that are their own neighbours": (
        "nearest",
        lambda x, y: np.sqrt(np.sort(((x[:, None] - np.concatenate([y, x])) ** 2).sum(2), 1)[:, 0]),
        lambda: test_diversity.test_nearest_distances_far_from_the_origin_by_explicit_loops(0),
    ),
    "memorised share of a third of the squared distance": (
        "memorised_share",
        lambda fake, train, ratio=1 / 3: RIGHT["memorised_share"](fake, train, ratio**0.5),
        test_diversity.test_memorised_share_by_explicit_loops,
    ),
    "memorised share that takes a second copy for the next neighbour": (
        "two_nearest",
        lambda x, y: np.sort(((x[:, None] - y) ** 2).sum(2), 1)[:, :2],
        lambda: test_diversity.test_memorised_share_of_copies_and_of_new_samples(0),
    ),
    "interval of outcomes taken for independent": (
        "share_interval",
        lambda share, n, error=None, level=0.95: RIGHT["share_interval"](share, n, None, level),
        lambda: test_intervals.test_it_holds_the_truth_as_often_as_it_says(0.5),
    ),
    "fooling rate of whoever saw the photograph": (
        "fooling_rate",
        lambda fooled, rater: RIGHT["fooling_rate"](~np.asarray(fooled, bool), rater),
        test_human.test_one_answer_each_is_binomial,
    ),
    "fooling rate of answers taken for independent": (
        "fooling_rate",
        pooled,
        lambda: test_human.test_interval_covers_the_rate_although_raters_differ(8, 40, 0.4, 0.1),
    ),
    "fooling rate that is sure where all agree": (
        "fooling_rate",
        pooled_where_all_agree,
        test_human.test_no_one_fooled_does_not_make_sure,
    ),
    "error from halves as they scatter, between equal sets": (
        "half_sample_error",
        scatter_of_halves,
        lambda: test_uncertainty.test_error_of_a_distance_between_equal_distributions(
            test_uncertainty.frechet, 250
        ),
    ),
    "error from halves as they scatter, of an odd number": (
        "half_sample_error",
        scatter_of_halves,
        lambda: test_uncertainty.test_error_of_a_mean_of_few_or_of_an_odd_number(5),
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::scipy.linalg.LinAlgWarning")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(mistake, monkeypatch):
    name, wrong, notices = MISTAKES[mistake]
    notices()  # as the library is
    for module in EVERY:
        if hasattr(module, name):
            monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError):
        notices()
