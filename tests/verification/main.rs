//! Which signatures, lists and bytes are valid: each rule, other programs' verdicts, and what vendors
//! really signed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it saw"
)]

mod gate;
mod independent;
mod policy;
mod vendor_data;
