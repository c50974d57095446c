"""Pictures of images, of training and of networks."""

from prodimg_lib.plots.figures import (
    CYCLE,
    INK,
    TEXT,
    curves,
    gallery,
    overlaid,
    show_images,
    style,
    svg,
)
from prodimg_lib.plots.networks import network_diagram, parameter_table
from prodimg_lib.plots.pictures import data_uri, image_grid, png, save_png
from prodimg_lib.plots.sheets import sheet
from prodimg_lib.plots.source import show_source

__all__ = [
    "CYCLE",
    "INK",
    "TEXT",
    "curves",
    "data_uri",
    "gallery",
    "image_grid",
    "network_diagram",
    "overlaid",
    "parameter_table",
    "png",
    "save_png",
    "sheet",
    "show_images",
    "show_source",
    "style",
    "svg",
]
