//! Verifies an image again by what is stored on it, for users who do not trust its operator.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide_core::text::printable;
use bonafide_glance::{Clock, Glance, Image, Session, Status};
use bonafide_image::Compression;
use bonafide_resolve::KeySources;
use bonafide_sources::Fetch;
use bonafide_verify::{DigestCheck, Evidence, ExpectedDigest, Keyring};
use serde::Serialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::error::Error;
use crate::ledger::keys;

mod bytes;
mod described;
mod links;
pub(crate) mod record;

use described::contradictions;
use links::{Stop, boots_alone, broken, claimed_digest, claims, files, prove, stored_digest};

/// Longer reasons are truncated.
const MAX_REASON: usize = 2000;

/// The result of an audit.
///
/// Only the first two end the question; an unverified image may be verified by a download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
#[non_exhaustive]
pub enum Verdict {
    /// Something contradicts what the image claims.
    Broken {
        /// The contradiction.
        reason: String,
    },
    /// Every link is valid, from the pinned key to the digest that Glance reports or, with
    /// [`Depth::Bytes`], to the bytes that it stores.
    Verified,
    /// There is no contradiction, but a link is missing.
    Unverified {
        /// The missing link.
        remains: String,
    },
}

/// One image and the result of its audit. Can be serialized to JSON.
///
/// The `name` is the owner's text; `keyring` is the image's claim, `evidence` is verified.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditReport {
    /// The image in Glance.
    pub image: Uuid,
    /// Its name in Glance.
    pub name: Option<String>,
    /// The keyring that it names. The actual signer is in `evidence`.
    pub keyring: Option<String>,
    /// The file's name in the vendor's signed list, and its digest there.
    pub expected: Option<ExpectedDigest>,
    /// Who signed that list, when and how.
    pub evidence: Option<Evidence>,
    /// The result.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Whether the bytes themselves are read.
///
/// A download costs the traffic of the whole image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The stored image is downloaded, and the vendor's file too if that was decompressed.
    Bytes,
    /// Glance's own digest is trusted.
    #[default]
    Digests,
}

/// Verifies images of a cloud again. No rights of an administrator are needed.
///
/// The chain is: pinned key → signature on the image → signed list on the image → digest of the
/// vendor's file → Glance's `os_hash_value`, or the bytes themselves.
#[derive(Clone, Debug)]
pub struct Auditor {
    fetch: Arc<dyn Fetch>,
    glance: Glance,
    clock: Clock,
    trust: BTreeMap<String, KeySources>,
    /// Used for images of each keyring that have one of its fingerprints.
    given: Vec<KeySources>,
    depth: Depth,
    /// Keyrings that were loaded, by name: many images are signed by the same keys.
    keyrings: Arc<Mutex<BTreeMap<String, Keyring>>>,
}

