// Without a proof there must be a reason, and a reason is parsed.
use bonafide_verify::danger::{self, Reason};
use bonafide_verify::{Commit, Error, Gate};

fn without_any(gate: Gate) -> Result<Commit, Error> {
    danger::open(gate)
}

fn with_bare_text(gate: Gate) -> Result<Commit, Error> {
    danger::open(gate, "because")
}

fn unparsed() -> Reason {
    Reason(String::new())
}

fn by_default() -> Reason {
    Reason::default()
}

fn main() {}
