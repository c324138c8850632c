//! How the builds of the cases are made.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test binary makes builds in other ways"
)]

use std::sync::{Arc, OnceLock};

use bonafide_testkit::keys::VendorKeys;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::Build;

/// Keys are made once: some are RSA.
pub(crate) fn keys() -> &'static VendorKeys {
    static KEYS: OnceLock<VendorKeys> = OnceLock::new();
    let made = "2020-01-01T00:00:00Z";
    KEYS.get_or_init(|| VendorKeys::generate(made.parse().unwrap()).unwrap())
}

/// A change of a list before it is signed.
type Edit = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How a build is made, where not as usual.
#[derive(Clone, Default)]
pub(crate) struct Making {
    pub(crate) unsigned: bool,
    pub(crate) edit: Option<Edit>,
    pub(crate) seed: u64,
}

impl Making {
    pub(crate) fn unsigned() -> Self {
        Self {
            unsigned: true,
            ..Self::default()
        }
    }

    pub(crate) fn edited(edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self {
            edit: Some(Arc::new(edit)),
            ..Self::default()
        }
    }

    pub(crate) fn is_edited(&self) -> bool {
        self.edit.is_some()
    }

    pub(crate) fn apply<L>(&self, build: Build<L>) -> Build<L> {
        let mut build = build.image(Qcow2Image::new(2 << 30, 4, self.seed));
        if self.unsigned {
            build = build.without_signature();
        }
        match self.edit.clone() {
            Some(edit) => build.edit_list(move |list| edit(list)),
            None => build,
        }
    }
}
