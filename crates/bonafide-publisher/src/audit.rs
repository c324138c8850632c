//! Proves an image again, by what stands on it: for whoever uses it and trusts nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide_glance::{Glance, Image, Session, Status};
use bonafide_image::Compression;
use bonafide_sources::Fetch;
use bonafide_verify::{
    Algorithm, DigestCheck, Error as VerifyError, Evidence, ExpectedDigest, Keyring, Verified,
};
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use crate::check::SignedCheck;
use crate::opened::{Opened, Packing};
use crate::pipeline::{self, Limits};
use crate::proving::read_list;
use crate::{Clock, Error, ImageDigests, SignedFiles, Trust, marker};

/// How long one download may take.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
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
    /// Every link holds, from the pinned key to the bytes that Glance stores.
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
    /// The stored image is read, or the vendor's file where that was decompressed.
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
}

impl Auditor {
    /// An auditor of the session's cloud, who reads keys and vendors' files through `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, session: Session, clock: Clock) -> Self {
        Self {
            fetch,
            glance: Glance::new(session),
            clock,
            trust: BTreeMap::new(),
            depth: Depth::default(),
        }
    }

    /// Whose keys count under this keyring's name, instead of those that are known.
    #[must_use]
    pub fn trust(mut self, keyring: impl Into<String>, trust: Trust) -> Self {
        self.trust.insert(keyring.into(), trust);
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
            Err(Stop::Broken(reason)) => Verdict::Broken { reason },
            Err(Stop::Remains(remains)) => Verdict::Unproven { remains },
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
        let expected = prove(image, &files, &keyring, (self.clock)())?;
        audited.expected = Some(expected.value().clone());
        audited.evidence = Some(expected.evidence().clone());
        claims(image, &expected)?;

        let mut check = DigestCheck::new(&expected);
        if let Some(signature) = &files.file_signature {
            let signature = keyring.file_signature(signature, (self.clock)());
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
        }
    }

    async fn keyring(&self, image: &Image) -> Result<Keyring, Stop> {
        let Some(name) = image.properties.get(marker::KEYRING) else {
            return Err(Stop::Remains(
                "it does not say whose keys signed".to_owned(),
            ));
        };
        let given = self.trust.get(name).cloned();
        let Some(trust) = given.or_else(|| Trust::known(name)) else {
            return Err(Stop::Remains(format!(
                "it is signed by keys of `{name}`, which are not known here"
            )));
        };
        let keyring = trust.keyring(self.fetch.as_ref()).await;
        keyring.map_err(|error| Stop::Remains(error.to_string()))
    }

    /// Reads the image from Glance: its bytes must be the vendor's file.
    async fn stored_bytes(&self, image: &Image, mut check: DigestCheck) -> Result<(), Stop> {
        let download = self.glance.download(image.id).await;
        let mut download = download.map_err(|error| Stop::failed(error.into()))?;
        let failed = |error: bonafide_glance::Error| Stop::failed(error.into());
        while let Some(chunk) = download.try_next().await.map_err(failed)? {
            check.update(&chunk);
            if check.bytes() > MAX_SIZE {
                return Err(Stop::Broken(format!("it has more than {MAX_SIZE} bytes")));
            }
        }
        check.finish().map(|_| ()).map_err(broken)
    }

    /// Reads the vendor's file: what is in it must have the digest that Glance computed.
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
        let limits = Limits {
            until: (self.clock)()
                .checked_add(PATIENCE)
                .unwrap_or(Timestamp::MAX),
            clock: self.clock,
            max_size: MAX_SIZE,
        };
        let gone = |error: &dyn std::error::Error| {
            Stop::Remains(format!("the vendor's file can't be read any more: {error}"))
        };
        let download = self.fetch.open(&url).await.map_err(|error| gone(&error))?;
        let opened = Opened::new(download, &expected.name, Packing::ByName).await;
        let opened = opened.map_err(|error| gone(&error))?;
        let check = SignedCheck::new(expected.clone(), check);
        let passed = pipeline::prove(opened, check, limits, |_| {}).await;
        let image_digests = match passed {
            Ok(passed) => passed.image,
            Err(Error::Unproven { source, .. }) => return Err(broken(*source)),
            Err(error) => return Err(gone(&error)),
        };
        compare(image, &image_digests)
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

