"""The settings of the model families."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from prodimg_lib.settings import Channels, PositiveFloat, PositiveInt, Settings, Size, parse

HEADS = 4  # attention heads of the prior over codes
FEW = 5000  # photographs, below which a discriminator learns them by heart (Karras et al. 2020)
BATCH = 64


class NetworkConfig(Settings):
    """What the model families share. ``num_classes = 0`` means not conditional."""

    # What settings were before there was a choice: the values of a saved model that lacks them.
    BEFORE: ClassVar[dict[str, Any]] = {}
    # What a run takes from its data and its own seed: nobody sets it for a run.
    SHAPE: ClassVar = ("size", "channels", "num_classes", "seed")

    size: Size = 28
    channels: Channels = 1
    num_classes: Annotated[int, Field(ge=0)] = 0
    width: PositiveInt = 32
    seed: int = 0

    @property
    def given(self):
        """The settings that somebody chose, by name: neither defaults nor the shape."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=set(self.SHAPE))

    def shaped(self, **shape):
        """The same choices for a model of another shape; defaults follow the shape.

        Raises:
            InputError: choices that do not go with it.
        """
        return parse(type(self), self.given | shape)

    def for_photographs(self, count):
        """The same choices, with defaults for so many training images; most need none."""
        return self

    @classmethod
    def usual_batch(cls, size, channels, count):
        """How many images a step takes where nobody says, of so many of this shape."""
        return BATCH

    @property
    def one_device(self):
        """Why several devices cannot share a training step, a clause; None where they can."""
        return None


