"""Who speaks, and when: a pure state machine over events in audio time."""
