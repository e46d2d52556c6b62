"""Seven emotions by a small convolutional network (reference 3)."""
