"""The reference's printed table of its residual networks (trunk.txt): layer, side, channels of its output, parameters.

Both networks have this trunk. Add and activation are one layer here, as is zero padding with the convolution after it.
"""

from pathlib import Path

TRUNK = Path(__file__).with_name("trunk.txt")


def trunk():
    """(name, shape as `describe` writes it, parameters) of each layer."""
    rows = [line.split() for line in TRUNK.read_text().splitlines()]
    return [(f"trunk.{name}", f"1 x {c} x {side} x {side}", int(count)) for name, side, c, count in rows]
