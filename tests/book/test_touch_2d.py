"""The interactive pages in the plane: their numbers against Python's, and their use by keys.

Each page keeps its mathematics in ``NAME-math.js``. What its functions give in headless Chromium is
compared with the library, or with an integral or an enumeration that is exact.
"""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import integrate
from scipy.spatial.distance import cdist
from scipy.special import expit
from scipy.stats import norm

from prodimg_lib import metrics
from tests.accessibility import findings
from tests.browser import BROWSER
from tests.devtools import Browser

FOLDER = Path(__file__).parents[2] / "book" / "_static" / "touch"
NAMES = ("gan-game", "elbo-sliders", "frechet-clouds", "flow-steps", "dirac-gan")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def of(browser):
    """``of(name, expression, **given)``: what JavaScript makes of it on that page."""
    opened = {}

    def value(name, expression, **given):
        if opened.get("name") != name or opened["tab"] is not browser._tab:
            opened.update(name=name, tab=browser.open(address(name)))
        names = "".join(f"const {key} = {json.dumps(v)};" for key, v in given.items())
        return opened["tab"].run(f"{names} return {expression};")

    return value


def address(name, theme="light"):
    return (FOLDER / f"{name}.html").as_uri() + f"?theme={theme}"


# The GAN game


GAME = """(() => {
  const random = Touch.random(3);
  const [g, d] = [GanGame.network([3, 5, 4, 2], random), GanGame.network([2, 5, 4, 1], random)];
  for (const net of [g, d]) {
    for (const layer of net) layer.values.forEach((v, k) => { layer.values[k] = v + 0.1; });
  }
  const real = GanGame.normals(12, random), z = GanGame.normals(15, random);
  return { g, d, real, z, fake: GanGame.output(g, z) };
})()"""

FINITE_DIFFERENCES = """((net, f, h = 1e-5) => {
  const { gradients } = f();
  let worst = 0;
  net.forEach(({ values }, i) => values.forEach((v, k) => {
    values[k] = v + h; const above = f().loss;
    values[k] = v - h; const below = f().loss;
    values[k] = v;
    worst = Math.max(worst, Math.abs((above - below) / (2 * h) - gradients[i][k]));
  }));
  return worst;
})"""


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_gradient_of_the_discriminator_is_that_of_finite_differences(of, gamma):
    worst = of(
        "gan-game",
        f"""(({{ d, real, fake }}) => {FINITE_DIFFERENCES}(
          d, () => GanGame.discriminatorGradient(d, real, fake, gamma)))({GAME})""",
        gamma=gamma,
    )
    assert worst < 1e-8  # h^2 and rounding / h are both about 1e-10


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
def test_gradient_of_the_generator_is_that_of_finite_differences(of, loss):
    worst = of(
        "gan-game",
        f"""(({{ g, d, z }}) => {FINITE_DIFFERENCES}(
          g, () => GanGame.generatorGradient(g, d, z, loss)))({GAME})""",
        loss=loss,
    )
    assert worst < 1e-8


def test_losses_of_the_game_are_the_library_s(of):
    import tensorflow as tf

    from prodimg_lib import losses

    game = of(
        "gan-game",
        f"""(({{ g, d, real, fake, z }}) => ({{
          layers: d.map(({{ inputs, values }}) => [inputs, [...values]]),
          real: [...real], fake: [...fake],
          d: GanGame.discriminatorGradient(d, real, fake, 0).loss,
          r1: 2 * (GanGame.discriminatorGradient(d, real, fake, 1).loss
            - GanGame.discriminatorGradient(d, real, fake, 0).loss),
          g: ["minimax", "non-saturating"].map((name) =>
            GanGame.generatorGradient(g, d, z, name).loss) }}))({GAME})""",
    )

    def critic(x):
        for i, (inputs, values) in enumerate(game["layers"]):
            outputs = len(values) // (inputs + 1)
            matrix = np.reshape(values[: inputs * outputs], (outputs, inputs))
            x = x @ tf.constant(matrix.T, x.dtype) + tf.constant(
                values[inputs * outputs :], x.dtype
            )
            x = tf.tanh(x) if i < len(game["layers"]) - 1 else x
        return x

    real, fake = (tf.constant(np.reshape(game[k], (-1, 2))) for k in ("real", "fake"))
    ours = [losses.minimax(critic(real), critic(fake))[1]]
    d_loss, g_loss = losses.non_saturating(critic(real), critic(fake))
    assert np.allclose(game["g"], [*ours, g_loss], rtol=1e-9)
    assert np.isclose(game["d"], d_loss, rtol=1e-9)
    assert np.isclose(game["r1"], losses.r1_penalty(critic, real), rtol=1e-6)


