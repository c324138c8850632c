//! Benchmarks of bonafide; see the `*.rs` files beside this one.
//!
//! They are a package of their own because they link OpenSSL to measure against it: whoever builds
//! the libraries or runs the examples needs none of its headers.
