"""Clips, records, the per-clip cache and the map over clips."""

from faceloom.store.mapping import Summary, map_clips
from faceloom.store.records import Clip, ClipTable, images, load_clips, slug, write_table
from faceloom.store.runtime import Runtime, project_root

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
