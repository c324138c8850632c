//! The client against a cloud on loopback that answers what the test says.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod images;
mod logins;
mod members;
mod retries;
mod scripted;
mod session;
mod tls;
mod upload;
mod usage;
