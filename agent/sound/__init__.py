"""Where sound comes from and goes to."""