def test_the_discriminator_finds_its_optimum_where_the_densities_are_known(of):
    """Three places, p and q of them in eighths: D* = p / (p + q), its loss 2 log 2 - 2 JSD."""
    p, q = np.array([4, 2, 2]) / 8, np.array([1, 2, 5]) / 8
    places = [[-1.0, 0.0], [0.5, 1.0], [1.0, -1.0]]
    logits, loss = of(
        "gan-game",
        """(() => {
          const points = (counts) => Float64Array.from(
            counts.flatMap((count, k) => Array(count).fill(places[k])).flat());
          const d = GanGame.network([2, 8, 8, 1], Touch.random(0)), state = GanGame.adam(d);
          const gradient = () =>
            GanGame.discriminatorGradient(d, points([4, 2, 2]), points([1, 2, 5]), 0);
          for (let i = 0; i < 1500; i += 1) {
            GanGame.descend(d, state, gradient().gradients, 0.02 / (1 + i / 100), 0.9);
          }
          return [[...GanGame.output(d, Float64Array.from(places.flat()))], gradient().loss];
        })()""",
        places=places,
    )
    assert np.allclose(expit(logits), p / (p + q), atol=1e-3)
    m = (p + q) / 2
    jsd = 0.5 * np.sum(p * np.log(p / m) + q * np.log(q / m))
    assert np.isclose(loss, 2 * np.log(2) - 2 * jsd, atol=1e-5)


def test_a_game_is_a_function_of_its_seed(of):
    play = """[0, 0, 1].map((seed) => {
      const game = GanGame.start("ring", seed, Touch.random);
      const settings = { loss: "minimax", gamma: 0.1, dSteps: 2, rate: 1e-3, beta1: 0.5 };
      for (let i = 0; i < 5; i += 1) GanGame.move(game, settings);
      return JSON.stringify([game.g, game.d, game.ofG, game.ofD].map((part) =>
        JSON.stringify(part))) + [...GanGame.watched(game)];
    })"""
    first, again, other = of("gan-game", play)
    assert first == again != other


@pytest.mark.parametrize(("data", "good"), [("ring", 1 - math.exp(-4.5)), ("moons", 0.9973)])
def test_real_points_cover_all_parts_of_the_data(of, data, good):
    """Within 3 sigma of a centre (two dimensions) or of a line (one): within 4 standard errors."""
    n = 20_000
    found = of(
        "gan-game",
        "GanGame.covered(data, GanGame.realPoints(data, n, Touch.random(0)))",
        data=data,
        n=n,
    )
    assert found["modes"] == 8
    assert abs(found["good"] - good) < 4 * math.sqrt(good * (1 - good) / n)


def test_points_of_one_cloud_cover_one_mode(of):
    near = "GanGame.covered('ring', Float64Array.from([2, 0, 2.05, 0, 0, 0, 2, 0.29, 2, 0.31]))"
    assert of("gan-game", near) == {"modes": 1, "good": 3 / 5}