impl Auditor {
    /// An auditor of the session's cloud that reads keys and vendors' files through `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, session: Session, clock: impl Into<Clock>) -> Self {
        Self {
            fetch,
            glance: Glance::new(session),
            clock: clock.into(),
            trust: BTreeMap::new(),
            given: Vec::new(),
            depth: Depth::default(),
            keyrings: Arc::default(),
        }
    }

    /// Accepts these keys under this keyring's name, instead of the known ones.
    #[must_use]
    pub fn trust(mut self, keyring: impl Into<String>, trust: KeySources) -> Self {
        self.trust.insert(keyring.into(), trust);
        self.keyrings = Arc::default();
        self
    }

    /// Accepts these keys for each image that has one of their pinned fingerprints, whatever
    /// keyring it names: a catalog may pin keys of its own for any channel. The evidence then names
    /// the vendor of these keys, and not that of the keyring.
    #[must_use]
    pub fn key(mut self, trust: KeySources) -> Self {
        self.given.push(trust);
        self.keyrings = Arc::default();
        self
    }

    /// Whether bytes are read; by default no image is downloaded.
    ///
    /// [`Depth::Bytes`] downloads the image, and the vendor's file if that was decompressed.
    #[must_use]
    pub const fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Verifies one image.
    ///
    /// # Errors
    ///
    /// [`Error`] if cloud or vendor can't be asked; their answers are part of the verdict.
    pub async fn audit(&self, image: &Image) -> Result<AuditReport, Error> {
        let mut audited = AuditReport {
            image: image.id,
            name: image.name.clone(),
            keyring: image.properties.get(keys::KEYRING).cloned(),
            expected: None,
            evidence: None,
            verdict: Verdict::Verified,
        };
        audited.verdict = match self.chain(image, &mut audited).await {
            Ok(()) => Verdict::Verified,
            Err(Stop::Broken(reason)) => Verdict::Broken {
                reason: shown(&reason),
            },
            Err(Stop::Remains(remains)) => Verdict::Unverified {
                remains: shown(&remains),
            },
            Err(Stop::Failed(error)) => return Err(*error),
        };
        Ok(audited)
    }

    async fn chain(&self, image: &Image, audited: &mut AuditReport) -> Result<(), Stop> {
        if image.status != Status::Active {
            return Err(Stop::Remains(format!("it is {}", image.status)));
        }
        let files = files(image)?;
        let keyring = self.keyring(image).await?;
        let expected = prove(image, &files, &keyring, self.clock.now())?;
        audited.expected = Some(expected.value().clone());
        audited.evidence = Some(expected.evidence().clone());
        claims(image, &expected)?;
        contradictions(image, &expected.evidence().vendor, &expected.name)?;

        let mut check = DigestCheck::new(&expected);
        if let Some(signature) = &files.file_signature {
            let signature = keyring.file_signature(signature, self.clock.now());
            check = check.signed_by(signature.map_err(broken)?);
        }
        let packed = Compression::of_name(&expected.name).is_some();
        match (self.depth, packed) {
            (Depth::Digests, false) => stored_digest(image, &expected),
            (Depth::Digests, true) => Err(Stop::Remains(
                "the vendor signed the compressed file; to compare its content with the stored image \
                 takes a download of the vendor's file"
                    .to_owned(),
            )),
            (Depth::Bytes, false) => self.stored_bytes(image, check).await,
            (Depth::Bytes, true) => self.unpacked_bytes(image, &expected, check).await,
        }?;
        claimed_digest(image)?;
        boots_alone(image)
    }

    async fn keyring(&self, image: &Image) -> Result<Keyring, Stop> {
        let Some(name) = image.properties.get(keys::KEYRING) else {
            return Err(Stop::Remains(
                "it does not say whose keys signed".to_owned(),
            ));
        };
        let given = self.given_for(image);
        // A given key is another keyring than the one that the image names.
        let known_as = match given {
            Some(trust) if !self.trust.contains_key(name) => format!("{}: {name}", trust.vendor()),
            _ => name.clone(),
        };
        let mut keyrings = self.keyrings.lock().await;
        if let Some(keyring) = keyrings.get(&known_as) {
            return Ok(keyring.clone());
        }
        let trust = self.trust.get(name).or(given).cloned();
        let Some(trust) = trust.or_else(|| KeySources::known(name)) else {
            return Err(Stop::Remains(format!(
                "it is signed by keys of `{name}`, which are unknown here"
            )));
        };
        let keyring = trust.keyring(self.fetch.as_ref()).await;
        let keyring = keyring.map_err(|error| Stop::Remains(error.to_string()))?;
        keyrings.insert(known_as, keyring.clone());
        Ok(keyring)
    }

    /// The given key by which the image claims to be signed.
    fn given_for(&self, image: &Image) -> Option<&KeySources> {
        let named = image.properties.get(keys::CERTIFICATE)?;
        let is_named = |trust: &&KeySources| {
            let mut pinned = trust.fingerprints().iter();
            pinned.any(|pinned| pinned.to_string().eq_ignore_ascii_case(named))
        };
        self.given.iter().find(is_named)
    }
}

/// An image's owner may write anything in names and properties, and as much of it.
fn shown(reason: &str) -> String {
    let beginning: String = reason.chars().take(MAX_REASON).collect();
    printable(&beginning)
}
