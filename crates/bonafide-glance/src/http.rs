//! Requests and answers: what is sent again, how fast, and what an answer means.

pub(crate) mod address;
pub(crate) mod connection;
mod limiter;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry;
mod sending;
mod tls;
pub(crate) mod traffic;
