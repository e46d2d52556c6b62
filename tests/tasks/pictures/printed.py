"""The reference's printed tables of its residual networks: layer, side, channels of its output, parameters.

Both networks have this trunk. Add and activation are one layer here, as is zero padding with the convolution after it.
"""

TRUNK = """
conv 48 64 3200
bn 48 64 256
relu 48 64 0
pool 23 64 0
stage1.down.conv_a 23 64 4160
stage1.down.pool_a 11 64 0
stage1.down.bn_a 11 64 256
stage1.down.relu_a 11 64 0
stage1.down.conv_b 11 64 36928
stage1.down.bn_b 11 64 256
stage1.down.relu_b 11 64 0
stage1.down.conv_c 11 256 16640
stage1.down.bn_c 11 256 1024
stage1.down.short.conv 23 256 16640
stage1.down.short.pool 11 256 0
stage1.down.short.bn 11 256 1024
stage1.down.relu 11 256 0
stage1.keep1.conv_a 11 64 16448
stage1.keep1.bn_a 11 64 256
stage1.keep1.relu_a 11 64 0
stage1.keep1.conv_b 11 64 36928
stage1.keep1.bn_b 11 64 256
stage1.keep1.relu_b 11 64 0
stage1.keep1.conv_c 11 256 16640
stage1.keep1.bn_c 11 256 1024
stage1.keep1.relu 11 256 0
stage1.keep2.conv_a 11 64 16448
stage1.keep2.bn_a 11 64 256
stage1.keep2.relu_a 11 64 0
stage1.keep2.conv_b 11 64 36928
stage1.keep2.bn_b 11 64 256
stage1.keep2.relu_b 11 64 0
stage1.keep2.conv_c 11 256 16640
stage1.keep2.bn_c 11 256 1024
stage1.keep2.relu 11 256 0
stage2.down.conv_a 11 128 32896
stage2.down.pool_a 5 128 0
stage2.down.bn_a 5 128 512
stage2.down.relu_a 5 128 0
stage2.down.conv_b 5 128 147584
stage2.down.bn_b 5 128 512
stage2.down.relu_b 5 128 0
stage2.down.conv_c 5 512 66048
stage2.down.bn_c 5 512 2048
stage2.down.short.conv 11 512 131584
stage2.down.short.pool 5 512 0
stage2.down.short.bn 5 512 2048
stage2.down.relu 5 512 0
stage2.keep1.conv_a 5 128 65664
stage2.keep1.bn_a 5 128 512
stage2.keep1.relu_a 5 128 0
stage2.keep1.conv_b 5 128 147584
stage2.keep1.bn_b 5 128 512
stage2.keep1.relu_b 5 128 0
stage2.keep1.conv_c 5 512 66048
stage2.keep1.bn_c 5 512 2048
stage2.keep1.relu 5 512 0
stage2.keep2.conv_a 5 128 65664
stage2.keep2.bn_a 5 128 512
stage2.keep2.relu_a 5 128 0
stage2.keep2.conv_b 5 128 147584
stage2.keep2.bn_b 5 128 512
stage2.keep2.relu_b 5 128 0
stage2.keep2.conv_c 5 512 66048
stage2.keep2.bn_c 5 512 2048
stage2.keep2.relu 5 512 0
"""


def trunk():
    """(name, shape as `describe` writes it, parameters) of each layer."""
    rows = [line.split() for line in TRUNK.split("\n") if line]
    return [(f"trunk.{name}", f"1 x {c} x {side} x {side}", int(count)) for name, side, c, count in rows]
