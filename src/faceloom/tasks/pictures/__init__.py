"""What the three networks on pictures of faces share: blocks, training, scores, sheets of pictures."""
