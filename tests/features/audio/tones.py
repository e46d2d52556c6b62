"""Clips with sound alone, as `decode` writes them."""

import numpy as np
import pytest

from faceloom.features.audio.descriptors import Descriptors
from faceloom.media.write import MediaWriter
from faceloom.store import Clip, ClipTable

RATE = 16_000


def voice(f0, amplitude=0.2):
    """A harmonic tone whose fundamental follows `f0` (Hz per sample)."""
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    partials = sum(np.sin(k * phase) / k for k in range(1, 16))
    return (amplitude * partials).astype(np.float32)


def quantised(samples):
    """What 16-bit PCM keeps."""
    return np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype(np.float32) / 32_768


def blocks(samples, size=4_096):
    return (samples[i : i + size] for i in range(0, len(samples), size))


@pytest.fixture
def clip_of(tmp_path):
    """Make a clip of `samples` (None: a clip without audio), with its `lld` table where asked."""

    def make(samples, n_frames, lld=False):
        media = {}
        if samples is not None:
            path = tmp_path / "media.mkv"
            with MediaWriter(path, None, RATE, audio_codec="pcm_s16le") as writer:
                writer.write_audio(samples.astype(np.float32))
            media = {"decoded": path}
        clip = Clip("a.mp4", "0" * 32, n_frames, tmp_path / "a.mp4", {}, media)
        return clip if not lld else Clip(**{**clip.__dict__, "tables": {"lld": descriptors(clip, tmp_path)}})

    return make


def descriptors(clip, folder):
    extractor = Descriptors()
    extractor.setup("cpu")
    out = folder / "lld"
    out.mkdir()
    extractor(clip, out)
    import pyarrow.parquet as pq

    return ClipTable(out / "table.parquet", 0, pq.ParquetFile(out / "table.parquet").num_row_groups)
