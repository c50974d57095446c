"""The built-in product catalogue: photographs rendered from known factors (see ``products``)."""

from prodimg_lib.data.catalogue.products import (
    FACTORS,
    SIZES,
    TYPES,
    render,
    render_factors,
    sample_factors,
)

__all__ = ["FACTORS", "SIZES", "TYPES", "render", "render_factors", "sample_factors"]
