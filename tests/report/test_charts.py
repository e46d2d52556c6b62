from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.report.charts import Chart, Dots, Mark, Series, Strip, Strips, limits, ticks
from faceloom.report.project import Project
from faceloom.report.training import curves, wide


def chart(y: list[float], **settings: object) -> Chart:
    return Chart(
        "t", "time in s", "size in m", [Series("a", "true", np.arange(len(y), dtype=float), np.array(y))], **settings
    )


def test_a_gap_breaks_the_line() -> None:
    drawn = chart([0.0, np.nan, 1.0, 2.0])
    path = drawn.path(drawn.series[0])
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_values_beyond_the_axis_stay_inside_the_picture() -> None:
    drawn = chart([-100.0, 100.0], y_range=(0.0, 5.0))
    assert [y for _, y in drawn.points(drawn.series[0])] == [drawn.height - drawn.bottom, drawn.top]


def test_nothing_known_is_an_empty_chart() -> None:
    drawn = chart([np.nan, np.nan])
    assert drawn.path(drawn.series[0]) == ""
    assert drawn.y_ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_within_and_are_written_as_they_are(low: float, span: float) -> None:
    found = ticks(low, low + span, 5)
    assert len(found) <= 7
    for value, text in found:
        assert low - 1e-9 <= value <= low + span + 1e-9
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_whole_ticks() -> None:
    assert [text for _, text in ticks(0, 2, 6, whole=True)] == ["0", "1", "2"]


@given(st.lists(st.floats(-1e3, 1e3) | st.just(float("nan")), max_size=8))
def test_limits_are_never_empty(values: list[float]) -> None:
    low, high = limits([np.array(values)])
    assert low < high
    assert all(low <= value <= high for value in values if np.isfinite(value))


def test_strips_share_one_scale_and_do_not_overlap() -> None:
    x = np.arange(3.0)
    rows = [Strip(name, [Series("a", "true", x, x * size)]) for name, size in (("A", 1), ("B", 2))]
    upper, lower = Strips("intensity", "time in s", rows, (0.0, 5.0)).charts
    assert upper.y_limits == lower.y_limits == (0.0, 5.0)
    assert upper.to_y(0.0) < lower.to_y(5.0)
    assert upper.plot_height == lower.plot_height > 20


def test_dots_always_show_zero_and_say_their_values() -> None:
    dots = Dots("r", "r", {"AU01": [Mark("model", "predicted", 0.4)], "AU02": []})
    assert dots.limits[0] < 0 < dots.limits[1]
    assert "AU01: model 0.40" in dots.summary


def test_logarithmic_axis_spreads_decades_evenly() -> None:
    drawn = chart([1.0, 10.0, 100.0, np.nan], log=True)
    low, middle, high = (y for _, y in drawn.points(drawn.series[0]))
    assert low - middle == pytest.approx(middle - high, abs=0.2)
    assert {"1", "10", "100"} <= {text for _, text in drawn.y_ticks}


@pytest.mark.parametrize(
    ("y", "expected"), [([1, 5], False), ([0.0, 50], False), ([np.nan, np.nan], False), ([1, 50], True)]
)
def test_only_wide_positive_curves_need_one(y: list[float], expected: bool) -> None:
    assert wide([Series("a", "train", np.arange(2.0), np.array(y, float))]) is expected


@pytest.mark.parametrize(
    ("config", "unit"),
    [(None, "loss in nats a token"), ({"settings": {"value_loss": 10.0}}, "nats + 10 × squared AU units")],
)
def test_the_loss_has_the_unit_that_it_was_trained_with(tmp_path: Path, config: dict | None, unit: str) -> None:
    history = tmp_path / "models/gesture/history.csv"
    history.parent.mkdir(parents=True)
    history.write_text("epoch,train_loss,val_loss,val_accuracy\n0,50,40,0.1\n1,1,2,0.2\n")
    if config:
        (history.parent / "config.json").write_text(json.dumps(config))
    (task,) = curves(Project(tmp_path))
    assert [(c.y_label, c.log, len(c.series)) for c in task.charts] == [(unit, True, 2), ("accuracy, 0–1", False, 1)]
