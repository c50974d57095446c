"""The tables of ``README.md``, made from ``results``: the two cannot drift apart (a test compares).

python -m benchmarks.tables
"""

from benchmarks.record import RESULTS, stored

FASHION_MNIST = 60_000  # training images

NAMES = {
    "keras-wgan-gp": "Keras WGAN-GP",
    "keras-dcgan": "Keras DCGAN",
    "tensorflow-dcgan": "TensorFlow tutorial DCGAN",
    "keras-conditional-gan": "Keras conditional GAN",
    "plain-dcgan": "plain DCGAN, 32 channels",
    "keras-vae": "Keras VAE",
    "keras-vae-32-latents": "Keras VAE, 32 latents",
    "generative-deep-learning-vae": "*Generative Deep Learning* VAE",
    "generative-deep-learning-vae-32-latents": "*Generative Deep Learning* VAE, 32 latents",
    "keras-small-data-gan": "Keras small-data GAN",
    "keras-ddim": "Keras DDIM",
    "keras-ddim-latest-weights": "Keras DDIM, weights not averaged",
    "ours": "**ours, the default**",
    "ours-without-labels": "**ours without labels**",
    "ours-without-pseudo-classes": "ours without labels and pseudo-classes",
    "ours-gan": "**ours, GAN**",
    "ours-gan-without-labels": "**ours, GAN without labels**",
    "ours-vae": "**ours, VAE**",
    "ours-flow": "**ours, flow**",
    "ours-latent-flow": "**ours, latent flow**",
}
_ASKED = ("keras-conditional-gan", "ours", "ours-gan", "ours-vae")  # for a class


