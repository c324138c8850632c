//! The images, in memory and on disk: one JSON file each, replaced atomically.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::image::{Image, STORES, Status};
use super::watchers::Watchers;
use crate::cloud::control::clock::Clock;
use crate::cloud::errors::Failure;
use crate::cloud::keystone::users::Person;

/// What the data directory holds: `images/*.json`, `store/fast`, `store/slow`, and `incoming` with
/// uploads under way.
#[derive(Debug)]
pub(crate) struct Registry {
    directory: PathBuf,
    clock: Clock,
    /// Held from the beginning of a change until the watchers have seen it. They may look at the
    /// images meanwhile, and nobody else changes them.
    changing: Mutex<()>,
    images: Mutex<BTreeMap<String, Image>>,
    pub(crate) watchers: Watchers,
}

impl Registry {
    /// Opens a data directory, an empty one or that of an earlier cloud.
    pub(crate) fn open(directory: &Path, clock: Clock) -> io::Result<Self> {
        let records = directory.join("images");
        fs::create_dir_all(&records)?;
        fs::create_dir_all(directory.join("incoming"))?;
        for store in STORES {
            fs::create_dir_all(directory.join("store").join(store))?;
        }
        let mut images = BTreeMap::new();
        for entry in fs::read_dir(records)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let image: Image = serde_json::from_slice(&fs::read(&path)?)?;
                images.insert(image.id.clone(), image);
            }
        }
        Ok(Self {
            directory: directory.to_owned(),
            clock,
            changing: Mutex::default(),
            images: Mutex::new(images),
            watchers: Watchers::default(),
        })
    }

    /// The directory of a store.
    pub(crate) fn store(&self, store: &str) -> PathBuf {
        self.directory.join("store").join(store)
    }

    /// Where an upload is written until it is complete.
    pub(crate) fn incoming(&self, id: &str) -> PathBuf {
        self.directory.join("incoming").join(id)
    }

    /// The images that are not deleted, in no order that means anything.
    pub(crate) fn images(&self) -> Vec<Image> {
        let images = self.lock();
        let living = images.values();
        living
            .filter(|image| image.status != Status::Deleted)
            .cloned()
            .collect()
    }

    /// The image with this id, whoever asks.
    pub(crate) fn image(&self, id: &str) -> Option<Image> {
        let images = self.lock();
        images
            .get(id)
            .filter(|image| image.status != Status::Deleted)
            .cloned()
    }

    /// The image with this id, if the person may know of it.
    pub(crate) fn visible(&self, id: &str, person: &Person) -> Option<Image> {
        self.image(id).filter(|image| image.is_visible_to(person))
    }

    /// Adds a new image. Ids are never used twice, not even that of a deleted image.
    pub(crate) fn add(&self, image: &Image) -> Result<(), Failure> {
        self.insert(image, Keeping::Disk)
    }

    /// The same for an image that lives in memory until it is changed for the first time.
    pub(crate) fn add_unwritten(&self, image: &Image) -> Result<(), Failure> {
        self.insert(image, Keeping::Memory)
    }

    fn insert(&self, image: &Image, keeping: Keeping) -> Result<(), Failure> {
        let _turn = self.changing();
        let mut images = self.lock();
        let id = &image.id;
        if images.contains_key(id) {
            return Err(Failure::conflict(format!("Image ID {id} already exists!")));
        }
        if keeping == Keeping::Disk {
            self.write(image)?;
        }
        images.insert(id.clone(), image.clone());
        drop(images);
        self.watchers.tell(|| self.images());
        Ok(())
    }

    /// Changes an image in one step: nobody sees it half changed, and an error changes nothing.
    /// The image may be a deleted one; `None` when there never was one with this id.
    pub(crate) fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Image) -> Result<T, Failure>,
    ) -> Option<Result<T, Failure>> {
        let _turn = self.changing();
        let mut images = self.lock();
        let mut image = images.get(id)?.clone();
        let result = change(&mut image).and_then(|value| {
            image.updated_at = self.clock.now();
            self.write(&image)?;
            images.insert(id.to_owned(), image);
            Ok(value)
        });
        drop(images);
        if result.is_ok() {
            self.watchers.tell(|| self.images());
        }
        Some(result)
    }

    fn write(&self, image: &Image) -> Result<(), Failure> {
        let records = self.directory.join("images");
        let path = records.join(format!("{}.json", image.id));
        let temporary = records.join(format!("{}.new", image.id));
        let written = serde_json::to_vec_pretty(image)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&temporary, bytes))
            .and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|_| Failure::internal())
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The images of every status. A thread that panicked can't have left one half changed:
    /// records are replaced whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Image>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a new record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Disk,
    Memory,
}

/// Removes a file that may be gone already.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