def test_momentum_loses_the_clouds(of):
    """What the page's answer says, in the first 500 steps of its first seed, with room."""
    usual, thrown = of(
        "gan-game",
        """[0, 0.9].map((beta1) => {
          const game = GanGame.start("ring", 0, Touch.random);
          const settings = { loss: "non-saturating", gamma: 0, dSteps: 1, rate: 4e-3, beta1 };
          let most = 0;
          for (let i = 1; i <= 500; i += 1) {
            GanGame.move(game, settings);
            if (i % 10) continue;
            most = Math.max(most, GanGame.covered("ring", GanGame.watched(game)).modes);
          }
          return most;
        })""",
    )
    assert usual >= 7
    assert thrown <= 4


# The bound


def test_terms_of_the_bound_are_the_library_s(of):
    import tensorflow as tf

    from prodimg_lib import elbo

    grid = list(
        itertools.product((-1, 1.5), (-0.5, 0.75, 2), (-3, -0.69, 1), (0.3, 1, 2), (0, 1, 4))
    )
    settings = [
        dict(zip(("x", "mean", "logVar", "sigma", "beta"), row, strict=True)) for row in grid
    ]
    terms = of("elbo-sliders", "settings.map(ElboToy.terms)", settings=settings)
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)  # exact for what is quadratic in z
    for (x, mean, log_var, sigma, beta), found in zip(grid, terms, strict=True):
        kl = elbo.kl_standard_normal(*tf.constant([[[mean]], [[log_var]]], tf.float64))[0]
        z = mean + np.exp(log_var / 2) * nodes
        params = tf.constant(z[:, None]), tf.constant(math.log(sigma), tf.float64)
        cost = elbo.reconstruction(tf.fill((5, 1), tf.constant(x, tf.float64)), params, "sigma")
        rec = -float(np.sum(weights * cost.numpy()) / weights.sum())
        log_p = norm.logpdf(x, 0, math.sqrt(1 + sigma**2))
        wanted = {"reconstruction": rec, "kl": float(kl), "elbo": rec - kl, "logP": log_p}
        wanted |= {"objective": rec - beta * kl, "gap": log_p - (rec - kl)}
        for name, value in wanted.items():
            assert np.isclose(found[name], value, rtol=1e-9, atol=1e-9), (name, x, mean, log_var)


@pytest.mark.parametrize("beta", [0.25, 1.0, 3.0])
def test_the_best_guess_is_where_no_step_gains(of, beta):
    best = of("elbo-sliders", "ElboToy.best(1.5, 0.8, beta)", beta=beta)
    at = {"x": 1.5, "sigma": 0.8, "beta": beta}
    at |= {"mean": best["mean"], "logVar": math.log(best["variance"])}
    steps = [at] + [{**at, key: at[key] + h} for key in ("mean", "logVar") for h in (1e-4, -1e-4)]
    top, *others = of("elbo-sliders", "steps.map((s) => ElboToy.terms(s).objective)", steps=steps)
    assert max(others) < top
    for above, below in (others[:2], others[2:]):
        assert abs(above - below) / 2e-4 < 1e-8  # the slope, by central differences


def test_a_sharper_decoder_and_a_larger_beta(of):
    """What the page's answer says."""
    sharp, back = of("elbo-sliders", "[ElboToy.posterior(1.5, 0.5), ElboToy.best(1.5, 0.5, 4)]")
    assert np.allclose([sharp["mean"], sharp["variance"]], [1.2, 0.2])
    assert np.allclose([back["mean"], back["variance"]], [0.75, 0.5])


# The clouds


def random_clouds(n=120):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) @ [[0.4, 1.1], [-0.7, 0.2]] + [
        1.5,
        -0.3,
    ]


def test_distances_of_points_are_the_library_s(of):
    x, y = random_clouds()
    for a, b in ((x, y), (y, x), (x, x[:50]), (x, x)):
        fd, kernel = of(
            "frechet-clouds",
            "[Clouds.frechet(Clouds.moments(x), Clouds.moments(y)), Clouds.kernelDistance(x, y)]",
            x=a.tolist(),
            y=b.tolist(),
        )
        gap = a.mean(0) - b.mean(0)
        assert np.isclose(fd["mean"], gap @ gap, atol=1e-12)
        assert np.isclose(fd["total"], metrics.frechet_distance(a, b), atol=1e-9)
        wanted = metrics.distribution.whole_kernel_distance(a, b)
        assert np.isclose(kernel, wanted, rtol=1e-9, atol=1e-9)


