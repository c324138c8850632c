//! Ubuntu's simplestreams: one JSON document with the digests of every build.
//!
//! ```text
//! {"format": "products:1.0", "datatype": "image-downloads", "products": {
//!   "com.ubuntu.cloud:server:24.04:amd64": {"versions": {"20260725": {"items": {
//!     "disk1.img": {"path": "server/releases/…/x.img", "sha256": "d1940f7d…", "size": 629145600}
//! }}}}}}
//! ```

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::ChecksumList;
use super::entry::{Conflict, Entry};
use crate::{Algorithm, Digest, Error};

const FORMAT: &str = "products:1.0";
const DATATYPE: &str = "image-downloads";

/// The kind of the document; read first, since other kinds have other shapes.
#[derive(Deserialize)]
struct Kind {
    format: Option<String>,
    datatype: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    products: Values<Product>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    versions: Values<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    items: Values<Item>,
}

#[derive(Deserialize)]
struct Item {
    path: Option<String>,
    md5: Option<IgnoredAny>,
    sha1: Option<IgnoredAny>,
    sha256: Option<String>,
    sha384: Option<IgnoredAny>,
    sha512: Option<String>,
    size: Option<u64>,
}

/// The pairs of a JSON object. A map would keep only one of two values with the same key, and so
/// hide a contradiction.
struct Values<T>(Vec<T>);

/// Reads a document; contradictory statements are kept with the name.
pub(super) fn parse(text: &[u8]) -> Result<ChecksumList, Error> {
    let kind: Kind = serde_json::from_slice(text).map_err(|error| refused(&error))?;
    let (format, datatype) = (kind.format.as_deref(), kind.datatype.as_deref());
    if format != Some(FORMAT) || datatype != Some(DATATYPE) {
        return Err(Error::NotSimplestreams {
            reason: format!(
                "its format is {}, its datatype {}",
                quoted(format),
                quoted(datatype)
            ),
        });
    }
    let document: Document = serde_json::from_slice(text).map_err(|error| refused(&error))?;
    let mut list = ChecksumList::empty();
    let versions = document.products.0.into_iter().flat_map(|p| p.versions.0);
    for item in versions.flat_map(|version| version.items.0) {
        item.add_to(&mut list)?;
    }
    Ok(list)
}

impl Item {
    /// An item without a name or without a digest is left out.
    fn add_to(self, list: &mut ChecksumList) -> Result<(), Error> {
        let Some(path) = self.path else {
            return Ok(());
        };
        let digests = [
            digest(Algorithm::Sha256, self.sha256, &path)?,
            digest(Algorithm::Sha512, self.sha512, &path)?,
        ];
        if digests.iter().all(Option::is_none) {
            let weak = [
                ("MD5", self.md5),
                ("SHA1", self.sha1),
                ("SHA384", self.sha384),
            ];
            for (algorithm, _) in weak.iter().filter(|(_, digest)| digest.is_some()) {
                list.add_weak(&path, algorithm);
            }
            return Ok(());
        }
        let entry = list.entry(&path);
        for digest in digests.into_iter().flatten() {
            keep(entry, |entry| entry.add_digest(digest));
        }
        if let Some(size) = self.size {
            keep(entry, |entry| entry.add_size(size));
        }
        Ok(())
    }
}

/// A contradiction about an old image must not block the current one: it is an error only when that
/// image is requested.
fn keep(entry: &mut Entry, add: impl FnOnce(&mut Entry) -> Result<(), Conflict>) {
    if let Err(conflict) = add(entry) {
        entry.contradict(conflict);
    }
}

fn digest(algorithm: Algorithm, text: Option<String>, path: &str) -> Result<Option<Digest>, Error> {
    let Some(text) = text else {
        return Ok(None);
    };
    match text.parse::<Digest>() {
        Ok(digest) if digest.algorithm() == algorithm => Ok(Some(digest)),
        _ => Err(Error::NotSimplestreams {
            reason: format!("`{text:.140}` is not a {algorithm} digest of `{path}`"),
        }),
    }
}

fn refused(error: &serde_json::Error) -> Error {
    Error::NotSimplestreams {
        reason: error.to_string(),
    }
}

fn quoted(text: Option<&str>) -> String {
    text.map_or_else(|| "not given".to_owned(), |text| format!("`{text:.80}`"))
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ValuesVisitor(PhantomData))
    }
}

struct ValuesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ValuesVisitor<T> {
    type Value = Values<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some((IgnoredAny, value)) = map.next_entry()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

#[cfg(test)]
mod tests;
