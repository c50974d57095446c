"""Photographs in, arrays out: sources, preparation, and the one crossing between the two ranges."""

from prodimg_lib.data.images import SIZES, ProductImages, Skipped, to_model, to_uint8
from prodimg_lib.data.prepare import prepare_image
from prodimg_lib.data.sources import load

__all__ = ["SIZES", "ProductImages", "Skipped", "load", "prepare_image", "to_model", "to_uint8"]
