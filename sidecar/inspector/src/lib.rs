//! The JavaScript stack of a Node process that stands still, over the Chrome DevTools Protocol.

#![forbid(unsafe_code)]
