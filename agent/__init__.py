"""One conversation: sound in, turns, the three stages, sound out."""
