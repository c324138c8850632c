//! The builds that the simplestreams documents name.

use std::collections::BTreeMap;

use serde::Serialize;

/// The builds that the documents name, by product.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Products(pub(super) BTreeMap<String, Product>);

#[derive(Clone, Debug, Serialize)]
pub(super) struct Product {
    pub(super) aliases: String,
    pub(super) arch: String,
    pub(super) os: &'static str,
    pub(super) release: String,
    pub(super) release_codename: String,
    pub(super) release_title: String,
    pub(super) supported: bool,
    pub(super) version: String,
    pub(super) versions: BTreeMap<String, Version>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Version {
    pub(super) items: BTreeMap<String, Item>,
    pub(super) label: &'static str,
    pub(super) pubname: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    pub(super) ftype: String,
    pub(super) md5: String,
    pub(super) path: String,
    pub(super) sha256: String,
    pub(super) size: u64,
}
