//! Listening, TLS, and the answers.

mod answer;
mod body;
mod html;
pub(crate) mod listener;
pub(crate) mod tls;
