//! Servers that answer as nobody should: an API server, an object store, and what stands in their place. Whatever comes, the
//! plugin takes little memory, ends, says why in one line, and shows nothing that a terminal acts on.

mod api;
mod objects;
mod server;
mod store;
mod tls;
mod watched;
