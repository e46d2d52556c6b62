"""A made-up project that looks like what the DAG leaves behind: tables by docs/contracts.md, tiny films."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from faceloom import store
from faceloom.facs import AUS

SIZE = 96
FRAMES = 40
CLIPS = ("dyad-000/speaker.mp4", "dyad-001/speaker.mp4", "dyad-002/listener.mp4")

DVC = """
stages:
  studio: {desc: Make synthetic dyads., cmd: x, outs: [data/recordings]}
  catalog: {desc: List the recordings., cmd: x, deps: [data/recordings], outs: [data/catalog.parquet]}
  decode: {desc: Resample., cmd: x, deps: [data/catalog.parquet, data/recordings], outs: [data/decoded]}
  faces: {desc: Find faces., cmd: x, deps: [data/decoded], outs: [data/faces]}
  audio: {desc: Hear., cmd: x, deps: [data/decoded], outs: [data/audio]}
  train:
    matrix: {task: [action_units, gesture]}
    desc: Train ${item.task}.
    cmd: x
    deps: ["data/packed/${item.task}.h5"]
    outs: ["models/${item.task}"]
  facial: {desc: Estimate., cmd: x, deps: [data/faces, models/action_units], outs: [data/facial]}
  pack: {desc: Pack., cmd: x, deps: [data/facial, data/audio], outs: [data/packed/gesture.h5]}
  evaluate:
    foreach: [gesture]
    do: {cmd: x, deps: ["models/${item}"], metrics: [{"metrics/${item}.json": {cache: false}}]}
  report: {desc: This page., cmd: x, deps: [metrics/gesture.json, data/facial], outs: [metrics/report]}