class GANConfig(NetworkConfig):
    """Deep convolutional GAN: two optimizers, a loss of logits, averaged generator.

    ``critic_steps``: discriminator updates for one of the generator. ``penalty`` (with
    ``penalty_weight``: lambda, or gamma of R1; ``r1_r2`` is R1 on real images and the same on
    fakes), ``d_normalisation``, ``minibatch_stddev`` and ``augment`` act on the discriminator,
    ``g_conditioning`` and ``upsampling`` on the generator.
    ``pseudo_classes``: how many clusters stand in for classes where there are none; 0 for none.
    Left out, they are 100 for a model without classes, ``g_conditioning`` is
    ``batch_normalisation`` where there are classes of either kind, and ``penalty`` is ``r1`` where
    it composes with the rest and nothing else bounds the discriminator.

    ``recipe``: defaults under one name. ``r3gan`` pairs each fake with a real image and bounds the
    slope at both, the loss and penalties of R3GAN (Huang et al. 2024) on the networks of this
    library. A run on few photographs in colour at 64 px takes them ``BATCH_OF_FEW`` at a time, sets
    ``augment`` to ``AUGMENT_FEW`` and follows ``RECIPE_OF_FEW``, as far as nothing else was chosen.
    ``benchmarks/README.md`` has what the defaults were chosen from.
    """

    BEFORE: ClassVar = {"pseudo_classes": 0}
    RECIPES: ClassVar[dict[str, dict[str, Any]]] = {
        "usual": {},
        "r3gan": {"loss": "relativistic", "penalty": "r1_r2"},
    }
    AUGMENT_FEW: ClassVar = ("flip",)
    BATCH_OF_FEW: ClassVar = 16
    RECIPE_OF_FEW: ClassVar = "r3gan"

    recipe: Literal["usual", "r3gan"] = "usual"
    latent_dim: PositiveInt = 32
    loss: Literal[
        "non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic"
    ] = "non_saturating"
    # Without momentum the two players answer each other's last move.
    g_learning_rate: PositiveFloat = 1e-3
    d_learning_rate: PositiveFloat = 1e-3
    beta_1: Annotated[float, Field(ge=0, lt=1)] = 0.0
    beta_2: Annotated[float, Field(ge=0, lt=1)] = 0.99
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    critic_steps: PositiveInt = 1
    penalty: Literal["none", "gradient", "r1", "r1_r2"] = "none"
    penalty_weight: PositiveFloat | None = None  # 10 for gradient, else gamma = 0.1
    penalty_every: PositiveInt | None = None  # 1 for gradient, else 16
    d_normalisation: Literal["none", "spectral", "batch"] = "none"
    minibatch_stddev: bool = False
    g_conditioning: Literal["input", "batch_normalisation"] = "input"
    upsampling: Literal["transposed", "resize"] = "transposed"
    augment: tuple[Literal["flip", "translation", "cutout", "colour"], ...] = ()
    pseudo_classes: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _fill(self):
        """The defaults that depend on other settings; they do not count as given."""
        given = self.model_fields_set
        for name, value in self.RECIPES[self.recipe].items():
            if name not in given:
                self.__dict__[name] = value
        if not self.num_classes and "pseudo_classes" not in given:
            self.__dict__["pseudo_classes"] = 100
        if (self.num_classes or self.pseudo_classes) and "g_conditioning" not in given:
            self.__dict__["g_conditioning"] = "batch_normalisation"
        free = self.d_normalisation == "none" and not self.minibatch_stddev
        named = "penalty" in given or "penalty" in self.RECIPES[self.recipe]
        if self.loss != "wasserstein" and free and not named:
            self.__dict__["penalty"] = "r1"
        return self

    @model_validator(mode="after")
    def _composes(self):
        mixes = {
            "d_normalisation = 'batch'": self.d_normalisation == "batch",
            "minibatch_stddev": self.minibatch_stddev,
        }
        if self.penalty != "none" and any(mixes.values()):
            culprit = next(name for name, there in mixes.items() if there)
            raise ValueError(
                f"penalty = {self.penalty!r} does not go with {culprit}: the penalty is on the "
                "gradient of each image's own logit, and that mixes the images of a batch; "
                "use d_normalisation 'none' or 'spectral' and no minibatch_stddev"
            )
        bounded = self.penalty != "none" or self.d_normalisation == "spectral"
        if self.loss == "wasserstein" and not bounded:
            raise ValueError(
                "loss = 'wasserstein' needs a critic of bounded slope, or it grows without end: "
                "set penalty 'gradient' or d_normalisation 'spectral'"
            )
        if self.penalty == "none" and (self.penalty_weight or self.penalty_every):
            raise ValueError("penalty_weight and penalty_every need a penalty, such as 'r1'")
        if self.g_conditioning != "input" and self.num_classes == self.pseudo_classes == 0:
            raise ValueError(
                f"g_conditioning = {self.g_conditioning!r} needs classes: train with labels or "
                "pseudo_classes, or leave it at 'input'"
            )
        # A single class says nothing; it is no reason to refuse, as runs are checked with one.
        if self.num_classes > 1 and self.pseudo_classes:
            raise ValueError(
                f"pseudo_classes = {self.pseudo_classes} stand in for labels, and there are "
                f"{self.num_classes} classes of those: set it to 0, or train without labels"
            )
        return self

    @staticmethod
    def _few(size, channels, count):
        return size == 64 and channels == 3 and count < FEW

    @classmethod
    def usual_batch(cls, size, channels, count):
        return cls.BATCH_OF_FEW if cls._few(size, channels, count) else BATCH

    def for_photographs(self, count):
        if not self._few(self.size, self.channels, count):
            return self
        given, few = self.model_fields_set, self.model_copy()
        # Defaults: they do not count as given.
        if "augment" not in given:
            few.__dict__["augment"] = self.AUGMENT_FEW
        if given.isdisjoint(("recipe", "loss", "penalty", "d_normalisation", "minibatch_stddev")):
            few.__dict__ |= {"recipe": self.RECIPE_OF_FEW} | self.RECIPES[self.RECIPE_OF_FEW]
        return few

    @property
    def one_device(self):
        steps = self.critic_steps
        return f"critic_steps = {steps} (above 1) trains on one device only" if steps > 1 else None

    @property
    def clusters(self):
        """How many pseudo-classes the networks know; 0 where they know classes."""
        return 0 if self.num_classes else self.pseudo_classes

    @property
    def penalty_scale(self):
        """What the bare mean of the penalty is multiplied with."""
        if self.penalty == "gradient":
            return self.penalty_weight or 10.0
        return (self.penalty_weight or 0.1) / 2

    @property
    def penalty_interval(self):
        """Every how many steps the penalty acts, with so many times its weight (Karras 2020)."""
        return self.penalty_every or (1 if self.penalty == "gradient" else 16)


