"""Streaming openSMILE: blocks of samples in, 10 ms rows out, memory independent of the recording's length.

openSMILE is audEERING's. Its licence allows private, research and educational use; a product needs theirs.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import opensmile
from numpy.typing import NDArray
from opensmile.core.lib import ExternalSinkCallbackEx, OpenSMILE, smileapi

from faceloom.features.audio.blocks import recut

SAMPLE_RATE: Final = 16_000

HOP: Final = 0.01
"""Seconds between rows."""

SHORTEST: Final = 1_600
"""Samples; one 60 ms analysis window and what the smoothing looks ahead. Shorter audio is padded with silence."""

FIELDS: Final = (
    "F0raw",
    "F0final",
    "voicingFinalUnclipped",
    "jitterLocal",
    "shimmerLocal",
    "logHNR",
    "audspec_lengthL1norm",
)
"""openSMILE's fields behind prosody.COLUMNS, before any smoothing over time."""

CONFIG: Final = Path(__file__).with_name("descriptors.conf")

Block = NDArray[np.float32]
Rows = NDArray[np.float32]


def stream(blocks: Iterable[Block]) -> Iterator[tuple[Rows, Rows]]:
    """Yield (prosody, descriptors) as blocks of 16 kHz mono samples come in.

    Row i of both covers the samples from i * 10 ms on: 60 ms for pitch and voice quality, 20 ms for loudness and
    spectrum.

    Args:
        blocks: Samples in order, -1 to 1, in blocks of any length.

    Yields:
        Two arrays with equally many rows, (n, 7) in the order of prosody.COLUMNS and (n, 65) as `descriptor_names`.
    """
    engine = _engine()
    prosody, descriptors = _collect(engine, "prosody"), _collect(engine, "descriptors")
    wanted = [_names(engine, "prosody").index(field) for field in FIELDS]
    try:
        for _ in _run(engine, blocks):
            ready = min(len(prosody), len(descriptors))
            if ready:
                yield _take(prosody, ready)[:, wanted], _take(descriptors, ready)
        # The descriptors end with one row more: their smoothing repeats the last instant.
        last = _take(prosody, len(prosody))
        rest = _take(descriptors, len(descriptors))
        if len(rest):
            yield np.pad(last, ((0, len(rest) - len(last)), (0, 0)), mode="edge")[:, wanted], rest
    finally:
        engine.free()


def descriptor_names() -> list[str]:
    """The 65 names of ComParE_2016's low-level descriptors, in openSMILE's order."""
    engine = _engine()
    try:
        return _names(engine, "descriptors")
    finally:
        engine.free()


def _engine() -> Any:
    shared = Path(opensmile.__file__).parent / "core" / "config"
    engine = OpenSMILE()
    options = {
        "lldCore": shared / "compare" / "ComParE_2016_core.lld.conf.inc",
        "bufferModeRbConf": shared / "shared" / "BufferModeRb.conf.inc",
        "bufferModeRbLagConf": shared / "shared" / "BufferModeRbLag.conf.inc",
        # Nothing here needs the whole recording at once, so the levels that usually grow are rings too.
        "bufferModeConf": shared / "shared" / "BufferModeRbLag.conf.inc",
    }
    engine.initialize(str(CONFIG), options, loglevel=1)
    return engine


def _names(engine: Any, sink: str) -> list[str]:
    return [engine.external_sink_get_element_name(sink, i) for i in range(engine.external_sink_get_num_elements(sink))]


def _collect(engine: Any, sink: str) -> list[bytes]:
    """A list that fills with the sink's rows.

    The C interface itself, because the package's wrapper makes an array and a record of each of the 200 rows a second:
    a tenth of the whole extraction of speech.
    """
    rows: list[bytes] = []

    def keep(values: Any, count: int, width: int, *_: Any) -> int:
        rows.append(ctypes.string_at(values, count * width * ctypes.sizeof(ctypes.c_float)))
        return 1

    callback = ExternalSinkCallbackEx(keep)
    engine._callbacks.append(callback)  # as the wrapper does: the engine must not outlive it
    smileapi.smile_extsink_set_data_callback_ex(engine._smileobj, sink.encode(), callback, None)
    return rows


def _take(rows: list[bytes], count: int) -> Rows:
    taken = b"".join(rows[:count])
    del rows[:count]
    return np.frombuffer(taken, np.float32).reshape(count, -1) if count else np.empty((0, 0), np.float32)


def _run(engine: Any, blocks: Iterable[Block]) -> Iterator[None]:
    """Run the engine in a thread (it leaves Python's lock alone) and feed it from here; yields after each block."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(engine.run)
        samples = 0
        try:
            for block in recut(blocks, SAMPLE_RATE):  # the ring takes no block longer than itself
                samples += len(block)
                _feed(engine, running, block)
                yield
            if samples < SHORTEST:
                _feed(engine, running, np.zeros(SHORTEST - samples, np.float32))
        finally:
            engine.external_audio_source_set_eoi("microphone")
            running.result()


def _feed(engine: Any, running: Future[None], block: Block) -> None:
    data = np.rint(block * 32_768).clip(-32_768, 32_767).astype(np.int16).tobytes()
    while not running.done() and not engine.external_audio_source_write_data("microphone", data):
        time.sleep(0.001)  # the ring is full: the engine works at about 50 times real time
