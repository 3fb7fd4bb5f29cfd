"""The mouth: text to phonemes, phonemes to acoustic frames through spiking networks, frames to sound."""