def exact_nodes(shape, matrix, shift):
    """Points and weights with the moments of a placed cloud, up to the third and beyond."""
    t, w = np.polynomial.hermite_e.hermegauss(4)
    u = np.array(list(itertools.product(t, t)))
    weight = np.outer(w, w).ravel() / w.sum() ** 2
    if shape == "ring":
        angle = np.arange(8) * np.pi / 4
        u, weight = np.sqrt(2) * np.c_[np.cos(angle), np.sin(angle)], np.full(8, 1 / 8)
    if shape == "triangle":
        angle = np.deg2rad([90, 210, 330])
        lumps = np.sqrt(2 * (1 - 0.3**2)) * np.c_[np.cos(angle), np.sin(angle)]
        u = np.concatenate([lump + 0.3 * u for lump in lumps])
        weight = np.tile(weight / 3, 3)
    return u @ np.transpose(matrix) + shift, weight


@pytest.mark.parametrize("shape", ["normal", "triangle", "ring"])
def test_true_distances_are_those_of_an_exact_enumeration(of, shape):
    place = {"right": 0.7, "up": -1.2, "turn": 25, "wide": 1.4, "high": 0.6}
    found = of(
        "frechet-clouds",
        """(() => {
          const home = Clouds.placed({ right: 0, up: 0, turn: 0, wide: 1, high: 1 });
          const there = Clouds.placed(place);
          return { there, kernel: Clouds.trueKernelDistance("normal", home, shape, there),
            fd: Clouds.frechet(Clouds.trueMoments(home), Clouds.trueMoments(there)).total };
        })()""",
        place=place,
        shape=shape,
    )
    matrix = np.array(found["there"]["matrix"])
    x, a = exact_nodes("normal", np.eye(2), np.zeros(2))
    y, b = exact_nodes(shape, matrix, np.array(found["there"]["shift"]))

    def kernel(u, v):
        return (u @ v.T / 2 + 1) ** 3

    wanted = a @ kernel(x, x) @ a + b @ kernel(y, y) @ b - 2 * a @ kernel(x, y) @ b
    assert np.isclose(found["kernel"], wanted, rtol=1e-9)
    means, covs = [a @ x, b @ y], [np.cov(v.T, aweights=w, ddof=0) for v, w in ((x, a), (y, b))]
    fd = metrics.frechet_from_moments(means[0], covs[0], means[1], covs[1])
    assert np.isclose(found["fd"], fd, rtol=1e-9)


def test_what_each_distance_is_blind_to(of):
    """Equal means and covariances; the triangle's third moments differ, the ring's do not."""
    fd, triangle, ring = of(
        "frechet-clouds",
        """(() => {
          const home = Clouds.placed({ right: 0, up: 0, turn: 0, wide: 1, high: 1 });
          const moments = Clouds.trueMoments(home);
          return [Clouds.frechet(moments, moments).total, ...["triangle", "ring"].map((shape) =>
            Clouds.trueKernelDistance("normal", home, shape, home))];
        })()""",
    )
    assert abs(fd) < 1e-12
    assert triangle > 0.1
    assert abs(ring) < 1e-12


def test_estimates_are_biased_by_what_the_library_says(of):
    n, times = 100, 400
    found = of(
        "frechet-clouds",
        """Clouds.estimates(times, n, "normal",
          Clouds.placed({ right: 0, up: 0, turn: 0, wide: 1, high: 1 }), Touch.random(0))""",
        n=n,
        times=times,
    )
    error = np.std(found) / math.sqrt(times)
    assert abs(np.mean(found) - metrics.frechet_bias(n, 2)) < 4 * error


# The flow


HEAPS, WIDTH = [[-1, -1], [-1, 1], [1, -1], [1, 1]], 0.15


