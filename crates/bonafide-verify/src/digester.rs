//! Digests of a stream, computed while it passes.

use std::hint::black_box;

use bonafide_core::{Algorithm, Digest, Digests};
use sha2::Digest as _;

/// Small enough to stay in the first-level cache between two digests, large enough to cost no
/// calls.
const PIECE: usize = 1024;
const CACHE_LINE: usize = 64;

/// Computes SHA-256 and SHA-512 of a stream in a single pass.
///
/// ```
/// use bonafide_verify::{Digester, Digests};
///
/// let mut digester = Digester::new();
/// for chunk in [&b"a"[..], b"bc"] {
///     digester.update(chunk);
/// }
/// assert_eq!(digester.finish(), Digests::of(b"abc"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Digester {
    sha256: sha2::Sha256,
    sha512: sha2::Sha512,
    bytes: u64,
}

impl Digester {
    /// A digester that has no bytes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes of the stream.
    pub fn update(&mut self, data: &[u8]) {
        self.bytes += data.len() as u64;
        for piece in data.chunks(PIECE) {
            self.sha512.update(piece);
            self.sha256.update(piece);
        }
    }

    /// How many bytes were added so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The state of one of them so far, for a signature, which has something to add to the bytes.
    pub(crate) fn state(&self, algorithm: Algorithm) -> Box<dyn ::digest::DynDigest + Send> {
        match algorithm {
            Algorithm::Sha256 => Box::new(self.sha256.clone()),
            Algorithm::Sha512 => Box::new(self.sha512.clone()),
        }
    }

    /// Ends the stream.
    #[must_use]
    pub fn finish(self) -> Digests {
        let (sha256, sha512) = (self.sha256.finalize(), self.sha512.finalize());
        Digests::new(sha256.into(), sha512.into(), self.bytes)
    }
}

/// Computes one digest of a stream.
///
/// SHA-256 with the processor's own instructions is faster than memory latency, so data that comes
/// from main memory is prefetched one small piece ahead. Whether that helps depends on how far the
/// processor prefetches by itself; it costs next to nothing otherwise:
/// `benches/hash_throughput` measures it.
#[derive(Clone, Debug)]
pub struct SingleDigester(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl SingleDigester {
    /// A digester that has no bytes yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        })
    }

    /// Adds the next bytes of the stream.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => {
                for piece in data.chunks(PIECE) {
                    touch(piece);
                    state.update(piece);
                }
            }
            State::Sha512(state) => state.update(data),
        }
    }

    /// Ends the stream.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest::sha256(state.finalize().into()),
            State::Sha512(state) => Digest::sha512(state.finalize().into()),
        }
    }
}

/// Loads each cache line of the piece, so that memory answers them all at once and not one after
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

    proptest! {
        #[test]
        fn any_split_gives_the_digests_of_the_whole(
            data in proptest::collection::vec(any::<u8>(), 0..5000),
            cut in 0_usize..5000,
        ) {
            let (head, tail) = data.split_at(cut.min(data.len()));
            let expected = Digests::of(&data);
            let mut both = Digester::new();
            both.update(head);
            both.update(tail);
            prop_assert_eq!(both.bytes(), data.len() as u64);
            prop_assert_eq!(both.finish(), expected.clone());
            for algorithm in Algorithm::ALL {
                let mut digester = SingleDigester::new(algorithm);
                digester.update(head);
                digester.update(tail);
                prop_assert_eq!(&digester.finish(), expected.digest(algorithm));
            }
        }
    }
}
