//! Do others say the same? Every pair of signature and key is judged by this project, by GnuPG's
//! `gpgv` and by Sequoia's `sqv`. Each difference is in a table with its reason; one that is not
//! there fails, and so does a row that no longer differs.
//!
//! The verdict of a program is its exit status, which is what scripts ask. Ours is of the time that is
//! given. `gpgv` takes this machine's clock and accepts no other; it reports expired keys in its
//! status lines only and exits with 0, so its verdicts stay the same as time goes by.
//!
//! `gpgv` is required in CI. `sqv` is asked where it is installed; what it and Sequoia's `sq` said
//! when the vendors' files were gathered is beside them and is compared with the same table.

mod differences;
mod made;
mod mutated;
mod program;
mod real;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bonafide::Keyring;
use bonafide::verify::{Fingerprint, bare_signature};
use jiff::Timestamp;
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::types::KeyDetails;

use differences::Difference;
use program::Program;

/// What was made, once for all tests.
static MADE: LazyLock<Vec<Pair>> = LazyLock::new(made::pairs);

/// A signature and the keys that it is judged by.
#[derive(Clone)]
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
    /// A keyring that pins the primary keys of the pair.
    fn keyring(&self) -> Keyring {
        let certificates = SignedPublicKey::from_bytes_many(&self.keys[..]).unwrap();
        let pins = certificates.filter_map(Result::ok);
        let pins = pins.map(|certificate| Fingerprint::from(certificate.fingerprint()));
        let mut keyring = Keyring::new("vendor", pins);
        keyring.add(&self.keys).unwrap();
        keyring
    }

    /// Whether this project accepts it.
    fn ours(&self) -> bool {
        let keyring = self.keyring();
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
fn an_unexplained_difference_is_reported_and_so_is_a_row_without_one() {
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

/// As many changed pairs as are judged in each run.
const MUTANTS: usize = 2_400;

/// Another seed gives other changes: `BONAFIDE_MUTANT_SEED`.
fn seed() -> u64 {
    let seed = std::env::var("BONAFIDE_MUTANT_SEED");
    seed.map_or(20_261_129, |seed| seed.parse().unwrap())
}

/// Good pairs of both kinds: made ones, and what vendors signed where their files are there.
fn good_pairs() -> Vec<Pair> {
    let made = made::pairs().into_iter();
    let names = [
        "binary",
        "text",
        "clear-signed",
        "Ed25519 subkey",
        "RSA of 2048 bits",
    ];
    let made = made.filter(|pair| names.contains(&&*pair.name));
    let made = made.flat_map(|pair| {
        let armored = pair.data.is_some().then(|| Pair {
            signature: bare_signature(&pair.signature).unwrap().into_bytes(),
            ..pair.clone()
        });
        [Some(pair), armored].into_iter().flatten()
    });
    let real = real::pairs().unwrap_or_default().into_iter();
    // Larger ones take long and are changed in the same few ways.
    let small =
        |pair: &Pair| pair.signature.len() + pair.data.as_ref().map_or(0, Vec::len) < 20_000;
    let real = real.filter(|pair| small(pair) && pair.ours());
    made.chain(real).collect()
}

/// No error shows a library's own output: fields of structures, lists of bytes, backtraces.
fn assert_is_for_people(text: &str) {
    assert!(text.len() < 1500, "{text}");
    for sign in [
        "{ ", "Some(", "Error(", "acktrace", "[1", "::", "\n", "\u{1b}",
    ] {
        assert!(!text.contains(sign), "`{sign}`: {text}");
    }
}

#[test]
fn gpgv_says_the_same_of_what_was_changed_but_for_the_known_differences() {
    let Some(gpgv) = Program::gpgv() else { return };
    let pairs = good_pairs().into_iter();
    // Of the others the differences are known.
    let pairs: Vec<_> = pairs
        .filter(|pair| gpgv.accepts(pair) == Some(true))
        .collect();
    let judged: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let keyring = pair.keyring();
            let signed = match &pair.data {
                Some(data) => keyring.verify_detached(data, &pair.signature, pair.now),
                None => keyring.verify_cleartext(&pair.signature, pair.now),
            };
            (keyring, signed.unwrap().as_bytes().to_vec())
        })
        .collect();
    let mut numbers = mutated::Numbers::new(seed());
    let mut mistakes = Vec::new();
    let mut verdicts = [0; 2];
    let mut explained = std::collections::BTreeMap::new();
    for number in 0..MUTANTS {
        let origin = &pairs[number % pairs.len()];
        let (keyring, signed) = &judged[number % pairs.len()];
        let mutant = mutated::mutant(origin, &mut numbers, format!("mutant {number}"));
        let ours = mutant.ours(keyring);
        if let Ok(text) = &ours {
            // A text signature is over canonical line ends.
            let canonical = |text: &[u8]| String::from_utf8_lossy(text).replace("\r\n", "\n");
            assert_eq!(
                canonical(text.as_bytes()),
                canonical(signed),
                "{}",
                mutant.shown()
            );
        }
        if let Err(error) = &ours {
            assert_is_for_people(&error.to_string());
        }
        verdicts[usize::from(ours.is_ok())] += 1;
        let theirs = gpgv.accepts(&mutant.pair).unwrap();
        if ours.is_ok() == theirs {
            continue;
        }
        let row = differences::MUTANTS
            .iter()
            .find(|row| row.they_accept == theirs && (row.explains)(&mutant, &ours));
        if let Some(row) = row {
            *explained.entry(row.reason).or_insert(0_usize) += 1;
        } else {
            let ours = ours.map(|_| "accepted");
            mistakes.push(format!(
                "they accept: {theirs}, ours: {ours:?}, {}",
                mutant.shown()
            ));
        }
    }
    assert!(
        mistakes.is_empty(),
        "{} beside {explained:#?}: {mistakes:#?}",
        mistakes.len()
    );
    // Changes that nothing came of would show nothing, and so would such as always break it.
    assert!(verdicts[0] > 500 && verdicts[1] > 200, "{verdicts:?}");
}