def posterior_mean(x, t, centres=HEAPS, width=WIDTH):
    """E[x0 | x_t] of the mixture, by Bayes' rule heap by heap, float64 [n, 2]."""
    import tensorflow as tf

    s, centres = 1 - t, tf.constant(centres, tf.float64)
    variance = (s * width) ** 2 + t**2
    off = x[:, None] - s * centres
    likely = tf.nn.softmax(-tf.reduce_sum(off**2, -1) / (2 * variance), axis=1)
    inside = centres + s * width**2 / variance * off
    return tf.reduce_sum(likely[..., None] * inside, axis=1)


def library_velocity(x, t, centres=HEAPS):
    from prodimg_lib import diffusion

    x0 = posterior_mean(x, t, centres)
    return diffusion.velocity(x0, (x - (1 - t) * x0) / t, t)


def test_velocity_and_samplers_are_the_library_s(of):
    import tensorflow as tf

    from prodimg_lib import diffusion

    start = np.random.default_rng(2).normal(size=(40, 2))
    for t in (1.0, 0.6, 0.05):
        found = of(
            "flow-steps",
            f"start.map((p) => FlowToy.velocity(heaps, {WIDTH}, p, {t}))",
            start=start.tolist(),
            heaps=HEAPS,
        )
        assert np.allclose(found, library_velocity(tf.constant(start), t), rtol=1e-9, atol=1e-9)

    def guided(x, t):
        return diffusion.guided(library_velocity(x, t, HEAPS[3:]), library_velocity(x, t), 3.0)

    for name, method in (("euler", diffusion.euler), ("heun", diffusion.heun)):
        for chosen, scale, field in (([0, 1, 2, 3], 1, library_velocity), ([3], 3, guided)):
            found = of(
                "flow-steps",
                f"""start.map((p) => FlowToy.path(method,
                  FlowToy.field(heaps, {WIDTH}, chosen, scale), p, 8).at(-1))""",
                **{"start": start.tolist(), "heaps": HEAPS, "method": name},
                **{"chosen": chosen, "scale": scale},
            )
            end = method(field, start, diffusion.times(8))
            assert np.allclose(found, end, rtol=1e-8, atol=1e-8), (name, chosen)


def test_the_posterior_mean_is_the_integral(of):
    """Along one axis, where two heaps leave an integral of one dimension."""
    t, x, width, centres = 0.4, 0.3, 0.2, (-1.0, 0.5)

    def weight(x0):
        prior = sum(norm.pdf(x0, c, width) for c in centres)
        return prior * norm.pdf(x, (1 - t) * x0, t)

    top, _ = integrate.quad(lambda x0: x0 * weight(x0), -3, 3, points=centres)
    total, _ = integrate.quad(weight, -3, 3, points=centres)
    found = of("flow-steps", "FlowToy.guess([[-1, 0], [0.5, 0]], 0.2, [0.3, 0], 0.4)")
    assert np.allclose(found, [top / total, 0], atol=1e-7)


def test_orders_of_error_of_euler_and_heun(of):
    """Halving the step halves Euler's error and quarters Heun's."""
    ratios = of(
        "flow-steps",
        f"""(() => {{
          const field = FlowToy.field(heaps, {WIDTH}, [0, 1, 2, 3], 1);
          const starts = FlowToy.noise(60, Touch.random(4));
          const ends = (method, steps) =>
            starts.map((p) => FlowToy.path(method, field, p, steps).at(-1));
          const exact = ends("heun", 1024);
          const error = (method, steps) => ends(method, steps).reduce((sum, p, i) =>
            sum + Math.hypot(p[0] - exact[i][0], p[1] - exact[i][1]), 0);
          return ["euler", "heun"].map((m) => error(m, 64) / error(m, 128));
        }})()""",
        heaps=HEAPS,
    )
    assert np.allclose(ratios, [2, 4], rtol=0.1)


