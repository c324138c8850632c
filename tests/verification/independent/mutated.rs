//! Pairs that were good and are changed in some small way, some thousand of them in each run.
//!
//! What this project accepts after a change is what was signed before it. Where `gpgv` judges otherwise
//! the reason is in a table.

use jiff::Timestamp;

use bonafide::Keyring;
use bonafide::verify::{Error, SignedText, Verified, bare_signature};

use crate::independent::Pair;

/// A pair after some changes, and what it was made from.
pub(crate) struct Mutant<'a> {
    pub(crate) origin: &'a Pair,
    pub(crate) pair: Pair,
}

/// A stream of numbers: xorshift, which needs no dependency and gives the same on every machine.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default()
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() % bound.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// What is put between others: line ends, blanks of all kinds, framing and lines of lists.
const PIECES: &[&str] = &[
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "- ",
    "-",
    "=",
    ":",
    "\u{b}",
    "\u{c}",
    "\0",
    "\u{1b}[2K",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "A",
    "0",
    "0000000000000000000000000000000000000000000000000000000000000000  y.img\n",
    "SHA256 (y.img) = 0000000000000000000000000000000000000000000000000000000000000000\n",
    "Hash: SHA256\n",
    "Hash: MD5\n",
    "Comment: x\n",
    "Version: 1\n",
    "=AAAA\n",
    "-----BEGIN PGP SIGNED MESSAGE-----\n",
    "-----BEGIN PGP SIGNATURE-----\n",
    "-----END PGP SIGNATURE-----\n",
];

/// The pair with one to three changes.
pub(crate) fn mutant<'a>(origin: &'a Pair, numbers: &mut Numbers, name: String) -> Mutant<'a> {
    let mut signature = origin.signature.clone();
    let mut data = origin.data.clone();
    // Every other one keeps what is signed, more or less.
    let is_gentle = numbers.below(2) == 0;
    for _ in 0..=numbers.below(3) {
        match &mut data {
            _ if is_gentle => change_gently(&mut signature, numbers),
            Some(data) if numbers.below(3) == 0 => change(data, numbers),
            _ => change(&mut signature, numbers),
        }
    }
    let pair = Pair {
        name,
        keys: origin.keys.clone(),
        signature,
        data,
        now: origin.now,
    };
    Mutant { origin, pair }
}

/// White space, headers and escapes.
fn change_gently(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    if !bytes.starts_with(b"-----") {
        return flip(bytes, numbers);
    }
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let place = numbers.below(lines.len());
    match numbers.below(5) {
        0 => insert(&mut lines[place], 0, "- "),
        1 => {
            let header = numbers.of(&["Hash: SHA256\n", "Hash: SHA512, SHA256\n", "Hash: x\n"]);
            lines.insert(1, header.as_bytes().to_vec());
        }
        2 => {
            let begin = |line: &Vec<u8>| line.starts_with(b"-----BEGIN PGP SIGNATURE");
            let header = numbers.of(&["Comment: x\n", "Version: 1 \r\n", "Comment: \u{e9}\n"]);
            if let Some(begin) = lines.iter().position(begin) {
                lines.insert(begin + 1, header.as_bytes().to_vec());
            }
        }
        _ => {
            let end = lines[place].len().saturating_sub(1);
            insert(
                &mut lines[place],
                end,
                numbers.of(&[" ", "\t", "\r", " \t", "\r\r", " \r"]),
            );
        }
    }
    *bytes = lines.concat();
}

fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    match numbers.below(12) {
        0 => flip(bytes, numbers),
        1 => {
            let place = numbers.below(bytes.len());
            bytes.truncate(place);
        }
        2 => {
            let place = numbers.below(bytes.len());
            let end = (place + 1 + numbers.below(4)).min(bytes.len());
            bytes.drain(place..end);
        }
        3 | 4 => {
            let place = numbers.below(bytes.len() + 1);
            insert(bytes, place, numbers.of(PIECES));
        }
        number => change_lines(bytes, number, numbers),
    }
}

fn flip(bytes: &mut [u8], numbers: &mut Numbers) {
    let place = numbers.below(bytes.len());
    let bit = numbers.below(8);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1 << bit;
    }
}

fn insert(bytes: &mut Vec<u8>, place: usize, piece: &str) {
    bytes.splice(place..place, piece.bytes());
}