class VAEConfig(NetworkConfig):
    """Variational autoencoder: reparametrised, closed-form KL, likelihood stated by name.

    ``sigma``: the fixed noise level of likelihood ``gaussian``, on the [-1, 1] scale (default 1).
    ``beta`` weighs the KL, ``kl_warmup`` raises the weight linearly from 0 over so many steps, and
    ``free_bits`` are nats that each latent dimension may use uncharged. ``importance_samples``
    above 1 trains on the importance-weighted bound. ``prior_components``: how many normals, for
    each class, the sampling prior is fitted with.

    ``conditioning``: where a label enters encoder and decoder, once ("input") or in every block as
    well ("film"). ``match_weight`` and ``request_weight`` weigh the terms that make the decoder
    listen to it (see ``VAE``; 300 and 10 measured best, for half again the time of a step). By
    default they are off: in a short training they cost quality, see ``benchmarks/README.md``.

    ``activation`` of the hidden layers is, left out, ``leaky_relu`` in colour and at 64 px: up
    to seven in eight of the units before the code died there under ``relu``, and colours with them.
    """

    LABELS: ClassVar = {"conditioning": "input", "match_weight": 0.0, "request_weight": 0.0}
    BEFORE: ClassVar = LABELS | {"activation": "relu"}

    latent_dim: PositiveInt = 32
    likelihood: Literal["gaussian", "sigma", "bernoulli", "continuous_bernoulli"] = "sigma"
    sigma: PositiveFloat | None = None
    beta: Annotated[float, Field(ge=0)] = 1.0
    kl_warmup: Annotated[int, Field(ge=0)] = 0
    free_bits: Annotated[float, Field(ge=0)] = 0.0
    importance_samples: PositiveInt = 1
    prior_components: PositiveInt = 5
    learning_rate: PositiveFloat = 1e-3
    conditioning: Literal["input", "film"] = "input"
    match_weight: Annotated[float, Field(ge=0)] = 0.0
    request_weight: Annotated[float, Field(ge=0)] = 0.0
    activation: Literal["relu", "leaky_relu"] = "relu"

    @model_validator(mode="after")
    def _fill(self):
        """The default that depends on the shape; it does not count as given."""
        left_out = "activation" not in self.model_fields_set
        if left_out and (self.channels == 3 or self.size == 64):
            self.__dict__["activation"] = "leaky_relu"
        return self

    @model_validator(mode="after")
    def _composes(self):
        if self.num_classes == 0:
            for key, none in self.LABELS.items():
                if getattr(self, key) != none:
                    raise ValueError(
                        f"{key} = {getattr(self, key)!r} needs classes: train with labels, or "
                        f"leave it at {none!r}"
                    )
        if self.sigma is not None and self.likelihood != "gaussian":
            reason = (
                "which learns its noise level; for a fixed one set likelihood 'gaussian'"
                if self.likelihood == "sigma"
                else "which has no noise level; leave sigma out, or set likelihood 'gaussian'"
            )
            raise ValueError(
                f"sigma = {self.sigma} does not go with likelihood = {self.likelihood!r}, {reason}"
            )
        shaped = {
            "beta": self.beta != 1,
            "kl_warmup": self.kl_warmup > 0,
            "free_bits": self.free_bits > 0,
        }
        if self.importance_samples > 1 and any(shaped.values()):
            culprit = next(name for name, there in shaped.items() if there)
            raise ValueError(
                f"importance_samples = {self.importance_samples} does not go with {culprit} = "
                f"{getattr(self, culprit)}: the importance-weighted bound is the logarithm of one "
                "sum and has no KL of its own to weigh; leave one of the two out"
            )
        if self.beta == 0 and (self.kl_warmup or self.free_bits):
            culprit = "kl_warmup" if self.kl_warmup else "free_bits"
            raise ValueError(f"{culprit} needs a KL in the loss: with beta = 0 there is none")
        return self


