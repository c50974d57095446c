"""What the programs that make shipped weights share."""

from prodimg_lib import Flow
from prodimg_lib.recipes import shipping
from tests.samples import product_images, same_variables, tiny


def fitted(steps, keep=None):
    model = Flow(**tiny(Flow), num_classes=2)
    model.compile()
    return shipping.fit_in_parts(model, product_images(), steps, 0, keep)


def test_training_in_parts_is_training_in_one(tmp_path, monkeypatch):
    """Stopped and gone on with, and a second time when it has its steps already."""
    monkeypatch.setattr(shipping, "BATCH", 8)
    monkeypatch.setattr(shipping, "PART", 2)
    keep = tmp_path / "model.keras"
    straight = fitted(5)
    fitted(3, keep)
    parts = fitted(5, keep)
    assert int(parts.step.value) == 5
    assert same_variables(straight, parts)
    assert same_variables(parts, fitted(4, keep))
