"""What candidates are judged by: photographs held out of training that are not the test."""

from dataclasses import replace

from prodimg_lib.data import validation
from prodimg_lib.text import text


def for_choosing(data, seed):
    """The data with its validation part in the place of the held-out photographs.

    Args:
        data: ``ProductImages``; seed: of the draw, where it has no validation part of its own (see
            ``data.validation.hold_out``).

    Returns:
        ``(data, sentence)``: ``ProductImages`` whose ``test_images`` are for validation, and what a
        person should know about them.

    Raises:
        InputError: too few photographs for that, or streamed ones without a validation part.
    """
    words = text()["choose"]
    own = data.val_images is not None and len(data.val_images) > 0
    judged = validation.hold_out(data, seed)
    judged = replace(
        judged,
        test_images=judged.val_images,
        test_labels=judged.val_labels,
        val_images=None,
        val_labels=None,
    )
    sentence = words["own_validation" if own else "drawn_validation"]
    if not own and data.source == "folder":
        sentence += f" {words['near_duplicates']}"
    n = len(judged.test_images)
    return judged, sentence.format(n=n, train=judged.train_count)