def test_energy_distance_is_unbiased_and_that_of_scipy_s_distances(of):
    x, y = random_clouds(50)
    found = of("flow-steps", "FlowToy.energyDistance(x, y)", x=x.tolist(), y=y[:30].tolist())
    within = [cdist(v, v).sum() / (len(v) * (len(v) - 1)) for v in (x, y[:30])]
    assert np.isclose(found, 2 * cdist(x, y[:30]).mean() - sum(within), rtol=1e-12)


def test_what_guidance_does_to_a_class(of):
    """What the page's answer says: closer together, beyond the centre, and at 8 out of the heap."""
    found = of(
        "flow-steps",
        f"""[1, 4, 8].map((scale) => {{
          const field = FlowToy.field(heaps, {WIDTH}, [3], scale);
          const starts = FlowToy.noise(160, Touch.random(1));
          const ends = starts.map((p) => FlowToy.path("euler", field, p, 32).at(-1));
          return [FlowToy.spread(ends), ends.reduce((sum, p) => sum + p[0] + p[1], 0) / 320,
            ends.filter((p) => Math.hypot(p[0] - 1, p[1] - 1) > {3 * WIDTH}).length / 160];
        }})""",
        heaps=HEAPS,
    )
    (usual, centre, _), (narrow, beyond, _), (_, _, out) = found
    real = WIDTH * math.sqrt(math.pi)  # mean distance of two draws of N(0, WIDTH^2 I)
    assert 0.8 * real < usual < 1.05 * real
    assert 0.45 * real < narrow < 0.6 * real
    assert np.allclose([centre, beyond], [1, 1.2], atol=0.03)
    assert out > 0.5


# One number each


def test_the_smallest_game_is_the_chapter_s(of):
    def chapter(h, gamma, alternate, momentum, steps=40):
        psi, theta, v_psi, v_theta = 0.0, 1.0, 0.0, 0.0
        for _ in range(steps):
            v_psi = momentum * v_psi - h * (theta * expit(psi * theta) + gamma * psi)
            seen = psi + v_psi if alternate else psi
            psi += v_psi
            v_theta = momentum * v_theta + h * seen * expit(seen * theta)
            theta += v_theta
        return psi, theta, v_psi, v_theta

    def modulus(h, gamma, alternate, momentum):
        columns = []
        for psi, theta, v_psi, v_theta in np.eye(4):
            v_psi = momentum * v_psi - h * (theta / 2 + gamma * psi)
            new_psi = psi + v_psi
            v_theta = momentum * v_theta + h * (new_psi if alternate else psi) / 2
            columns.append((new_psi, theta + v_theta, v_psi, v_theta))
        return np.abs(np.linalg.eigvals(np.array(columns).T)).max()

    for case in itertools.product((0.1, 0.4), (0.0, 0.15, 0.6), (False, True), (-0.3, 0.0, 0.5)):
        settings = dict(zip(("h", "gamma", "alternate", "momentum"), case, strict=True))
        end, radius = of(
            "dirac-gan",
            "[DiracGan.path([0, 1], 40, settings).at(-1), DiracGan.radius(settings)]",
            settings=settings,
        )
        assert np.allclose(end, chapter(**settings), rtol=1e-9, atol=1e-12)
        assert np.isclose(radius, modulus(**settings), atol=1e-7)  # double roots: sqrt(rounding)


# The pages


STATUS = "return document.querySelector('[role=status]').textContent;"


def press(tab, selector, key, times=1):
    """The status line after a key on a control."""
    tab.run(f"document.querySelector({json.dumps(selector)}).focus({{ focusVisible: true }})")
    tab.key(key, times)
    return tab.run(STATUS)


def test_the_game_plays_by_keys(browser):
    tab = browser.open(address("gan-game"))
    assert press(tab, "#buttons button", "Enter", 3).startswith("Step 3:")
    press(tab, "#buttons button:nth-of-type(4)", "Enter")
    assert "Step 0" in tab.run(STATUS)
    assert tab.errors == []


