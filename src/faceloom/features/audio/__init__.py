"""Speech features: MFCC and prosody per frame, ComParE_2016 descriptors every 10 ms, functionals per stretch."""
