"""Many conversations over WebSockets."""
