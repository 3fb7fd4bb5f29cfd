"""The OpenAI Realtime protocol without I/O: client events and turns in, server events and orders out."""
