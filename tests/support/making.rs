//! How the builds of the cases are made.

use std::sync::{Arc, OnceLock};

use bonafide_testkit::keys::VendorKeys;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::Build;

/// Keys are made once: some are RSA.
pub fn keys() -> &'static VendorKeys {
    static KEYS: OnceLock<VendorKeys> = OnceLock::new();
    let made = "2020-01-01T00:00:00Z";
    KEYS.get_or_init(|| VendorKeys::generate(made.parse().unwrap()).unwrap())
}

/// A change of a list before it is signed.
pub type Edit = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How a build is made, where not as usual.
#[derive(Clone, Default)]
pub struct Making {
    /// Without a signature.
    pub unsigned: bool,
    /// What is changed in the list before it is signed.
    pub edit: Option<Edit>,
    /// What the bytes of the image depend on.
    pub seed: u64,
}

impl Making {
    /// A build without a signature.
    pub fn unsigned() -> Self {
        Self {
            unsigned: true,
            ..Self::default()
        }
    }

    /// A build with a changed list.
    pub fn edited(edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self {
            edit: Some(Arc::new(edit)),
            ..Self::default()
        }
    }

    /// Whether the list is changed.
    pub fn is_edited(&self) -> bool {
        self.edit.is_some()
    }

    /// The build, made in this way.
    pub fn apply<L>(&self, build: Build<L>) -> Build<L> {
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
