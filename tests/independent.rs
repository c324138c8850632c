//! Do others say the same? Every pair of signature and key is judged by this project, by GnuPG's
//! `gpgv` and by Sequoia's `sqv`. Each difference stands in a table with its reason; one that is not
//! there fails, and so does a row that no longer differs.
//!
//! The verdict of a program is its exit status, which is what scripts ask. Ours is of the time that is
//! given. `gpgv` takes this machine's clock and can't be told another; it tells expired keys in its
//! status lines only and exits with 0, so its verdicts stay the same as time goes by.
//!
//! `gpgv` is required in CI. `sqv` is asked where it is installed; what it and Sequoia's `sq` said
//! when the vendors' files were gathered stands beside them and is held against the same table.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test ends where something is amiss, and says what it left out"
)]

mod support;

#[path = "independent/differences.rs"]
mod differences;
#[path = "policy/dsa.rs"]
mod dsa;
#[path = "independent/made.rs"]
mod made;
#[path = "independent/program.rs"]
mod program;
#[path = "independent/real.rs"]
mod real;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bonafide::Keyring;
use bonafide::verify::Fingerprint;
use jiff::Timestamp;
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::types::KeyDetails;

use differences::Difference;
use program::Program;

/// What was made, once for all tests.
static MADE: LazyLock<Vec<Pair>> = LazyLock::new(made::pairs);

/// A signature and the keys that it is judged by.
struct Pair {
    name: String,
    /// A binary key file; its primary keys are pinned.
    keys: Vec<u8>,
    /// A detached signature, or a clear-signed message.
    signature: Vec<u8>,
    data: Option<Vec<u8>>,
    now: Timestamp,
}

impl Pair {
    /// Whether this project accepts it.
    fn ours(&self) -> bool {
        let certificates = SignedPublicKey::from_bytes_many(&self.keys[..]).unwrap();
        let pins = certificates.filter_map(Result::ok);
        let pins = pins.map(|certificate| Fingerprint::from(certificate.fingerprint()));
        let mut keyring = Keyring::new("vendor", pins);
        keyring.add(&self.keys).unwrap();
        let verdict = match &self.data {
            Some(data) => keyring.verify_detached(data, &self.signature, self.now),
            None => keyring.verify_cleartext(&self.signature, self.now),
        };
        verdict.is_ok()
    }
}

/// What is wrong with the table, according to the verdicts of another program. A pair that the
/// program was not asked about is left out.
fn mistakes(
    pairs: &[Pair],
    theirs: impl Fn(&Pair) -> Option<bool>,
    table: &[Difference],
) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut known = BTreeSet::new();
    for pair in pairs {
        let name = &pair.name[..];
        assert!(known.insert(name), "two pairs are called `{name}`");
        let Some(theirs) = theirs(pair) else { continue };
        let rows = table.iter().filter(|row| row.pairs.contains(&name));
        let rows: Vec<_> = rows.collect();
        match (pair.ours() == theirs, &rows[..]) {
            (true, []) => {}
            (true, [row, ..]) => {
                mistakes.push(format!("`{name}` does not differ, although {}", row.reason));
            }
            (false, [row]) if row.they_accept == theirs => {}
            (false, rows) => {
                let verdict = if theirs { "accept" } else { "refuse" };
                let rows = rows.len();
                mistakes.push(format!(
                    "`{name}`: they {verdict} it, and {rows} rows say why"
                ));
            }
        }
    }
    let named = table.iter().flat_map(|row| row.pairs);
    let unknown = named.filter(|name| !known.contains(**name));
    mistakes.extend(unknown.map(|name| format!("`{name}` is no pair")));
    mistakes
}

fn compare(pairs: &[Pair], theirs: impl Fn(&Pair) -> Option<bool>, table: &[Difference]) {
    let mistakes = mistakes(pairs, theirs, table);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn an_unexplained_difference_is_told_and_so_is_a_row_without_one() {
    let pairs = &MADE[..3];
    let row = |they_accept, pairs| Difference {
        they_accept,
        reason: "it is a test",
        pairs,
    };
    let ours = |pair: &Pair| Some(pair.ours());
    let not_ours = |pair: &Pair| Some(pair.ours() != (pair.name == "binary"));
    assert!(mistakes(pairs, ours, &[]).is_empty());
    assert!(mistakes(pairs, not_ours, &[row(false, &["binary"])]).is_empty());
    for (told, wrong) in [
        (mistakes(pairs, not_ours, &[]), "they refuse it, and 0 rows"),
        (
            mistakes(pairs, not_ours, &[row(true, &["binary"])]),
            "and 1 rows",
        ),
        (
            mistakes(pairs, ours, &[row(false, &["binary"])]),
            "does not differ",
        ),
        (
            mistakes(pairs, ours, &[row(true, &["nonsense"])]),
            "is no pair",
        ),
    ] {
        assert!(
            matches!(&told[..], [told] if told.contains(wrong)),
            "{told:?}"
        );
    }
}

#[test]
fn gpgv_says_the_same_of_what_vendors_signed_but_for_the_known_differences() {
    let (Some(gpgv), Some(pairs)) = (Program::gpgv(), real::pairs()) else {
        return;
    };
    compare(&pairs, |pair| gpgv.accepts(pair), differences::GPGV);
}

#[test]
fn gpgv_says_the_same_of_what_was_made_but_for_the_known_differences() {
    let Some(gpgv) = Program::gpgv() else { return };
    compare(&MADE, |pair| gpgv.accepts(pair), differences::GPGV_MADE);
}

#[test]
fn sqv_says_the_same_of_what_vendors_signed_but_for_the_known_differences() {
    let (Some(sqv), Some(pairs)) = (Program::sqv(), real::pairs()) else {
        return;
    };
    compare(&pairs, |pair| sqv.accepts(pair), differences::SEQUOIA);
}

#[test]
fn sequoia_said_the_same_of_what_vendors_signed_but_for_the_known_differences() {
    let (Some(pairs), Some(said)) = (real::pairs(), real::said_by_sequoia()) else {
        return;
    };
    compare(
        &pairs,
        |pair| said.get(&pair.name).copied(),
        differences::SEQUOIA,
    );
}
