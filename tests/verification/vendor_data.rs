//! What the vendors really signed is proven by their adapters and the keys that come along;
//! forgeries made from it, and unsigned lists, are refused.
//!
//! The files can't be redistributed, so the tests run where `BONAFIDE_VENDOR_DATA` names their
//! directory; with `CI=true` they are required.

mod flatcar;
mod forged;
mod pages;
mod proven;
mod streams;
mod unsigned;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use bonafide::publisher::{Error, KeySources};
use bonafide::sources::{
    DirectoryFetch, ImageFile, Product, Release, Source, SourceError, VerifiedNames,
};
use bonafide::verify::AcceptedWeakness;
use bonafide::{Candidate, Catalog, Channel, Event, Evidence, Fetch, Keyring};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use support::{causes, vendor_data};

/// The time that the verdicts on the files are of.
fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// The vendors' files, and a mirror on disk to put them where their vendors have them.
struct Mirror {
    data: PathBuf,
    root: TempDir,
}

impl Mirror {
    /// An empty mirror; `None` where there is nothing to put there.
    fn new() -> Option<Self> {
        Some(Self {
            data: vendor_data()?,
            root: tempfile::tempdir().unwrap(),
        })
    }

    fn read(&self, file: &str) -> Vec<u8> {
        let path = self.data.join(file);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Puts a vendor's file at a URL, which is given without its `https://`.
    fn place(&self, file: &str, at: &str) {
        self.put(at, &self.read(file));
    }

    /// Puts a list and its signature, which has the list's name and this ending. Without an ending
    /// the signature is in the list.
    fn place_signed(&self, list: &str, at: &str, ending: &str) {
        for ending in ["", ending] {
            self.place(&format!("{list}{ending}"), &format!("{at}{ending}"));
        }
    }

    fn put(&self, at: &str, content: &[u8]) {
        let path = self.root.path().join(at);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn remove(&self, at: &str) {
        fs::remove_file(self.root.path().join(at)).unwrap();
    }

    fn fetch(&self) -> DirectoryFetch {
        DirectoryFetch::new(self.root.path())
    }

    async fn look(&self, channel: &Channel) -> Look {
        Look::at(channel, &self.fetch()).await
    }

    /// The signature over this file was made by whom, when and how `cases.json` says.
    fn assert_as_stated(&self, signature: &str, evidence: &Evidence) {
        let cases: Vec<Value> = serde_json::from_slice(&self.read("cases.json")).unwrap();
        let (signer, primary) = (&evidence.signer, &evidence.certificate);
        let signer = if signer == primary {
            signer.to_string()
        } else {
            format!("{signer} (primary {primary})")
        };
        let day = evidence.signed_at.strftime("%Y-%m-%d");
        let (version, digest) = (evidence.signature_version, &evidence.digest_algorithm);
        let shown = format!("{signer} {day} v{version} {digest} class ");
        let told = cases.iter().filter(|case| case["sig"] == signature);
        let told: Vec<_> = told.map(|case| case["detail"].as_str().unwrap()).collect();
        assert!(!told.is_empty(), "no case `{signature}`");
        for detail in told {
            assert!(detail.starts_with(&shown), "{detail}\n{shown}");
        }
    }
}

/// The built-in channel of this name, with the keys that come along.
async fn channel(name: &str) -> Channel {
    let catalog = Catalog::builtin();
    let entry = catalog.entry(name).unwrap();
    entry.channel(&nowhere()).await.unwrap()
}

/// The keys that come along for a source.
async fn keys_of(source: &dyn Source) -> Keyring {
    let trust = KeySources::known(&source.product().keyring).unwrap();
    trust.keyring(&nowhere()).await.unwrap()
}

/// Keys that come along need no network.
fn nowhere() -> DirectoryFetch {
    DirectoryFetch::new("/nonexistent")
}

/// What a look for the newest build came to, and what was seen on the way.
struct Look {
    verdict: Result<Candidate, Error>,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    release: Option<Release>,
    proven: Option<Evidence>,
    read_again: bool,
}

impl Look {
    async fn at(channel: &Channel, fetch: &dyn Fetch) -> Self {
        let seen = Mutex::new(Seen::default());
        let observer = |event: &Event<'_>| {
            let mut seen = seen.lock().unwrap();
            match event {
                Event::Found { release } => seen.release = Some((*release).clone()),
                Event::Verified { evidence } => seen.proven = Some((*evidence).clone()),
                Event::Rereading { .. } => seen.read_again = true,
                _ => {}
            }
        };
        Self {
            verdict: channel.find(fetch, now(), &observer).await,
            seen: seen.into_inner().unwrap(),
        }
    }

    fn candidate(self) -> Candidate {
        let refused = |error: Error| panic!("{}", causes(&error));
        self.verdict.unwrap_or_else(refused)
    }

    /// Why the list is not proven, or the build not found.
    fn refusal(self) -> Error {
        assert!(self.seen.proven.is_none(), "{:?}", self.seen.proven);
        self.verdict.unwrap_err()
    }

    /// The proof of a list that does not name this image among its so many names.
    fn proof_without_image(self, image: &str, names: usize) -> Evidence {
        let error = self.verdict.unwrap_err();
        let Error::Source(SourceError::ImageNotListed {
            expected, listed, ..
        }) = &error
        else {
            panic!("{}", causes(&error))
        };
        assert_eq!((expected.as_str(), *listed), (image, names));
        self.seen.proven.unwrap()
    }
}

/// An adapter that is made to take `listed` where it looks for `wanted`.
///
/// Of most vendors only lists of other images are available with their signature. So what those say
/// can be read all the way too.
#[derive(Debug)]
struct Renaming {
    source: Box<dyn Source>,
    listed: &'static str,
    wanted: &'static str,
}

impl Renaming {
    /// The channel with the keys that come along.
    async fn channel(self) -> Channel {
        let keyring = keys_of(&self).await;
        Channel::new(self, keyring)
    }
}

#[async_trait]
impl Source for Renaming {
    fn product(&self) -> &Product {
        self.source.product()
    }

    async fn latest(&self, fetch: &dyn Fetch) -> Result<Release, SourceError> {
        self.source.latest(fetch).await
    }

    fn select(
        &self,
        release: &Release,
        signed: &VerifiedNames<'_>,
    ) -> Result<ImageFile, SourceError> {
        let names = signed.names.iter();
        let renamed = names.map(|name| {
            if *name == self.listed {
                self.wanted
            } else {
                name
            }
        });
        let names: Vec<_> = renamed.collect();
        let mut file = self.source.select(release, &VerifiedNames::names(&names))?;
        assert_eq!(file.name, self.wanted);
        self.listed.clone_into(&mut file.name);
        Ok(file)
    }
}

/// The self-signatures of some old keys.
const SHA1: AcceptedWeakness = AcceptedWeakness::Sha1SelfSignature;
/// The packets of CentOS and openSUSE.
const VERSION_3: AcceptedWeakness = AcceptedWeakness::Version3Signature;