def test_the_bound_closes_and_opens_by_keys(browser):
    tab = browser.open(address("elbo-sliders"))
    assert "0.716 nats below" in tab.run(STATUS)
    assert "touches log p(x) = −1.828" in press(tab, "#buttons button", "Enter")
    assert "touches" not in press(tab, "#controls input", "ArrowRight", 20)
    assert "touches" in press(tab, "#buttons button:nth-of-type(2)", "Enter")  # beta is 1
    assert tab.errors == []


def test_the_cloud_moves_by_keys_by_mouse_and_by_finger(browser):
    tab = browser.open(address("frechet-clouds"), width=390, touch=True)
    right = "return Number(document.querySelectorAll('#controls input[type=range]')[1].value);"
    press(tab, ".handle", "ArrowRight", 3)
    assert tab.run(right) == pytest.approx(0.3)
    box = """document.querySelector('.handle').scrollIntoView({ block: "center" });
      const { x, y } = document.querySelector('.handle').getBoundingClientRect();
      return [x + 22, y + 22];"""
    x, y = tab.run(box)
    mouse = {"button": "left", "clickCount": 1}
    tab.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **mouse)
    tab.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + 60, y=y, buttons=1, **mouse)
    tab.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + 60, y=y, **mouse)
    by_mouse = tab.run(right)
    assert by_mouse > 1
    x, y = tab.run(box)
    tab.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    tab.send("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x - 80, "y": y}])
    tab.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert tab.run(right) < by_mouse - 1
    assert tab.errors == []


def test_a_class_is_chosen_and_steps_are_taken_by_keys(browser):
    tab = browser.open(address("flow-steps"))
    assert "Euler, 4 steps, 4 passes" in tab.run(STATUS)
    assert "Euler, 6 steps, 6 passes" in press(tab, "#controls input[type=range]", "ArrowRight")
    assert "Heun, 6 steps, 11 passes" in press(tab, "input[value=heun]", " ")
    guidance = "return document.querySelectorAll('#controls input[type=range]')[1].disabled;"
    assert tab.run(guidance)
    press(tab, "input[value=one]", " ")
    assert not tab.run(guidance)
    assert tab.errors == []


def test_a_little_friction_turns_the_smallest_game_inwards(browser):
    tab = browser.open(address("dirac-gan"))
    assert "|λ| = 1.0198: near the equilibrium it spirals out" in tab.run(STATUS)
    assert "it circles" in press(tab, "#controls input", "ArrowRight", 10)  # gamma = 0.1 = h / 4
    assert "it spirals in" in press(tab, "#controls input", "ArrowRight")
    assert tab.errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_fit_for_all(browser, name):
    """axe, a phone's width, targets, focus, the question first, no other host, and a still."""
    tab = browser.open(address(name), width=360, touch=True)
    assert findings(tab) == {"light": [], "dark": []}
    assert tab.run("return document.documentElement.scrollWidth") <= 360
    small, unseen = tab.run(
        """const all = (kinds) => [...document.querySelectorAll(kinds)];
        const targets = all("button, .choices span, summary, input[type=range]");
        const small = targets.filter((part) => part.getBoundingClientRect().height < 44)
          .map((part) => part.outerHTML.slice(0, 80));
        const unseen = all("button, summary, input:not(:disabled)").filter((part) => {
          part.focus({ focusVisible: true });
          const shown = part.type === "radio" ? part.nextElementSibling : part;
          const style = getComputedStyle(shown);
          return style.outlineStyle !== "solid" || parseFloat(style.outlineWidth) < 2;
        }).map((part) => part.outerHTML.slice(0, 80));
        return [small, unseen];"""
    )
    assert (small, unseen) == ([], [])
    first = "return document.querySelector('button, input, summary').closest('#question') !== null;"
    assert tab.run(first)
    noted = press(tab, "#question input", " ")
    assert noted.startswith("You expect")
    assert all(url.startswith("file:") for url in tab.requests)
    assert tab.errors == []
    still = FOLDER / f"{name}.png"
    assert still.stat().st_size < 60_000
    assert Image.open(still).width == 720