class VQVAEConfig(NetworkConfig):
    """Vector-quantised autoencoder with a learned prior over its codes.

    ``latent_dim`` is the length of a code vector, ``codes`` their number; there is one code for
    each place of the smallest feature map (7 x 7 at 28 px, else 8 x 8). ``commitment`` weighs the
    pull of the encoder towards its codes, ``codebook_decay`` is that of the running averages that
    are the codes, and a code used less than ``restart_below`` times its even share is restarted.
    ``prior_width`` and ``prior_depth`` are those of the transformer that draws codes.
    """

    latent_dim: PositiveInt = 32
    codes: Annotated[int, Field(ge=2)] = 128
    commitment: PositiveFloat = 0.25
    codebook_decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    restart_below: Annotated[float, Field(ge=0, lt=1)] = 0.1
    prior_width: PositiveInt = 64
    prior_depth: PositiveInt = 2
    learning_rate: PositiveFloat = 1e-3

    @model_validator(mode="after")
    def _composes(self):
        if self.prior_width % HEADS:
            raise ValueError(
                f"prior_width = {self.prior_width} must be a multiple of {HEADS}, the number of "
                "attention heads"
            )
        return self

    @property
    def likelihood(self):
        """Normal pixels with a learned noise level, as the VAE's default."""
        return "sigma"

    @property
    def one_device(self):
        return "a VQVAE trains on one device only"


class FlowConfig(NetworkConfig):
    """Rectified flow, or diffusion by another ``target`` (see ``diffusion``).

    ``label_dropout`` is the share of labels that training leaves out, and ``guidance`` (1: none)
    how far sampling leads away from what holds without them. ``sampler`` takes ``steps`` steps:
    ``heun`` asks the network twice in each but the last, the others once.
    """

    target: Literal["flow", "eps", "x0", "v"] = "flow"
    label_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    guidance: Annotated[float, Field(ge=0)] = 1.0
    sampler: Literal["euler", "heun", "ddim"] = "heun"
    steps: PositiveInt = 16
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.999
    learning_rate: PositiveFloat = 2e-3

    @model_validator(mode="after")
    def _composes(self):
        usual = type(self).model_fields["label_dropout"].default
        if self.num_classes == 0 and self.label_dropout != usual:
            raise ValueError(
                f"label_dropout = {self.label_dropout} needs labels to leave out: train with "
                "classes, or leave it out"
            )
        if self.sampler == "ddim" and self.target == "flow":
            raise ValueError(
                "sampler = 'ddim' on the straight path of target 'flow' is Euler's method: set "
                "sampler 'euler', or another target"
            )
        if problem := self.lacks_for(self.guidance):
            raise ValueError(problem)
        return self

    def lacks_for(self, guidance):
        """What is wrong with a guidance that the model knows nothing to lead away from; or None."""
        if guidance == 1 or (self.num_classes and self.label_dropout):
            return None
        lacks = "label_dropout above 0" if self.num_classes else "classes"
        return f"guidance = {guidance:g} needs a model trained with {lacks}: leave it at 1"


class LatentFlowConfig(FlowConfig):
    """A flow on the latents of an autoencoder that is trained with it (see ``FlowConfig``).

    ``latent_dim`` numbers stand for each place of a grid of 7 x 7 (28 px) or 8 x 8. The autoencoder
    has ``codec_width`` channels nearest to the image and learns for the first ``codec_steps`` only;
    ``beta`` weighs its KL. ``width`` is that of the flow's network, whose maps are small.
    """

    width: PositiveInt = 64
    latent_dim: PositiveInt = 4
    codec_width: PositiveInt = 32
    codec_steps: PositiveInt = 3000
    beta: Annotated[float, Field(ge=0)] = 1.0

    @property
    def one_device(self):
        return "a LatentFlow trains on one device only"

    @property
    def likelihood(self):
        """Of the autoencoder: normal, with a noise level that follows the data."""
        return "sigma"
