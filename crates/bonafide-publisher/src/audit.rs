//! Proves an image again, by what stands on it: for whoever uses it and trusts nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide_glance::{Glance, Image, Session, Status};
use bonafide_image::Compression;
use bonafide_sources::Fetch;
use bonafide_verify::{DigestCheck, Digester, Evidence, ExpectedDigest, Keyring, Verified};
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use crate::check::{self, SignedCheck};
use crate::opened::{Opened, Packing};
use crate::pipeline::{self, Limits};
use crate::{Clock, Error, Trust, marker};

mod links;

use links::{boots_alone, broken, claimed_digest, claims, compare, files, prove, stored_digest};

/// How long one download may take.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// More characters of a reason are nobody's help.
const MAX_REASON: usize = 2000;
/// The largest image that is read, in bytes: 64 GiB.
const MAX_SIZE: u64 = 64 << 30;

/// What came of an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
#[non_exhaustive]
pub enum Verdict {
    /// Something contradicts what the image claims.
    Broken {
        /// What.
        reason: String,
    },
    /// Every link holds, from the pinned key to the digest that Glance says or, with [`Depth::Bytes`], to
    /// the bytes that it gives.
    Proven,
    /// Nothing contradicts, but something was not shown.
    Unproven {
        /// What remains.
        remains: String,
    },
}

/// One image and what could be proven of it. Serialises to JSON for machines.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Audited {
    /// The image in Glance.
    pub image: Uuid,
    /// Its name in Glance.
    pub name: Option<String>,
    /// The file's name in the vendor's signed list, and its digest there.
    pub expected: Option<ExpectedDigest>,
    /// Who signed that list, when and how.
    pub evidence: Option<Evidence>,
    /// Whether it is proven.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Whether the bytes themselves are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The stored image is read, and the vendor's file too where that was decompressed.
    Bytes,
    /// Glance's own digest is believed.
    #[default]
    Digests,
}

/// Proves images of a cloud again. No rights of an administrator are needed.
///
/// The chain is: pinned key → signature on the image → signed list on the image → digest of the
/// vendor's file → Glance's `os_hash_value`, or the bytes themselves.
#[derive(Clone, Debug)]
pub struct Auditor {
    fetch: Arc<dyn Fetch>,
    glance: Glance,
    clock: Clock,
    trust: BTreeMap<String, Trust>,
    depth: Depth,
    /// Those that were read, by name: many images are signed by the same keys.
    keyrings: Arc<Mutex<BTreeMap<String, Keyring>>>,
}

