"""Clips, records, the per-clip cache and the map over clips."""

from faceloom.runtime import Runtime, project_root
from faceloom.store.mapping import Summary, map_clips
from faceloom.store.records import Clip, ClipTable, images, load_clips, slug, write_table

__all__ = [
    "Clip",
    "ClipTable",
    "Runtime",
    "Summary",
    "images",
    "load_clips",
    "map_clips",
    "project_root",
    "slug",
    "write_table",
]
