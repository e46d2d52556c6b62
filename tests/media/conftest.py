"""What the tests of media share: decoding a file as the stages would."""

from dataclasses import asdict

import pyarrow.parquet as pq
import pytest

from faceloom.media.decode import Decode
from faceloom.media.probe import probe
from faceloom.media.read import pictures, read_audio
from faceloom.store import Clip


class Decoded:
    def __init__(self, path, out, **settings):
        self.probe = probe(path)
        self.clip = Clip(path.name, "digest", self.probe.n_frames, path, asdict(self.probe))
        self.summary = Decode(**settings)(self.clip, out)
        self.table = pq.read_table(out / "table.parquet").to_pydict()
        self.media = out / "media.mkv"
        self.pictures = list(pictures(self.media)) if self.probe.has_video else []
        self.sound = read_audio(self.media)


@pytest.fixture
def decoded(tmp_path_factory):
    def decode(path, **settings):
        return Decoded(path, tmp_path_factory.mktemp("record"), **settings)

    return decode