/// Lines are what clear-signed messages and armor are made of.
fn change_lines(bytes: &mut Vec<u8>, number: usize, numbers: &mut Numbers) {
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    if lines.is_empty() {
        return;
    }
    let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match number {
        5 => lines.swap(one, other),
        6 => {
            lines.remove(one);
        }
        7 => lines.insert(other, lines[one].clone()),
        8 => {
            // Between the line and its end.
            let place = lines[one].len().saturating_sub(1);
            insert(&mut lines[one], place, numbers.of(PIECES));
        }
        9 => insert(&mut lines[one], 0, numbers.of(PIECES)),
        10 => lines.insert(one, numbers.of(PIECES).as_bytes().to_vec()),
        _ => {
            let end = numbers.of(&["\r\n", " \n", "\t\r\n", "\n\n", "\r\r\n"]);
            for line in &mut lines {
                if line.ends_with(b"\n") {
                    line.pop();
                    line.extend(end.bytes());
                }
            }
        }
    }
    *bytes = lines.concat();
}

/// A reason for which `gpgv` judges otherwise, and how it is recognised by what this project says.
pub(crate) struct Explanation {
    pub(crate) they_accept: bool,
    pub(crate) reason: &'static str,
    pub(crate) explains: fn(&Mutant<'_>, &Result<Verified<SignedText>, Error>) -> bool,
}

impl Mutant<'_> {
    /// The verdict of a keyring that pins the pair's keys.
    pub(crate) fn ours(&self, keyring: &Keyring) -> Result<Verified<SignedText>, Error> {
        let now: Timestamp = self.pair.now;
        match &self.pair.data {
            Some(data) => keyring.verify_detached(data, &self.pair.signature, now),
            None => keyring.verify_cleartext(&self.pair.signature, now),
        }
    }

    pub(crate) fn begins_within_a_line(&self) -> bool {
        let begin = b"-----BEGIN PGP SIGNATURE-----";
        let file = &self.pair.signature;
        let mut starts = file.windows(begin.len()).enumerate();
        starts.any(|(start, window)| window == begin && start > 0 && file[start - 1] != b'\n')
    }

    pub(crate) fn is_detached_below_a_message(&self) -> bool {
        let message = b"-----BEGIN PGP SIGNED MESSAGE-----";
        let mut file = self.pair.signature.windows(message.len());
        self.pair.data.is_some() && file.any(|window| window == message)
    }

    pub(crate) fn has_other_headers(&self) -> bool {
        self.both(|pair| {
            let text = String::from_utf8_lossy(&pair.signature).into_owned();
            let below = text
                .split("-----BEGIN PGP SIGNATURE-----")
                .last()
                .map(str::to_owned);
            let lines = below.unwrap_or_default();
            let headers = lines.lines().filter(|line| line.contains(':'));
            headers
                .map(|line| line.trim_end().to_owned())
                .collect::<Vec<_>>()
        })
    }

    pub(crate) fn has_other_hash_headers(&self) -> bool {
        self.both(|pair| {
            let text = String::from_utf8_lossy(&pair.signature).into_owned();
            let lines = text.lines().filter(|line| line.starts_with("Hash: "));
            lines
                .map(|line| line.trim_end().to_owned())
                .collect::<Vec<_>>()
        })
    }

    pub(crate) fn has_another_checksum(&self) -> bool {
        self.both(|pair| {
            let text = String::from_utf8_lossy(&pair.signature).into_owned();
            let lines = text.lines().map(str::trim_end);
            let checksums = lines.filter(|line| line.len() == 5 && line.starts_with('='));
            checksums.map(str::to_owned).collect::<Vec<_>>()
        })
    }

    pub(crate) fn has_other_packets(&self) -> bool {
        self.both(|pair| bare_signature(&pair.signature).ok())
    }

    /// Whether the pair and what it was made from differ in this.
    fn both<T: PartialEq>(&self, of: impl Fn(&Pair) -> T) -> bool {
        of(self.origin) != of(&self.pair)
    }

    /// Its parts as text, to show a difference.
    pub(crate) fn shown(&self) -> String {
        let data = self.pair.data.as_deref().unwrap_or_default();
        format!(
            "{}: {:?} {:?}",
            self.origin.name,
            String::from_utf8_lossy(&self.pair.signature),
            String::from_utf8_lossy(data)
        )
    }
}