def cell(values, digits=0):
    """Mean, and in brackets the range over the seeds; a dash where there is no value."""
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    shown = f"{sum(values) / len(values):.{digits}f}"
    if len(values) == 1:
        return shown
    return f"{shown} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(head, rows):
    """A Markdown table, as lines."""
    line = "| " + " | ".join(head) + " |"
    return [line, "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)]


def epochs(run, mark):
    """How often each image of Fashion-MNIST was seen by a mark."""
    if "epochs" in run:
        return run["epochs"].get(mark)
    return run["images_per_second"] * int(mark) / FASHION_MNIST  # of the whole run, so about


def gan(figures):
    """Two tables of FD-product by mark: designs without labels, and those with."""
    runs, own = figures["runs"], figures["own_epochs"]
    marks = sorted({mark for found in runs.values() for run in found for mark in run["scores"]})
    marks.sort(key=int)
    head = ["Design", "images/s", f"epochs by {marks[-1]} s", *(f"{mark} s" for mark in marks)]

    def row(name):
        found = runs[name]
        seen = cell([epochs(run, marks[-1]) for run in found[:1]], 1)
        share = f"{seen} of {own[name]}" if own.get(name) else seen
        scores = [[r["scores"][m]["fd"] for r in found if m in r["scores"]] for m in marks]
        speed = f"{sum(run['images_per_second'] for run in found) / len(found):,.0f}"
        return [NAMES[name], speed, share, *(cell(v, 0 if v[0] >= 100 else 1) for v in scores)]

    without = [name for name in runs if name not in _ASKED]
    return [table(head, [row(name) for name in runs if name in part]) for part in (without, _ASKED)]


def vae(figures):
    """A table with both priors, the reconstructions and the bound, by design and mark."""
    head = ["", "epochs", "N(0, I)", "fitted prior", "reconstructions", "PSNR, dB", "bound, nats"]
    rows = []
    for name, found in figures["runs"].items():
        for mark in found[0]["scores"]:
            scores = [run["scores"][mark] for run in found if mark in run["scores"]]
            seen = cell([epochs(found[0], mark)], 1)
            own = figures["own_epochs"].get(name)
            rows.append(
                [
                    f"{NAMES[name]}, {mark} s",
                    f"{seen} of {own}" if own else seen,
                    *(cell([s[key] for s in scores]) for key in _DISTANCES),
                    cell([s["psnr"] for s in scores], 1),
                    cell([s["nats"] for s in scores]),
                ]
            )
    return [table(head, rows)]


_DISTANCES = ("fd_standard", "fd_fitted", "fd_rebuilt")


def photographs(figures, judge="efficientnet-lite0"):
    """A table for each budget: the kernel distance and what stands beside it."""
    floor = figures["floor"][judge]
    minutes = sorted({m for row in figures["runs"].values() for m in row}, key=float)
    head = ["{} minutes", "epochs", "kernel distance × 1000", "precision", "recall", "coverage"]
    head += ["copies", "classes met"]
    keys = ("precision", "recall", "coverage", "memorisation", "class_agreement")
    last = ["real photographs", "", f"{1000 * floor['kernel_distance']:.1f}"]
    last += [f"{floor[key]:.2f}" for key in keys]
    tables = []
    for mark in minutes:
        rows = []
        for name, row in figures["runs"].items():
            found = row.get(mark, [])
            if found:
                values = {key: [r[judge].get(key, [None])[0] for r in found] for key in keys}
                kernel = [run[judge]["kernel_distance"] for run in found]
                error = 2000 * sum(error for _, error in kernel) / len(kernel)
                distance = f"{cell([1000 * value for value, _ in kernel])} ± {error:.0f}"
                seen = cell([sum(run["epochs"] for run in found) / len(found)], 1)
                cells = (cell(values[key], 2) for key in keys)
                rows.append([NAMES.get(name, name), seen, distance, *cells])
        tables.append(table([head[0].format(mark), *head[1:]], [*rows, last]))
    return tables


def families(figures):
    """A table for each budget: both judges and the time that an image takes."""
    classifier, general = figures["floor"]
    floor = figures["floor"]
    minutes = sorted({m for row in figures["runs"].values() for m in row}, key=float)
    head = ["{} minutes", "epochs", "FD-product", "kernel distance × 1000", "precision", "recall"]
    head += ["classes met", "ms an image"]
    keys = ("precision", "recall", "class_agreement")
    last = ["real photographs", "", f"{floor[classifier]['fd_product']:.1f}"]
    last += [f"{1000 * floor[general]['kernel_distance']:.1f}"]
    last += [*(f"{floor[classifier][key]:.2f}" for key in keys), ""]
    tables = []
    for mark in minutes:
        rows = []
        for name, row in figures["runs"].items():
            if not (found := row.get(mark)):
                continue
            own = [run[classifier] for run in found]
            values = {key: [r.get(key, [None])[0] for r in own] for key in keys}
            kernel = [1000 * run[general]["kernel_distance"][0] for run in found]
            # Seeds that were given steps may have run beside other work.
            clocked = [run for run in found if run.get("counted_in") != "steps"] or found
            each = [1000 * run["sampling_seconds"] / figures["n"] for run in clocked]
            rows.append(
                [
                    NAMES.get(name, name),
                    cell([sum(run["epochs"] for run in found) / len(found)], 1),
                    cell([r["fd_product"][0] for r in own], 1),
                    cell(kernel, 1),
                    *(cell(values[key], 2) for key in keys),
                    cell([sum(each) / len(each)], 1),
                ]
            )
        tables.append(table([head[0].format(mark), *head[1:]], [*rows, last]))
    return tables


def all_tables():
    """Lines of every table whose benchmark has been run, by its file of results."""
    makers = {"gan_time_to_quality": gan, "vae_time_to_quality": vae, "families": families}
    makers |= {place.stem: photographs for place in sorted(RESULTS.glob("photographs-*.json"))}
    found = {name: (make, stored(name)) for name, make in makers.items()}
    return {name: make(figures) for name, (make, figures) in found.items() if figures}


if __name__ == "__main__":
    for name, tables in all_tables().items():
        print(f"{name}\n")
        for lines in tables:
            print("\n".join(lines), end="\n\n")