fn broken(error: VerifyError) -> Stop {
    Stop::Broken(error.to_string())
}

fn files(image: &Image) -> Result<SignedFiles, Stop> {
    match SignedFiles::from_properties(&image.properties) {
        Ok(Some(files)) => Ok(files),
        Ok(None) => Err(Stop::Remains(
            match image.properties.get(marker::LIST_URL) {
                Some(url) => format!("it carries no signed list; the vendor had it at {url}"),
                None => "it carries no signed list".to_owned(),
            },
        )),
        Err(property) => Err(Stop::Broken(format!("`{property}` can't be read"))),
    }
}

/// The digest that the list on the image has for the image's file, proven by the signature on the
/// image.
fn prove(
    image: &Image,
    files: &SignedFiles,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Verified<ExpectedDigest>, Stop> {
    let Some(file) = image.properties.get(marker::FILE) else {
        return Err(Stop::Remains(
            "it does not say which file of the list it is".to_owned(),
        ));
    };
    let text = match &files.signature {
        Some(signature) => keyring.verify_detached(&files.list, signature, now),
        None => keyring.verify_cleartext(&files.list, now),
    };
    text.and_then(|text| read_list(&text, marker::format(image)))
        .and_then(|list| list.digest(file))
        .map_err(broken)
}

/// What stands on the image must be what was signed.
fn claims(image: &Image, expected: &Verified<ExpectedDigest>) -> Result<(), Stop> {
    let evidence = expected.evidence();
    let digest = &expected.digest;
    let sum = format!("source_{}sum", digest.algorithm());
    for (property, signed) in [
        (sum.as_str(), digest.to_string()),
        ("bonafide_signer", evidence.signer.to_string()),
        (marker::SIGNED_AT, evidence.signed_at.to_string()),
    ] {
        let claimed = image.properties.get(property).map(String::as_str);
        if claimed != Some(&*signed) {
            return Err(Stop::Broken(format!(
                "`{property}` says `{}`, but signed was `{signed}`",
                claimed.unwrap_or("nothing")
            )));
        }
    }
    Ok(())
}

/// Glance computes the same digest as the vendor, or one that does not tell.
fn stored_digest(image: &Image, expected: &ExpectedDigest) -> Result<(), Stop> {
    let algorithm = image.os_hash_algo.as_deref().unwrap_or("no digest");
    let digest = &expected.digest;
    if algorithm != digest.algorithm().name() {
        return Err(Stop::Remains(format!(
            "the vendor signed {}, and Glance computes {algorithm}; that Glance stores the vendor's file \
             takes a download of the image",
            digest.algorithm()
        )));
    }
    let stored = image.os_hash_value.as_deref().unwrap_or_default();
    if stored.eq_ignore_ascii_case(&digest.to_string()) {
        return Ok(());
    }
    Err(Stop::Broken(format!(
        "Glance stores other bytes: {algorithm} expected `{digest}`, Glance says `{stored}`"
    )))
}

fn compare(image: &Image, unpacked: &ImageDigests) -> Result<(), Stop> {
    let algorithm = match image.os_hash_algo.as_deref() {
        Some("sha256") => Algorithm::Sha256,
        Some("sha512") => Algorithm::Sha512,
        other => {
            let other = other.unwrap_or("no digest");
            return Err(Stop::Remains(format!(
                "Glance computes {other}, which tells nothing"
            )));
        }
    };
    let digest = unpacked.digest(algorithm);
    let stored = image.os_hash_value.as_deref().unwrap_or_default();
    if stored.eq_ignore_ascii_case(&digest.to_string()) {
        return Ok(());
    }
    Err(Stop::Broken(format!(
        "Glance stores something else than what is in the vendor's file: {algorithm} expected \
         `{digest}`, Glance says `{stored}`"
    )))
}
