//! The vendors' keys that come with this crate: pins, carriers and where the vendors publish them.

/// One keyring of the table.
pub(super) struct Known {
    /// The name by which it is requested.
    pub(super) name: &'static str,
    /// The vendor whose keys these are; several keyrings may be of one vendor.
    pub(super) vendor: &'static str,
    /// Full fingerprints of the primary keys.
    pub(super) pins: &'static [&'static str],
    /// The key file as a distribution ships it, if one does.
    pub(super) file: Option<&'static [u8]>,
    /// Where the vendor publishes the key, for keys that are renewed or not embedded.
    pub(super) urls: &'static [&'static str],
}

/// The keyring of this name.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.name == name)
}

/// The names of the table, sorted.
pub(super) static NAMES: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        names[index] = TABLE[index].name;
        index += 1;
    }
    names
};

/// Sorted by name.
const TABLE: &[Known] = &[
    Known {
        name: "almalinux-10",
        vendor: "almalinux",
        pins: &["EE6DB7B98F5BF5EDD9DA0DE5DEE5C11CC2A1E572"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-AlmaLinux-10.asc")),
        urls: &["https://repo.almalinux.org/almalinux/RPM-GPG-KEY-AlmaLinux-10"],
    },
    Known {
        name: "almalinux-8",
        vendor: "almalinux",
        pins: &["BC5EDDCADF502C077F1582882AE81E8ACED7258B"],
        // The key before this one is in the file too; it expired in 2024 and is not pinned.
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-AlmaLinux-8.asc")),
        urls: &["https://repo.almalinux.org/almalinux/RPM-GPG-KEY-AlmaLinux-8"],
    },
    Known {
        name: "almalinux-9",
        vendor: "almalinux",
        pins: &["BF18AC2876178908D6E71267D36CB86CB86B3716"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-AlmaLinux-9.asc")),
        urls: &["https://repo.almalinux.org/almalinux/RPM-GPG-KEY-AlmaLinux-9"],
    },
    Known {
        name: "centos",
        vendor: "centos",
        pins: &["99DB70FAE1D7CE227FB6488205B555B38483C65D"],
        file: Some(include_bytes!(
            "../keys/RPM-GPG-KEY-CentOS-Official-SHA256.asc"
        )),
        urls: &["https://www.centos.org/keys/RPM-GPG-KEY-CentOS-Official"],
    },
    Known {
        name: "centos-7",
        vendor: "centos",
        pins: &["6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-CentOS-7.asc")),
        urls: &["https://www.centos.org/keys/RPM-GPG-KEY-CentOS-7"],
    },
    Known {
        name: "debian",
        vendor: "debian",
        pins: &["DF9B9C49EAA9298432589D76DA87E80D6294BE9B"],
        file: Some(include_bytes!("../keys/debian-cd-DF9B9C49.gpg")),
        urls: &[
            "https://keyring.debian.org/pks/lookup?op=get&search=0xDF9B9C49EAA9298432589D76DA87E80D6294BE9B",
        ],
    },
    Known {
        name: "fedora-42",
        vendor: "fedora",
        pins: &["B0F4950458F69E1150C6C5EDC8AC4916105EF944"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-fedora-42-primary.asc")),
        urls: &[FEDORA],
    },
    Known {
        name: "fedora-43",
        vendor: "fedora",
        pins: &["C6E7F081CF80E13146676E88829B606631645531"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-fedora-43-primary.asc")),
        urls: &[FEDORA],
    },
    Known {
        name: "fedora-44",
        vendor: "fedora",
        pins: &["36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-fedora-44-primary.asc")),
        urls: &[FEDORA],
    },
    Known {
        name: "fedora-45",
        vendor: "fedora",
        pins: &["4F50A6114CD5C6976A7F1179655A4B02F577861E"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-fedora-45-primary.asc")),
        urls: &[FEDORA],
    },
    Known {
        name: "flatcar",
        vendor: "flatcar",
        pins: &["F88CFEDEFF29A5B4D9523864E25D9AED0593B34A"],
        // No distribution ships it, and a copy from before the last rotation has none of the
        // current subkeys.
        file: None,
        urls: &["https://www.flatcar.org/security/image-signing-key/Flatcar_Image_Signing_Key.asc"],
    },
    Known {
        name: "opensuse",
        vendor: "opensuse",
        pins: &["AD485664E901B867051AB15F35A2F86E29B700A4"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-openSUSE-2022.asc")),
        urls: &[],
    },
    Known {
        name: "rocky-10",
        vendor: "rocky",
        pins: &["FC226859C0860BF0DDB95B085B106C736FEDFC85"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-Rocky-10.asc")),
        urls: &["https://dl.rockylinux.org/pub/rocky/RPM-GPG-KEY-Rocky-10"],
    },
    Known {
        name: "rocky-8",
        vendor: "rocky",
        pins: &["7051C470A929F454CEBE37B715AF5DAC6D745A60"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-rockyofficial.asc")),
        urls: &["https://dl.rockylinux.org/pub/rocky/RPM-GPG-KEY-rockyofficial"],
    },
    Known {
        name: "rocky-9",
        vendor: "rocky",
        pins: &["21CB256AE16FC54C6E652949702D426D350D275D"],
        file: Some(include_bytes!("../keys/RPM-GPG-KEY-Rocky-9.asc")),
        urls: &["https://dl.rockylinux.org/pub/rocky/RPM-GPG-KEY-Rocky-9"],
    },
    Known {
        name: "ubuntu",
        vendor: "ubuntu",
        pins: &[
            // UEC Image Automatic Signing Key: signs `SHA256SUMS.gpg`.
            "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81",
            // Ubuntu Cloud Image Builder: signs the simplestreams documents.
            "4A3CE3CD565D7EB5C810E2B97FF3F408476CF100",
        ],
        file: Some(include_bytes!("../keys/ubuntu-cloudimage-keyring.gpg")),
        urls: &[
            "https://keyserver.ubuntu.com/pks/lookup?op=get&search=0xD2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81",
            "https://keyserver.ubuntu.com/pks/lookup?op=get&search=0x4A3CE3CD565D7EB5C810E2B97FF3F408476CF100",
        ],
    },
];

/// The keys of all maintained releases, in one file.
const FEDORA: &str = "https://fedoraproject.org/fedora.gpg";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fingerprint, Keyring, openpgp};
    use pgp::types::KeyDetails;

    /// The primary keys of an embedded file, sorted.
    fn held(known: &Known) -> Vec<String> {
        let Some(file) = known.file else {
            return Vec::new();
        };
        let read = openpgp::certificates(file, |_| true).unwrap();
        assert_eq!(
            (read.unreadable, read.bound),
            (None, None),
            "{}",
            known.name
        );
        let certificates = read.certificates.iter();
        let mut held: Vec<_> = certificates
            .map(|certificate| Fingerprint::from(certificate.fingerprint()).to_string())
            .collect();
        held.sort();
        held
    }

    #[test]
    fn the_table_is_sorted_and_each_name_gives_its_keyring() {
        assert!(NAMES.is_sorted());
        for known in TABLE {
            let keyring = Keyring::embedded(known.name).unwrap();
            assert_eq!(keyring.vendor(), known.vendor);
            assert_eq!(keyring.pinned().len(), known.pins.len(), "{}", known.name);
            assert!(known.name.starts_with(known.vendor), "{}", known.name);
        }
        assert!(Keyring::embedded("alma").is_none());
        assert!(Keyring::embedded("").is_none());
    }

    #[test]
    fn each_embedded_file_holds_exactly_its_pins() {
        for known in TABLE {
            let mut pins = known.pins.to_vec();
            match known.name {
                "flatcar" => pins.clear(),
                // The one file with a key beside the pinned one, as the package ships it.
                "almalinux-8" => pins.push("5E9B8F5617B5066CE92057C3488FCF7C3ABB34F8"),
                _ => {}
            }
            pins.sort_unstable();
            assert_eq!(held(known), pins, "{}", known.name);
        }
    }

    #[test]
    fn no_pinned_key_is_missing_but_flatcars() {
        for known in TABLE {
            let missing = Keyring::embedded(known.name).unwrap().missing();
            let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
            match known.name {
                "flatcar" => assert_eq!(missing, known.pins),
                name => assert!(missing.is_empty(), "{name}: {missing:?}"),
            }
        }
    }

    #[test]
    fn keys_are_published_over_https_only() {
        for name in NAMES {
            for url in Keyring::key_urls(name) {
                assert!(url.starts_with("https://"), "{url}");
            }
        }
        assert_eq!(Keyring::key_urls("flatcar").len(), 1);
        assert!(Keyring::key_urls("opensuse").is_empty());
        assert!(Keyring::key_urls("unknown").is_empty());
    }
}
