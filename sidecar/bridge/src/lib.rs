//! Claude Code's IDE WebSocket: lock files, and a heartbeat that needs no token.

#![forbid(unsafe_code)]
