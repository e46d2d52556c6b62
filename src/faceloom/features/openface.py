"""OpenFace CSV files, read and resampled to the 25 fps grid by their timestamps."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS
from faceloom.features.head_pose import angles_of

Array = npt.NDArray[np.float32]

FPS: Final = 25.0
MIN_CONFIDENCE: Final = 0.5
MAX_GAP: Final = 0.2
"""Seconds between two good rows over which values are interpolated; longer is a face out of view."""

SLACK: Final = 0.5 / FPS
"""Seconds beyond the first and the last good row for which they still stand."""

TRANSLATION: Final = ("pose_Tx", "pose_Ty", "pose_Tz")
ROTATION: Final = ("pose_Rx", "pose_Ry", "pose_Rz")
POINTS: Final = tuple(f"{axis}_{k}" for k in range(68) for axis in "xy")


def read(path: Path) -> pd.DataFrame:
    """The good rows of an OpenFace 2 CSV, sorted by time: every column stripped of spaces, one face only.

    Rows count as good when OpenFace says `success`, with a confidence of at least 0.5, and no AU is missing.

    Raises:
        InputError: no table, or no `timestamp` or AU column.
    """
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path.name}: not a CSV table ({error}); write it with OpenFace's FeatureExtraction."
        ) from None
    table.columns = table.columns.str.strip()
    for column in ("timestamp", *AU_COLUMNS):
        if column not in table:
            raise InputError(f"{path.name}: column `{column}` is missing; write it with OpenFace's options -aus -pose.")
    numbers = table.apply(pd.to_numeric, errors="coerce")
    good = numbers[["timestamp", *AU_COLUMNS]].notna().all(axis=1)
    if "success" in numbers:
        good &= numbers["success"] == 1
    if "confidence" in numbers:
        good &= numbers["confidence"] >= MIN_CONFIDENCE
    rows = _one_face(numbers[good])
    ordered: pd.DataFrame = rows.sort_values("timestamp", kind="stable").drop_duplicates("timestamp")
    return ordered


def _one_face(rows: pd.DataFrame) -> pd.DataFrame:
    """OpenFace's multi-face output numbers the faces: keep the one that is seen most."""
    if "face_id" not in rows or rows.empty:
        return rows
    seen: pd.DataFrame = rows[rows["face_id"] == rows["face_id"].mode()[0]]
    return seen


def on_grid(rows: pd.DataFrame, columns: tuple[str, ...], first: int, last: int) -> Array:
    """Values (last - first, columns) at frames of the grid, linear between good rows; NaN where there are none near."""
    result = np.full((last - first, len(columns)), np.nan, dtype=np.float32)
    if rows.empty or not set(columns) <= set(rows.columns):
        return result
    times, wanted = rows["timestamp"].to_numpy(float), np.arange(first, last) / FPS
    after = np.searchsorted(times, wanted).clip(0, len(times) - 1)
    before = np.maximum(after - (times[after] > wanted), 0)
    far = (times[after] - times[before] > MAX_GAP) | (wanted < times[0] - SLACK) | (wanted > times[-1] + SLACK)
    values = rows[list(columns)].to_numpy(float)
    for k in range(len(columns)):
        result[:, k] = np.interp(wanted, times, values[:, k])
    result[far] = np.nan
    return result


def head_angles(rotation: Array) -> Array:
    """Yaw, pitch, roll (n, 3) in degrees of OpenFace's angles (n, 3) in radians.

    OpenFace's matrix is Rx Ry Rz in the camera's axes (x right, y down, z away); see `Euler2RotationMatrix` there.
    """
    x, y, z = rotation.astype(np.float64).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    about_x = [[one, zero, zero], [zero, np.cos(x), -np.sin(x)], [zero, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), zero, np.sin(y)], [zero, one, zero], [-np.sin(y), zero, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), zero], [np.sin(z), np.cos(z), zero], [zero, zero, one]]
    rx, ry, rz = (np.moveaxis(np.array(matrix), -1, 0) for matrix in (about_x, about_y, about_z))
    axes = np.array([1.0, -1.0, -1.0])  # to the head frame: y up, z towards the viewer
    return angles_of((axes[:, None] * (rx @ ry @ rz) * axes).astype(np.float32))
