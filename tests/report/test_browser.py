"""The page in a real browser: nothing broken, nothing loaded, nothing said, at both widths and in both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser, chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")

PICTURES = "[...document.images].map(image => image.complete && image.naturalWidth > 0)"
SEEK = """Promise.all([...document.querySelectorAll("video")].map(film => new Promise(done => {
  film.addEventListener("seeked", () => done([film.videoWidth > 0, film.readyState >= 2, film.duration > 0.5]));
  film.addEventListener("error", () => done([film.error.message]));
  film.currentTime = 0.3;
})))"""
SOUND = """Promise.all([...document.querySelectorAll("video")].map(async film => {
  film.muted = true; await film.play(); await new Promise(done => setTimeout(done, 300)); film.pause();
  return film.webkitAudioDecodedByteCount > 0;
}))"""
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CLIPPED = """[...document.querySelectorAll("main *")].filter(element =>
  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll")
).map(element => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_page(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.log.clear()
    browser.requests.clear()
    browser.open(page, width, dark=dark)
    pictures, films = browser.run(PICTURES), browser.run(SEEK)
    assert len(pictures) >= 3
    assert all(pictures)
    assert films == [[True, True, True]] * 4
    assert browser.run(WIDE) <= 0
    assert browser.run(CLIPPED) == []
    assert browser.log == []
    assert [url for url in browser.requests if not url.startswith(("data:", page.resolve().as_uri()[:60]))] == []


def test_films_have_sound(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    assert browser.run(SOUND) == [True] * 4


def test_dark_is_dark(browser: Browser, page: Path) -> None:
    shades = []
    for dark in (False, True):
        browser.open(page, 1280, dark=dark)
        shades.append(browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
    assert int(shades[0]) > 200 > 60 > int(shades[1])


def test_curves_follow_the_film_and_the_film_follows_a_click(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    moved = browser.run("""new Promise(done => {
      const film = document.getElementById("clip-1"), head = document.querySelector("[data-film=clip-1] .head");
      film.addEventListener("timeupdate", () => done(head.getAttribute("transform")));
      film.currentTime = 0.4;
    })""")
    assert float(moved.removeprefix("translate(").split(" ")[0]) > 100
    time = browser.run("""(() => {
      const chart = document.querySelector("[data-film=clip-1]"), box = chart.getBoundingClientRect();
      chart.dispatchEvent(new MouseEvent("click", {clientX: box.right - 20, clientY: box.top + 20, bubbles: true}));
      return document.getElementById("clip-1").currentTime;
    })()""")
    assert time > 0.6
