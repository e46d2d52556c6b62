from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from fabricate import CLIPS, fabricate, write_catalog, write_json
from fabricate_models import fabricate_models
from markupsafe import Markup

from faceloom.errors import InputError
from faceloom.params import Params
from faceloom.report import build
from faceloom.report.findings import percent
from faceloom.report.prose import html

SECTIONS = (
    "pipeline", "data", "clips", "gestures", "reactions", "training", "scores", "stills", "extraction", "units",
)  # fmt: skip
FEW = Params.model_validate({"report": {"clips": 1, "seconds": 0.2}})


def text_of(page: Path) -> str:
    without = re.sub(r"<(style|script)>.*?</\1>|data:[^\"]+", " ", page.read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", without).split())


def test_all_sections_are_there_and_full(page: Path) -> None:
    html = page.read_text()
    assert all(f'<section id="{name}"' in html and f'href="#{name}"' in html for name in SECTIONS)
    assert html.count('class="absent"') == 2  # reactions and stills have projects of their own
    assert html.count("<video") == 4  # two clips, two predictions
    assert "computer-generated" in html


def test_nothing_comes_from_outside_the_file(page: Path) -> None:
    html = page.read_text()
    assert not re.findall(r"""(?:src|href|poster)=["'](?!data:|#)""", html)
    assert not re.findall(r"https?://(?!www\.w3\.org)", re.sub(r"data:[^\"]+", "", html))
    assert "default-src 'none'" in html


def test_films_and_pictures_are_described_and_sized(page: Path) -> None:
    html = page.read_text()
    films = re.findall(r"<video[^>]*?src=", html)
    assert all(
        all(
            word in film
            for word in (' controls playsinline preload="metadata"', "width=", "height=", "poster=", "aria-label=")
        )
        for film in films
    )
    assert all("alt=" in image for image in re.findall(r"<img[^>]*>", html))
    assert all('role="img" aria-label=' in svg for svg in re.findall(r"<svg[^>]*>", html))


def test_equal_inputs_give_equal_bytes_wherever_and_however(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(project, copy)
    first = build(project, tmp_path / "a.html", FEW)
    monkeypatch.setenv("FACELOOM_EXECUTOR", "process")
    monkeypatch.setenv("FACELOOM_WORKERS", "2")
    second = build(copy, tmp_path / "b", FEW)
    assert second == tmp_path / "b/index.html"
    assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path).encode() not in first.read_bytes()


def test_a_catalog_is_enough(tmp_path: Path) -> None:
    write_catalog(tmp_path, CLIPS, layout="folder")
    page = build(tmp_path, tmp_path, FEW)
    assert page.read_text().count('class="absent"') == len(SECTIONS) - 1 + 1  # "data" is there, but shows no faces
    assert "recordings of real people" in page.read_text()


def test_without_a_catalog_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"catalog\.parquet: no such file; run `dvc repro`"):
        build(tmp_path, tmp_path, FEW)


def test_problems_are_grouped_by_reason_with_their_clips(page: Path) -> None:
    text = text_of(page)
    assert re.search(r"catalog The file is empty; record it again\. 2 empty one\.mp4 empty two\.mp4", text)
    assert re.search(r"pose No landmarks\. 1 broken\.mp4", text)


def test_the_top_says_how_it_went(page: Path) -> None:
    top = page.read_text().split("<main>")[0]
    assert '<li class="poor">3 of 5 clips could not be used' in top
    assert '<li class="poor">A face was found in 97.5 %' in top
    assert '<li class="good">Action units follow' in top
    assert '<li class="poor">The model does not beat persistence' in top


def test_names_from_files_are_escaped(tmp_path: Path) -> None:
    write_catalog(tmp_path, ("<script>alert(1)</script>.mp4",))
    assert "<script>alert" not in build(tmp_path, tmp_path, FEW).read_text()


@pytest.mark.parametrize(
    ("wins", "sentence"), [(True, "The model beats the mean"), (False, "The model does not beat the mean")]
)
def test_verdict_on_the_baseline(tmp_path: Path, wins: bool, sentence: str) -> None:
    write_catalog(tmp_path)
    fabricate_models(tmp_path, wins=wins)
    text = text_of(build(tmp_path, tmp_path, FEW))
    assert sentence in text
    assert "does not beat persistence" in text


def test_without_truth_the_left_head_is_what_was_measured(tmp_path: Path) -> None:
    fabricate_models(fabricate(tmp_path), truth=False)
    text = text_of(build(tmp_path, tmp_path, FEW))
    assert "measured in the video" in text
    assert "exact truth" not in text.split("Gestures from speech")[1].split("Training")[0]
    assert "No truth to compare with" in text
    write_json(tmp_path / "metrics/extraction.json", {"clips": 0, "message": "No recording has a truth table."})
    assert "No recording has a truth table." in text_of(build(tmp_path, tmp_path, FEW))


def test_one_frame_is_enough(project: Path, tmp_path: Path) -> None:
    page = build(project, tmp_path, Params.model_validate({"report": {"clips": 1, "seconds": 0.04}}))
    assert page.read_text().count("<video") == 2


def test_report_clips_zero_shows_none(project: Path, tmp_path: Path) -> None:
    page = build(project, tmp_path, Params.model_validate({"report": {"clips": 0}}))
    assert "<video" not in page.read_text()


def test_broken_metrics_name_the_file(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    write_json(tmp_path / "metrics/gesture.json", {})
    (tmp_path / "metrics/gesture.json").write_text("{")
    with pytest.raises(InputError, match=r"gesture\.json: not valid JSON"):
        build(tmp_path, tmp_path, FEW)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.99999, "> 99.9 %"), (1e-6, "< 0.1 %"), (0.1234, "12.3 %")],
)
def test_percent_never_rounds_to_all_or_nothing(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_model_card_is_rendered_and_escaped() -> None:
    shown = html("# A\n\nTwo\nlines `x<y` **b** <i>\n- one\n- two\n\n| a | b |\n| --- | :-: |\n| 1 | 2 |")
    assert isinstance(shown, Markup)
    assert "<h4>A</h4>" in shown
    assert "<p>Two lines <code>x&lt;y</code> <b>b</b> &lt;i&gt;</p>" in shown
    assert "<ul><li>one</li><li>two</li></ul>" in shown
    assert shown.count("<tr>") == 2


def test_a_model_cards_front_matter_is_not_shown() -> None:
    shown = html("---\nlibrary_name: faceloom\ntags: [x]\n---\n\n# Card\n\nText --- with dashes")
    assert "library_name" not in shown
    assert "<h4>Card</h4>" in shown
    assert "Text --- with dashes" in shown


def test_a_list_item_may_go_on_in_an_indented_line():
    assert html("- one\n  goes on\n- two\n\nrest") == "<ul><li>one goes on</li><li>two</li></ul>\n<p>rest</p>"