impl Auditor {
    /// An auditor of the session's cloud, who reads keys and vendors' files through `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, session: Session, clock: impl Into<Clock>) -> Self {
        Self {
            fetch,
            glance: Glance::new(session),
            clock: clock.into(),
            trust: BTreeMap::new(),
            depth: Depth::default(),
            keyrings: Arc::default(),
        }
    }

    /// Whose keys count under this keyring's name, instead of those that are known.
    #[must_use]
    pub fn trust(mut self, keyring: impl Into<String>, trust: Trust) -> Self {
        self.trust.insert(keyring.into(), trust);
        self.keyrings = Arc::default();
        self
    }

    /// How deep to look; by default no image is downloaded.
    #[must_use]
    pub const fn depth(mut self, depth: Depth) -> Self {
        self.depth = depth;
        self
    }

    /// Proves one image.
    ///
    /// # Errors
    ///
    /// [`Error`] if cloud or vendor can't be asked; what they say is the verdict.
    pub async fn audit(&self, image: &Image) -> Result<Audited, Error> {
        let mut audited = Audited {
            image: image.id,
            name: image.name.clone(),
            expected: None,
            evidence: None,
            verdict: Verdict::Proven,
        };
        audited.verdict = match self.chain(image, &mut audited).await {
            Ok(()) => Verdict::Proven,
            Err(Stop::Broken(reason)) => Verdict::Broken {
                reason: printable(&reason),
            },
            Err(Stop::Remains(remains)) => Verdict::Unproven {
                remains: printable(&remains),
            },
            Err(Stop::Failed(error)) => return Err(*error),
        };
        Ok(audited)
    }

    async fn chain(&self, image: &Image, audited: &mut Audited) -> Result<(), Stop> {
        if image.status != Status::Active {
            return Err(Stop::Remains(format!("it is {}", image.status)));
        }
        let files = files(image)?;
        let keyring = self.keyring(image).await?;
        let expected = prove(image, &files, &keyring, self.clock.now())?;
        audited.expected = Some(expected.value().clone());
        audited.evidence = Some(expected.evidence().clone());
        claims(image, &expected)?;

        let mut check = DigestCheck::new(&expected);
        if let Some(signature) = &files.file_signature {
            let signature = keyring.file_signature(signature, self.clock.now());
            check = check.signed_by(signature.map_err(broken)?);
        }
        let packed = Compression::of_name(&expected.name).is_some();
        match (self.depth, packed) {
            (Depth::Digests, false) => stored_digest(image, &expected),
            (Depth::Digests, true) => Err(Stop::Remains(
                "the vendor signed the compressed file; that Glance stores what is in it takes a \
                 download of the vendor's file"
                    .to_owned(),
            )),
            (Depth::Bytes, false) => self.stored_bytes(image, check).await,
            (Depth::Bytes, true) => self.unpacked_bytes(image, &expected, check).await,
        }?;
        claimed_digest(image)?;
        boots_alone(image)
    }

    async fn keyring(&self, image: &Image) -> Result<Keyring, Stop> {
        let Some(name) = image.properties.get(marker::KEYRING) else {
            return Err(Stop::Remains(
                "it does not say whose keys signed".to_owned(),
            ));
        };
        let mut keyrings = self.keyrings.lock().await;
        if let Some(keyring) = keyrings.get(name) {
            return Ok(keyring.clone());
        }
        let given = self.trust.get(name).cloned();
        let Some(trust) = given.or_else(|| Trust::known(name)) else {
            return Err(Stop::Remains(format!(
                "it is signed by keys of `{name}`, which are not known here"
            )));
        };
        let keyring = trust.keyring(self.fetch.as_ref()).await;
        let keyring = keyring.map_err(|error| Stop::Remains(error.to_string()))?;
        keyrings.insert(name.clone(), keyring.clone());
        Ok(keyring)
    }

    /// Reads the image from Glance: its bytes must be the vendor's file.
    async fn stored_bytes(&self, image: &Image, mut check: DigestCheck) -> Result<(), Stop> {
        self.download(image, |bytes| check.update(bytes)).await?;
        check.finish().map(|_| ()).map_err(broken)
    }

    async fn download(&self, image: &Image, mut take: impl FnMut(&[u8])) -> Result<(), Stop> {
        let failed = |error: bonafide_glance::Error| Stop::failed(error.into());
        let mut download = self.glance.download(image.id).await.map_err(failed)?;
        let until = self.limits().until;
        let mut bytes = 0;
        while let Some(chunk) = download.try_next().await.map_err(failed)? {
            take(&chunk);
            bytes += chunk.len() as u64;
            if bytes > MAX_SIZE {
                return Err(Stop::Broken(format!("it has more than {MAX_SIZE} bytes")));
            }
            if self.clock.now() > until {
                let patience = PATIENCE.as_hours();
                return Err(Stop::Remains(format!(
                    "Glance did not give its bytes within {patience} hours"
                )));
            }
        }
        Ok(())
    }

    fn limits(&self) -> Limits {
        let until = self.clock.now().checked_add(PATIENCE);
        Limits {
            until: until.unwrap_or(Timestamp::MAX),
            clock: self.clock.clone(),
            max_size: MAX_SIZE,
        }
    }

    /// Reads the vendor's file: what is in it must have the digest that Glance computed, and be what
    /// Glance gives.
    async fn unpacked_bytes(
        &self,
        image: &Image,
        expected: &Verified<ExpectedDigest>,
        check: DigestCheck,
    ) -> Result<(), Stop> {
        let source = image.properties.get("source_url");
        let url = source.and_then(|source| source.parse::<Url>().ok());
        let Some(url) = url.filter(|url| url.scheme() == "https") else {
            return Err(Stop::Remains(
                "it does not say where the vendor's file is".to_owned(),
            ));
        };
        let gone = |error: &dyn std::error::Error| {
            Stop::Remains(format!("the vendor's file can't be read any more: {error}"))
        };
        let download = self.fetch.open(&url).await.map_err(|error| gone(&error))?;
        let opened = Opened::new(download, &expected.name, Packing::ByName).await;
        let opened = opened.map_err(|error| gone(&error))?;
        let check = SignedCheck::new(expected.clone(), check);
        let passed = pipeline::prove(opened, check, self.limits(), |_| {}).await;
        let image_digests = match passed {
            Ok(passed) => passed.image,
            Err(Error::Unproven { source, .. }) => return Err(broken(*source)),
            Err(error) => return Err(gone(&error)),
        };
        compare(image, &image_digests)?;
        let mut digester = Digester::both();
        self.download(image, |bytes| digester.update(bytes)).await?;
        let stored = check::finish(digester);
        match stored == image_digests {
            true => Ok(()),
            false => Err(Stop::Broken(format!(
                "Glance gives other bytes than it says: {} of SHA-512 `{}`, and in the vendor's file \
                 are {} of `{}`",
                stored.bytes, stored.sha512, image_digests.bytes, image_digests.sha512
            ))),
        }
    }
}

/// Why a chain ends before its end.
enum Stop {
    Broken(String),
    Failed(Box<Error>),
    Remains(String),
}

impl Stop {
    fn failed(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Names and properties of an image are anybody's words, and a terminal obeys some.
fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::new();
    for c in text.chars().take(MAX_REASON) {
        match c.is_control() || turns(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}
