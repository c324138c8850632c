//! The owners of keys that are not pinned here, for the texts of refusals. Nothing is accepted by
//! this.

use std::sync::LazyLock;

use pgp::types::KeyDetails;

use super::known::{self, Known};
use crate::{Fingerprint, Issuer, openpgp};

/// The owner of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It is pinned in another embedded keyring.
    Keyring {
        /// The name of that keyring.
        name: &'static str,
        /// The vendor whose keys these are.
        vendor: &'static str,
    },
    /// A vendor's key for something other than cloud images.
    Other {
        /// The name of the key.
        key: &'static str,
        /// What it signs.
        signs: &'static str,
        /// What to use instead.
        instead: &'static str,
    },
}

/// The owner of the key that a signature names, if it is known.
pub(crate) fn owner(issuer: &Issuer) -> Option<Owner> {
    let mut keys = KEYS.iter();
    let named = keys.find(|(fingerprint, _)| issuer.names(fingerprint));
    named.map(|(_, owner)| *owner)
}

/// All keys whose owners are known, read once.
static KEYS: LazyLock<Vec<(String, Owner)>> = LazyLock::new(|| {
    let embedded = known::NAMES.iter().filter_map(|name| known::known(name));
    let embedded = embedded.flat_map(|known| {
        let owner = Owner::Keyring {
            name: known.name,
            vendor: known.vendor,
        };
        keys(known).into_iter().map(move |key| (key, owner))
    });
    let others = OTHERS.iter().flat_map(|(keys, owner)| {
        let keys = keys.iter();
        keys.map(|key| ((*key).to_owned(), *owner))
    });
    embedded.chain(others).collect()
});

/// The pinned keys, and the subkeys of them in the embedded file.
fn keys(known: &Known) -> Vec<String> {
    let mut keys: Vec<String> = known.pins.iter().map(|pin| (*pin).to_owned()).collect();
    let held = known
        .file
        .map(|file| openpgp::certificates(file, |_| false));
    if let Some(Ok(file)) = held {
        for certificate in file.certificates {
            let primary = Fingerprint::from(certificate.fingerprint()).to_string();
            if known.pins.contains(&primary.as_str()) {
                let subkeys = certificate.public_subkeys.iter();
                let subkeys = subkeys.map(|subkey| Fingerprint::from(subkey.key.fingerprint()));
                keys.extend(subkeys.map(|subkey| subkey.to_string()));
            }
        }
    }
    keys
}

/// As Debian ships them in `ubuntu-keyring` and `debian-archive-keyring`.
const OTHERS: &[(&[&str], Owner)] = &[
    (
        &["843938DF228D22F7B3742BC0D94AA3F0EFE21092"],
        Owner::Other {
            key: "Ubuntu's CD image key",
            signs: "ISO images, not cloud images",
            instead: "fetch the list of https://cloud-images.ubuntu.com/",
        },
    ),
    (
        &[
            "790BC7277767219C42C86F933B4FE6ACC0B21F32",
            "F6ECB3762474EDA9D21B7022871920D1991BC93C",
        ],
        Owner::Other {
            key: "a key of Ubuntu's package archive",
            signs: "packages and installers, not cloud images",
            instead: "fetch the list of https://cloud-images.ubuntu.com/",
        },
    ),
    (
        &[
            // Of Debian 11 to 13, with their subkeys.
            "1F89983E0081FDE018F3CC9673A4F27B8DD47936",
            "A7236886F3CCCAAD148A27F80E98404D386FA1D9",
            "AC530D520F2F3269F5E98313A48449044AAD5C5D",
            "ED541312A33F1128F10B1C6C54404762BBB6E853",
            "A4285295FC7B1A81600062A9605C66F00D6C9793",
            "4D64FEC119C2029067D6E791F8D2585B8783D481",
            "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
            "4CB50190207B4758A3F73A796ED0E7B82643E131",
            "05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0",
            "B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8",
            "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
            "B8E5F13176D2A7A75220028078DBA3BC47EF2265",
            "5E04A1E3223A19A20706E20F9904613D4CCE68C6",
            "89C87ACEA5DD6B8E6A7068808E9F831205B4BA95",
            "41587F7DB8C774BCCF131416762F67A0B2C39DE4",
        ],
        Owner::Other {
            key: "a key of Debian's package archive",
            signs: "packages and installers, not cloud images",
            instead: "fetch the list beside the image",
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(key: &str) -> Issuer {
        Issuer {
            key: Some(key.to_owned()),
            signed_at: None,
        }
    }

    #[test]
    fn each_pinned_key_has_an_owner_by_fingerprint_and_by_key_id() {
        for name in known::NAMES {
            let known = known::known(name).unwrap();
            for pin in known.pins {
                for key in [*pin, &pin[24..]] {
                    let Some(Owner::Keyring { vendor, .. }) = owner(&issuer(key)) else {
                        panic!("{name}: {key}");
                    };
                    assert_eq!(vendor, known.vendor);
                }
            }
        }
    }

    #[test]
    fn no_key_that_signs_something_else_is_pinned() {
        for (keys, owner) in OTHERS {
            for key in *keys {
                let fingerprint: Fingerprint = key.parse().unwrap();
                assert_eq!(fingerprint.to_string(), *key);
                assert_eq!(super::owner(&issuer(key)).as_ref(), Some(owner));
            }
        }
        assert_eq!(owner(&issuer("0000000000000000")), None);
        let nameless = Issuer {
            key: None,
            signed_at: None,
        };
        assert_eq!(owner(&nameless), None);
    }
}
