//! Digests: their algorithms, values and the streaming computation of several at once.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The digest algorithms that prove something. MD5 and SHA-1 are not among them.
///
/// ```
/// use bonafide_verify::Algorithm;
///
/// assert_eq!((Algorithm::Sha512.name(), Algorithm::Sha512.length()), ("sha512", 64));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, FIPS 180-4.
    Sha256,
    /// SHA-512, FIPS 180-4.
    Sha512,
}

impl Algorithm {
    /// The name as Glance writes it (`os_hash_algo`): `sha256` or `sha512`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The length of the digest in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest value with its algorithm. Printed as lower-case hexadecimal.
///
/// ```
/// use bonafide_verify::{Algorithm, Digest};
///
/// let digest = Digest::of(Algorithm::Sha256, b"");
/// assert_eq!(digest.to_string().parse::<Digest>()?, digest);
/// assert_eq!(digest.algorithm(), Algorithm::Sha256);
/// # Ok::<(), bonafide_verify::ParseDigestError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: Algorithm,
    value: Vec<u8>,
}

impl Digest {
    /// The digest of `data`.
    #[must_use]
    pub fn of(algorithm: Algorithm, data: &[u8]) -> Self {
        let value = match algorithm {
            Algorithm::Sha256 => sha2::Sha256::digest(data).to_vec(),
            Algorithm::Sha512 => sha2::Sha512::digest(data).to_vec(),
        };
        Self { algorithm, value }
    }

    /// Its algorithm, known from its length when parsed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.value
    }
}

/// Not a SHA-256 or SHA-512 digest in hexadecimal.
///
/// It has the text that was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a SHA-256 (64 digits) nor a SHA-512 digest (128 digits) in hexadecimal")]
pub struct ParseDigestError(String);

impl FromStr for Digest {
    type Err = ParseDigestError;

    /// Reads hexadecimal digits of either case; the length determines the algorithm.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseDigestError(text.chars().take(140).collect());
        let value = hex::decode(text).map_err(|_| refused())?;
        let algorithm = match value.len() {
            32 => Algorithm::Sha256,
            64 => Algorithm::Sha512,
            _ => return Err(refused()),
        };
        Ok(Self { algorithm, value })
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.value))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.algorithm)
    }
}

/// Computes one or both digests of a stream in a single pass.
///
/// SHA-256 with the processor's own instructions is faster than memory latency, so data that comes
/// from main memory is prefetched one small piece ahead. Whether that helps depends on how far the
/// processor prefetches by itself; it costs next to nothing otherwise. `benches/hash_throughput`
/// measures it.
#[derive(Clone, Debug)]
pub struct Digester {
    states: States,
    bytes: u64,
}

#[derive(Clone, Debug)]
enum States {
    Both(Both),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

/// SHA-256 and SHA-512 of the same bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Both {
    sha256: sha2::Sha256,
    sha512: sha2::Sha512,
}

/// Small enough to stay in the first-level cache between two digests, large enough to make the
/// calls cheap.
const PIECE: usize = 1024;
const CACHE_LINE: usize = 64;

impl Both {
    pub(crate) fn update(&mut self, data: &[u8]) {
        for piece in data.chunks(PIECE) {
            self.sha512.update(piece);
            self.sha256.update(piece);
        }
    }

    /// The state of one of them so far, for a caller that appends more bytes.
    pub(crate) fn state(&self, algorithm: Algorithm) -> Box<dyn ::digest::DynDigest + Send> {
        match algorithm {
            Algorithm::Sha256 => Box::new(self.sha256.clone()),
            Algorithm::Sha512 => Box::new(self.sha512.clone()),
        }
    }

    /// SHA-256, then SHA-512.
    pub(crate) fn finish(self) -> (Digest, Digest) {
        (from_sha256(self.sha256), from_sha512(self.sha512))
    }
}

fn from_sha256(state: sha2::Sha256) -> Digest {
    Digest {
        algorithm: Algorithm::Sha256,
        value: state.finalize().to_vec(),
    }
}

fn from_sha512(state: sha2::Sha512) -> Digest {
    Digest {
        algorithm: Algorithm::Sha512,
        value: state.finalize().to_vec(),
    }
}

impl Digester {
    /// Computes SHA-256 and SHA-512.
    #[must_use]
    pub fn both() -> Self {
        Self::with(States::Both(Both::default()))
    }

    /// Computes one digest.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self::with(match algorithm {
            Algorithm::Sha256 => States::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => States::Sha512(sha2::Sha512::new()),
        })
    }

    const fn with(states: States) -> Self {
        Self { states, bytes: 0 }
    }

    /// Adds the next bytes of the stream.
    pub fn update(&mut self, data: &[u8]) {
        self.bytes += data.len() as u64;
        match &mut self.states {
            States::Both(both) => both.update(data),
            States::Sha256(state) => {
                for piece in data.chunks(PIECE) {
                    touch(piece);
                    state.update(piece);
                }
            }
            States::Sha512(state) => state.update(data),
        }
    }

    /// How many bytes were added so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the digests; of both, SHA-256 first.
    ///
    /// Returns one or two digests, for the algorithms that were chosen.
    #[must_use]
    pub fn finish(self) -> Vec<Digest> {
        match self.states {
            States::Both(both) => {
                let (sha256, sha512) = both.finish();
                vec![sha256, sha512]
            }
            States::Sha256(state) => vec![from_sha256(state)],
            States::Sha512(state) => vec![from_sha512(state)],
        }
    }
}

/// Loads each cache line of the piece, so that memory delivers them all at once and not one after
/// the other.
fn touch(piece: &[u8]) {
    let mut sum = 0;
    for line in piece.chunks(CACHE_LINE) {
        sum ^= line.first().copied().unwrap_or_default();
    }
    black_box(sum);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers_of_fips_180_4() {
        assert_eq!(
            Digest::of(Algorithm::Sha256, b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(
            Digest::of(Algorithm::Sha512, b"abc")
                .to_string()
                .starts_with("ddaf35a193617abacc417349ae204131")
        );
    }

    #[test]
    fn md5_and_sha1_are_no_digests() {
        for text in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "",
            "zz",
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_digest_of_the_whole(
            data in proptest::collection::vec(any::<u8>(), 0..5000),
            cut in 0_usize..5000,
        ) {
            let (head, tail) = data.split_at(cut.min(data.len()));
            let digest = |algorithm| Digest::of(algorithm, &data);
            let (sha256, sha512) = (digest(Algorithm::Sha256), digest(Algorithm::Sha512));
            for (mut digester, expected) in [
                (Digester::new(Algorithm::Sha256), vec![sha256.clone()]),
                (Digester::new(Algorithm::Sha512), vec![sha512.clone()]),
                (Digester::both(), vec![sha256, sha512]),
            ] {
                digester.update(head);
                digester.update(tail);
                prop_assert_eq!(digester.bytes(), data.len() as u64);
                prop_assert_eq!(digester.finish(), expected);
            }
        }
    }
}
