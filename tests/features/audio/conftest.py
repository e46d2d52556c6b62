"""Clips with sound alone, as `decode` writes them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tones import clip_of

__all__ = ["clip_of"]
