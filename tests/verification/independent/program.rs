//! Programs that judge signatures.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::independent::Pair;

/// A program that is installed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Gpgv,
    Sqv,
}

impl Program {
    /// GnuPG's `gpgv`, which is required in CI.
    pub(crate) fn gpgv() -> Option<Self> {
        let found = Self::Gpgv.found();
        let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(found.is_some() || !required, "install gpgv");
        found
    }

    /// Sequoia's `sqv`.
    pub(crate) fn sqv() -> Option<Self> {
        Self::Sqv.found()
    }

    fn path(self) -> &'static str {
        match self {
            Self::Gpgv => "/usr/bin/gpgv",
            Self::Sqv => "/usr/bin/sqv",
        }
    }

    fn found(self) -> Option<Self> {
        let found = Path::new(self.path()).exists();
        if !found {
            println!("skipped: there is no {}", self.path());
        }
        found.then_some(self)
    }

    /// Whether it accepts the pair; `None` if it can't be asked: the `sqv` of Debian 12 reads
    /// detached signatures only.
    pub(crate) fn accepts(self, pair: &Pair) -> Option<bool> {
        if self == Self::Sqv && pair.data.is_none() {
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(self.path());
        if self == Self::Gpgv {
            command.arg("--homedir").arg(home.path());
        }
        command
            .arg("--keyring")
            .arg(place(&home, "keys.gpg", &pair.keys))
            .arg(place(&home, "signature", &pair.signature));
        if let Some(data) = &pair.data {
            command.arg(place(&home, "data", data));
        }
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        Some(command.status().unwrap().success())
    }
}

fn place(home: &TempDir, name: &str, content: &[u8]) -> std::path::PathBuf {
    let path = home.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}
