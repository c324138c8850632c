//! Files that a person could have, signed by a key that is thrown away.

use std::fs;
use std::path::{Path, PathBuf};

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;

use support::now;

/// A directory with a key, and files that it signed an hour ago.
pub(crate) struct Made {
    directory: TempDir,
    key: SigningKey,
}

pub(crate) fn hour_ago() -> Timestamp {
    now() - SignedDuration::from_hours(1)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Made {
    /// The key is in `key.asc`.
    pub(crate) fn new() -> Self {
        let created = now() - SignedDuration::from_hours(24 * 365);
        let key = SigningKey::generate("Operator <images@operator.test>", created).unwrap();
        let made = Self {
            directory: tempfile::tempdir().unwrap(),
            key,
        };
        let public = made.key.public_key_armored().unwrap();
        made.write("key.asc", public);
        made
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file, and its detached signature to `NAME.asc`.
    pub(crate) fn signed(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let options = SignatureOptions::at(hour_ago());
        let signature = self.key.sign(content.as_ref(), &options).unwrap();
        self.write(&format!("{name}.asc"), signature);
        self.write(name, content)
    }

    /// Writes a clear-signed file.
    pub(crate) fn clear_signed(&self, name: &str, text: &str) -> PathBuf {
        let options = SignatureOptions::at(hour_ago());
        let message = self.key.sign_cleartext(text, &options).unwrap();
        self.write(name, message)
    }
}
