"""From the settings of a run and its data to an untrained model."""

from prodimg_lib.models.families import MODELS


def model_config(config, data):
    """The model's config, such as a ``GANConfig``, that a ``RunConfig`` and its data amount to.

    Raises:
        InputError: settings that need classes, of data that have none or a run without them.
    """
    shaped = config.settings.shaped(
        size=data.size,
        channels=data.channels,
        num_classes=data.num_classes if config.conditional and data.num_classes > 1 else 0,
        seed=config.seed,
    )
    return shaped.for_photographs(data.train_count)


def new_model(config, data):
    """The untrained, compiled model of a run (loads TensorFlow); raises as ``model_config``."""
    model = MODELS[config.model].load()(model_config(config, data))
    model.compile()
    return model
