//! A throw-away key for each vendor, in the shape of the vendor's real one.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{KeyError, RevocationReason, SigningDigest, SigningKey, SubkeyOptions};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Who has an Ed25519 key without more ado.
const PLAIN: [&str; 14] = [
    "almalinux-10",
    "almalinux-8",
    "almalinux-9",
    "debian",
    "fedora-42",
    "fedora-43",
    "fedora-44",
    "fedora-45",
    "opensuse",
    "operator",
    "rocky-10",
    "rocky-8",
    "rocky-9",
    "ubuntu",
];

/// The keys of all vendors and of the operator.
///
/// Most are Ed25519, since that is made at once. Where the shape matters it is the vendor's:
///
/// - `centos-7` and `centos` are RSA, of 2,048 bits; the former is certified over SHA-1 only.
/// - `flatcar` signs with a subkey. Its primary is three years older than the other keys; one
///   subkey of that time was revoked after a month, the next has expired since, the one that signs
///   is as old as the other keys and has no end.
#[derive(Clone, Debug)]
pub struct VendorKeys {
    keys: BTreeMap<&'static str, SigningKey>,
    flatcar_expired: SigningKey,
    flatcar_revoked: SigningKey,
}

impl VendorKeys {
    /// Makes all keys; the two of RSA cost some 100 ms each.
    ///
    /// They are valid from `created` on, so what they sign must not be from before.
    ///
    /// # Errors
    /// The time, or that of three years before, does not fit into OpenPGP's 32 bits of seconds
    /// since 1970.
    pub fn generate(created: Timestamp) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for name in PLAIN {
            keys.insert(name, SigningKey::generate(&user_id(name), created)?);
        }
        for (name, digest) in [
            ("centos", SigningDigest::Sha256),
            ("centos-7", SigningDigest::Sha1),
        ] {
            let key = SigningKey::generate_rsa(&user_id(name), created, 2048)?;
            keys.insert(name, key.self_signed_with(digest)?);
        }
        let [flatcar_revoked, flatcar_expired, flatcar] = flatcar(created)?;
        keys.insert("flatcar", flatcar);
        Ok(Self {
            keys,
            flatcar_expired,
            flatcar_revoked,
        })
    }

    /// The key of this name: `ubuntu`, `centos-7`, `centos`, `debian`, `flatcar`, `almalinux-8` to
    /// `almalinux-10`, `rocky-8` to `rocky-10`, `fedora-42` to `fedora-45`, `opensuse` or
    /// `operator`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&SigningKey> {
        self.keys.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.keys.keys().copied()
    }

    /// Flatcar's key signing with the subkey that expired before all other keys were made. What it
    /// signs now must be refused, with `flatcar`'s certificate as with its own.
    #[must_use]
    pub fn flatcar_expired(&self) -> &SigningKey {
        &self.flatcar_expired
    }

    /// Flatcar's key signing with the subkey that was revoked.
    #[must_use]
    pub fn flatcar_revoked(&self) -> &SigningKey {
        &self.flatcar_revoked
    }
}

fn user_id(name: &str) -> String {
    format!("{name} (throw-away) <{name}@vendor.test>")
}

/// The key as it signed with each of its three subkeys, in the order of their times.
fn flatcar(created: Timestamp) -> Result<[SigningKey; 3], KeyError> {
    let before = |days: i32| {
        created
            .checked_sub(DAY * days)
            .map_err(|_| KeyError::Time { time: created })
    };
    let (made, replaced) = (before(3 * 365)?, before(3 * 365 - 30)?);
    let user_id = "Flatcar Buildbot (throw-away) <buildbot@flatcar-linux.org>";
    let revoked = SigningKey::generate(user_id, made)?
        .add_signing_subkey(&SubkeyOptions::at(made))?
        .revoke_subkey(RevocationReason::Superseded, replaced)?;
    let two_years = (DAY * (2 * 365)).unsigned_abs();
    let expired = SubkeyOptions::at(replaced).expires_after(two_years);
    let expired = revoked.add_signing_subkey(&expired)?;
    let live = expired.add_signing_subkey(&SubkeyOptions::at(created))?;
    Ok([revoked, expired, live])
}
