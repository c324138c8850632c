//! A build on its way to the site: prepared on a scratch copy, then put there at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::content::Content;
use super::place::Place;
use super::published::{PublishedBuild, SiteError};
use super::store::Store;
use super::vendor_site::VendorSite;
use super::vendors::ubuntu::products::Products;
use super::vendors::version;
use crate::keys::{KeyError, SignatureOptions, SigningKey};
use crate::qcow2::Qcow2Image;

/// What is done to a list before it is signed.
pub(crate) type Edit = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// What is put on the site for one build.
pub struct Publication<'a> {
    /// The build's name, for errors.
    pub(crate) build: String,
    pub(crate) image: Arc<Qcow2Image>,
    /// The files were modified then, too.
    pub(crate) signed_at: Timestamp,
    pub(crate) key: &'a SigningKey,
    /// How to sign, unless the build has no signatures.
    pub(crate) signature: Option<SignatureOptions>,
    pub(crate) edit: Option<Edit>,
    /// The site as it was, with the changes so far.
    pub(crate) scratch: Store,
    pub(crate) changes: Vec<Change>,
}

/// One thing that becomes different on the site.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Link(Place, Place),
    Put(Place, Content),
    Redirect(Place, Place),
    Remove(Place),
    Streams(Products),
    Title(Place, String),
}

impl Change {
    fn apply(self, store: &mut Store, modified: Timestamp) {
        match self {
            Self::Link(place, target) => store.link(&place, &target),
            Self::Put(place, content) => store.put(place, content, modified),
            Self::Redirect(directory, target) => store.redirect(&directory, &target),
            Self::Remove(place) => store.remove(&place),
            Self::Streams(products) => store.streams = products,
            Self::Title(directory, title) => store.set_title(&directory, title),
        }
    }

    /// Where something becomes different.
    fn place(&self) -> Option<&Place> {
        match self {
            Self::Link(place, _)
            | Self::Put(place, _)
            | Self::Redirect(place, _)
            | Self::Remove(place) => Some(place),
            Self::Streams(_) | Self::Title(..) => None,
        }
    }
}

impl Publication<'_> {
    pub(crate) fn put(&mut self, place: Place, content: impl Into<Content>) {
        self.change(Change::Put(place, content.into()));
    }

    pub(crate) fn link(&mut self, place: Place, target: Place) {
        self.change(Change::Link(place, target));
    }

    /// Answers what is asked for below a directory with a redirect to the same below another.
    pub(crate) fn redirect(&mut self, directory: &Place, target: &Place) {
        self.change(Change::Redirect(directory.clone(), target.clone()));
    }

    pub(crate) fn remove(&mut self, place: Place) {
        self.change(Change::Remove(place));
    }

    pub(crate) fn title(&mut self, directory: &Place, title: &str) {
        self.change(Change::Title(directory.clone(), title.to_owned()));
    }

    pub(crate) fn streams(&mut self, products: Products) {
        self.change(Change::Streams(products));
    }

    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.scratch, self.signed_at);
        self.changes.push(change);
    }

    /// The image as the content of a file.
    pub(crate) fn image(&self) -> Content {
        Arc::clone(&self.image).into()
    }

    /// The list as the build wants it.
    pub(crate) fn edited(&self, list: String) -> String {
        match &self.edit {
            Some(edit) => edit(&list),
            None => list,
        }
    }

    /// Puts a detached signature in ASCII armor.
    pub(crate) fn put_armored(&mut self, place: Place, data: &[u8]) -> Result<(), SiteError> {
        self.put_signature(place, |key, options| {
            key.sign(data, options).map(Content::from)
        })
    }

    /// Puts a detached signature in binary.
    pub(crate) fn put_binary(&mut self, place: Place, data: &[u8]) -> Result<(), SiteError> {
        self.put_signature(place, |key, options| {
            key.sign_binary(data, options).map(Content::from)
        })
    }

    /// Puts a clear-signed copy of the text.
    pub(crate) fn put_clear_signed(&mut self, place: Place, text: &str) -> Result<(), SiteError> {
        self.put_signature(place, |key, options| {
            key.sign_cleartext(text, options).map(Content::from)
        })
    }

    /// A signature of an earlier build must not stay beside a list that has none.
    fn put_signature(
        &mut self,
        place: Place,
        sign: impl FnOnce(&SigningKey, &SignatureOptions) -> Result<Content, KeyError>,
    ) -> Result<(), SiteError> {
        let Some(options) = &self.signature else {
            self.remove(place);
            return Ok(());
        };
        let signature = sign(self.key, options).map_err(|source| SiteError::Signature {
            build: self.build.clone(),
            source,
        })?;
        self.put(place, signature);
        Ok(())
    }

    /// The names of the directories right below this one, links left out.
    pub(crate) fn directories(&self, directory: &Place) -> BTreeSet<String> {
        self.scratch.directories(directory)
    }

    /// The files right in this directory, links left out.
    pub(crate) fn files(&self, directory: &Place) -> BTreeMap<String, Content> {
        self.scratch.files(directory)
    }

    /// Those of the directories below this one that are named after a version, oldest first.
    pub(crate) fn versions(&self, directory: &Place) -> Vec<String> {
        let names = self.directories(directory).into_iter();
        let mut versions: Vec<_> = names
            .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
            .collect();
        versions.sort_by_key(|name| version::numbers(name));
        versions
    }

    /// What became of the build.
    pub(crate) fn published(
        &self,
        directory: &Place,
        image: &str,
        list: &str,
        signature: &str,
    ) -> PublishedBuild {
        let url = |name: &str| directory.join(name).to_url();
        PublishedBuild {
            directory_url: directory.as_directory().to_url(),
            image_url: url(image),
            image_name: image.to_owned(),
            list_url: url(list),
            signature_url: url(signature),
            sha256: self.image.sha256().to_owned(),
            sha512: self.image.sha512().to_owned(),
            size: self.image.len(),
            compressed: None,
        }
    }

    /// Makes the changes on the site, all or none.
    pub(crate) fn put_on(self, site: &VendorSite) -> Result<(), SiteError> {
        let strange = |place: &&Place| !site.hosts.iter().any(|host| host == place.host());
        let mut places = self.changes.iter().filter_map(Change::place);
        if let Some(place) = places.find(strange) {
            return Err(SiteError::Host {
                host: place.host().to_owned(),
            });
        }
        let mut store = site.shared.lock();
        for change in self.changes {
            change.apply(&mut store, self.signed_at);
        }
        Ok(())
    }
}
