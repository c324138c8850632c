//! Digests: their algorithms and values, and both of one file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The digest algorithms that prove something. MD5 and SHA-1 are not among them.
///
/// ```
/// use bonafide_core::Algorithm;
///
/// assert_eq!((Algorithm::Sha512.name(), Algorithm::Sha512.length()), ("sha512", 64));
/// ```
///
/// It can be matched without a wildcard: each place that handles digests has to decide on a
/// further algorithm, so that one is a change that all of them see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// SHA-256, FIPS 180-4.
    Sha256,
    /// SHA-512, FIPS 180-4.
    Sha512,
}

impl Algorithm {
    /// All, the shorter digest first.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

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

/// Not the name of a digest algorithm that proves something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest algorithm that is accepted: `sha256` or `sha512`")]
pub struct ParseAlgorithmError(String);

impl FromStr for Algorithm {
    type Err = ParseAlgorithmError;

    /// Reads a name as Glance writes it in `os_hash_algo`: `sha256` or `sha512`, in lower case.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| ParseAlgorithmError(name.chars().take(80).collect()))
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
/// use bonafide_core::{Algorithm, Digest};
///
/// let digest: Digest = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD".parse()?;
/// assert_eq!(digest.algorithm(), Algorithm::Sha256);
/// assert_eq!(digest, Digest::of(Algorithm::Sha256, b"abc"));
/// assert!("d41d8cd98f00b204e9800998ecf8427e".parse::<Digest>().is_err(), "MD5");
/// # Ok::<(), bonafide_core::ParseDigestError>(())
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
        match algorithm {
            Algorithm::Sha256 => Self::sha256(sha2::Sha256::digest(data).into()),
            Algorithm::Sha512 => Self::sha512(sha2::Sha512::digest(data).into()),
        }
    }

    /// A SHA-256 digest that was computed elsewhere.
    #[must_use]
    pub fn sha256(value: [u8; 32]) -> Self {
        Self {
            algorithm: Algorithm::Sha256,
            value: value.to_vec(),
        }
    }

    /// A SHA-512 digest that was computed elsewhere.
    #[must_use]
    pub fn sha512(value: [u8; 64]) -> Self {
        Self {
            algorithm: Algorithm::Sha512,
            value: value.to_vec(),
        }
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

/// Both digests of one file, and its size.
///
/// The file of a vendor or an image in Glance; the two differ where the vendor's file is compressed.
/// The digests are computed and prove nothing by themselves.
///
/// ```
/// use bonafide_core::{Algorithm, Digests};
///
/// let digests = Digests::of(b"abc");
/// assert_eq!(digests.bytes, 3);
/// assert_eq!(digests.digest(Algorithm::Sha512), &digests.sha512);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Digests {
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-512 of the file.
    pub sha512: Digest,
    /// The size of the file in bytes.
    pub bytes: u64,
}

impl Digests {
    /// The digests and size of a file as they were computed elsewhere.
    #[must_use]
    pub fn new(sha256: [u8; 32], sha512: [u8; 64], bytes: u64) -> Self {
        Self {
            sha256: Digest::sha256(sha256),
            sha512: Digest::sha512(sha512),
            bytes,
        }
    }

    /// Those of a file in memory.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        Self {
            sha256: Digest::of(Algorithm::Sha256, file),
            sha512: Digest::of(Algorithm::Sha512, file),
            bytes: file.len() as u64,
        }
    }

    /// The digest in the given algorithm.
    ///
    /// Both are always computed, whichever the vendor signed.
    #[must_use]
    pub const fn digest(&self, algorithm: Algorithm) -> &Digest {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => &self.sha512,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers_of_fips_180_4() {
        let digests = Digests::of(b"abc");
        assert_eq!(
            digests.sha256.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(
            digests
                .sha512
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

    #[test]
    fn an_algorithm_is_read_by_the_name_that_glance_writes() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_eq!(
                Digest::of(algorithm, b"").as_bytes().len(),
                algorithm.length()
            );
        }
        for other in ["", "md5", "sha1", "sha384", "SHA256", "sha-256", " sha256"] {
            let error = other.parse::<Algorithm>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{other}`")));
        }
    }

    #[test]
    fn json_has_both_digests_and_the_size() {
        let digests = Digests::of(b"abc");
        let (sha256, sha512) = (&digests.sha256, &digests.sha512);
        assert_eq!(
            serde_json::to_string(&digests).unwrap(),
            format!(r#"{{"sha256":"{sha256}","sha512":"{sha512}","bytes":3}}"#)
        );
    }

    proptest! {
        #[test]
        fn a_digest_is_read_as_it_is_written(data: Vec<u8>) {
            for algorithm in Algorithm::ALL {
                let digest = Digest::of(algorithm, &data);
                prop_assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest.clone()));
                let json = serde_json::to_string(&digest).unwrap();
                prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
            }
        }
    }
}
