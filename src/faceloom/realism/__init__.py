"""FRRea, how real rendered reactions look: frames of the head, Inception features, and the distance between them."""
