//! Benchmarks of bonafide; see the `*.rs` files beside this one.
//!
//! They are a package of their own because they link OpenSSL to measure against it: the libraries
//! and the examples need none of its headers.