"""


def picture(frame: int, size: int = SIZE) -> np.ndarray:
    """A moving egg with eyes."""
    image = np.full((size, size, 3), (70, 90, 120), np.uint8)
    centre = (size // 2 + frame % 8, size // 2)
    cv2.ellipse(image, centre, (size // 4, size // 3), 0, 0, 360, (200, 160, 130), -1)
    for side in (-1, 1):
        cv2.circle(image, (centre[0] + side * size // 9, centre[1] - size // 12), 3, (20, 20, 20), -1)
    return image


def write_media(path: Path, frames: int = FRAMES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"crf": "20"})
        video.width = video.height = SIZE
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for i in range(frames):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(i), format="rgb24")))
        container.mux(video.encode())
        tone = (8000 * np.sin(np.arange(frames * 640) * 2 * np.pi * 220 / 16000)).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        sound.sample_rate, sound.pts = 16000, 0
        container.mux(audio.encode(sound))
        container.mux(audio.encode())


def write_folder(root: Path, folder: str, tables: dict[str, pa.Table], failed: dict[str, str] | None = None) -> None:
    out = root / folder
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    whole = []
    for group, (clip, table) in enumerate(sorted(tables.items())):
        whole.append(table.add_column(0, "clip", pa.array([clip] * len(table))))
        media = f"media/{store.slug(clip)}.mkv" if folder == "data/decoded" else None
        rows.append(
            {
                "clip": clip,
                "status": "ok",
                "error": None,
                "shard": 0,
                "rows": len(table),
                "first_group": group,
                "groups": 1,
                "digest": "d",
                "media": media,
            }
        )
    for clip, error in (failed or {}).items():
        rows.append(
            {
                "clip": clip,
                "status": "failed",
                "error": error,
                "shard": -1,
                "rows": 0,
                "first_group": -1,
                "groups": 0,
                "digest": None,
                "media": None,
            }
        )
    pq.write_table(pa.Table.from_pylist(rows), out / "index.parquet")
    with pq.ParquetWriter(out / "shard-000.parquet", whole[0].schema) as writer:
        for table in whole:
            writer.write_table(table)


def write_catalog(root: Path, clips: tuple[str, ...] = CLIPS, layout: str = "studio") -> None:
    splits = ("train", "test", "val")
    rows = [
        {
            "clip": clip,
            "digest": f"{i:032x}",
            "bytes": 10,
            "status": "ok",
            "reason": None,
            "has_video": True,
            "has_audio": True,
            "n_frames": FRAMES,
            "duration": FRAMES / 25,
            "start": 0.0,
            "width": SIZE,
            "height": SIZE,
            "layout": layout,
            "subject": f"s{i}",
            "session": f"d{i}",
            "role": "speaker",
            "partner": None,
            "group": f"s{i}",
            "split": splits[i % 3],
        }
        for i, clip in enumerate(clips)
    ]
    rows += [
        {
            **dict.fromkeys(rows[0]),
            "clip": name,
            "digest": "0",
            "bytes": 0,
            "status": "bad",
            "reason": f"{name}: the file is empty; record it again.",
            "layout": layout,
        }
        for name in ("empty one.mp4", "empty two.mp4")
    ]
    (root / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(sorted(rows, key=lambda row: row["clip"])), root / "data/catalog.parquet")


def faces(rng: np.random.Generator) -> pa.Table:
    k = np.arange(FRAMES)
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(cv2.resize(picture(3), (128, 128)), cv2.COLOR_RGB2BGR))[1].tobytes()
    found = k != 5
    x = np.where(found, 24.0 + k % 8, np.nan)
    return pa.table(
        {
            "frame": pa.array(k, pa.int32()),
            "is_face": found,
            "x": x,
            "y": np.full(FRAMES, 16.0),
            "w": np.full(FRAMES, 48.0),
            "h": np.full(FRAMES, 64.0),
            "crop_x": x - 8,
            "crop_y": np.full(FRAMES, 10.0),
            "crop_size": np.full(FRAMES, 72.0),
            "image": store.images([jpeg if f else None for f in found]),
        }
    )


def facial(rng: np.random.Generator) -> pa.Table:
    k = np.arange(FRAMES)
    mesh = [
        np.stack(
            [
                48 + i % 8 + 22 * np.cos(np.linspace(0, 40, 468)),
                48 + 28 * np.sin(np.linspace(0, 37, 468)),
                np.zeros(468),
            ],
            1,
        )
        for i in k
    ]
    columns = {
        f"{au}_r": np.where(k == 5, np.nan, np.clip(2 + 2 * np.sin(k / 5 + n) + rng.normal(0, 0.1, FRAMES), 0, 5))
        for n, au in enumerate(AUS)
    }
    none = [i == 5 for i in k]
    return pa.table(
        {
            "frame": pa.array(k, pa.int32()),
            "is_face": k != 5,
            **columns,
            "landmarks": [None if skip else m.ravel().tolist() for m, skip in zip(mesh, none, strict=True)],
            "landmarks68": [None if skip else m[:68, :2].ravel().tolist() for m, skip in zip(mesh, none, strict=True)],
        }
    )


def pose() -> pa.Table:
    k = np.arange(FRAMES)
    return pa.table(
        {
            "frame": pa.array(k, pa.int32()),
            "yaw": 20 * np.sin(k / 8),
            "pitch": 10 * np.cos(k / 8),
            "roll": 5.0 * np.sin(k / 6),
        }
    )


def fabricate(root: Path, clips: tuple[str, ...] = CLIPS) -> Path:
    """Write the outs of every stage below `root`."""
    rng = np.random.default_rng(0)
    write_catalog(root, clips)
    (root / "dvc.yaml").write_text(DVC)
    grid = pa.table({"frame": pa.array(np.arange(FRAMES), pa.int32())})
    write_folder(root, "data/decoded", dict.fromkeys(clips, grid))
    for clip in clips:
        write_media(root / "data/decoded/media" / f"{store.slug(clip)}.mkv")
    write_folder(root, "data/faces", {clip: faces(rng) for clip in clips})
    write_folder(root, "data/facial", {clip: facial(rng) for clip in clips})
    write_folder(root, "data/pose", {clip: pose() for clip in clips}, {"broken.mp4": "broken.mp4: no landmarks."})
    voiced = pa.table({"frame": grid["frame"], "is_voiced": np.arange(FRAMES) % 3 == 0})
    write_folder(root, "data/audio/frames", dict.fromkeys(clips, voiced))
    return root


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
