//! Real key files: renewed copies, and company that can't be read.

use std::io::Read;

use bonafide_verify::{Error, Keyring, SignedText, Verified};
use pgp::armor::Dearmor;

use crate::{keyring, now, read};

const OPENSUSE: &str = "AD485664E901B867051AB15F35A2F86E29B700A4";
const CENTOS_7: &str = "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5";

fn key(name: &str) -> Option<Vec<u8>> {
    read(&format!("keys/from-registry/RPM-GPG-KEY-{name}.asc"))
}

fn binary(armored: &[u8]) -> Vec<u8> {
    let mut binary = Vec::new();
    Dearmor::new(armored).read_to_end(&mut binary).unwrap();
    binary
}

/// The verdict over openSUSE's signature of 2026-06-19, made some hours before the key's old end.
fn leap(keyring: &Keyring) -> Result<Verified<SignedText>, Error> {
    let list =
        "opensuse/leap-16.0-aarch64/Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2.sha256";
    let signature = read(&format!("{list}.asc")).unwrap();
    keyring.verify_detached(&read(list).unwrap(), &signature, now())
}

#[test]
fn opensuses_expired_and_renewed_copies_accept_what_was_signed_in_time() {
    let (Some(expired), Some(renewed)) = (
        key("openSUSE-2022.expired-copy"),
        key("openSUSE-2022.renewed-copy"),
    ) else {
        return;
    };
    for copies in [
        vec![&expired[..]],
        vec![&renewed],
        vec![&expired, &renewed],
        vec![&renewed, &expired],
    ] {
        let proven = leap(&keyring(OPENSUSE, &copies)).unwrap();
        assert_eq!(proven.evidence().signer.to_string(), OPENSUSE);
        assert_eq!(proven.evidence().signature_version, 3);
    }
    let mut embedded = Keyring::embedded("opensuse").unwrap();
    assert!(leap(&embedded).is_ok());
    embedded.add(&expired).unwrap();
    assert!(leap(&embedded).is_ok());
}

fn centos_7(keyring: &Keyring) -> Result<Verified<SignedText>, Error> {
    let message = read("centos/7-2009-x86_64/sha256sum.txt.asc").unwrap();
    keyring.verify_cleartext(&message, now())
}

#[test]
fn a_key_of_a_newer_kind_beside_the_pinned_one_does_not_break_it() {
    let (Some(pinned), Some(newer)) = (key("CentOS-7"), key("centosofficial-PQC")) else {
        return;
    };
    for (one, other) in [(&pinned, &newer), (&newer, &pinned)] {
        for file in [
            [&one[..], &other[..]].concat(),
            [binary(one), binary(other)].concat(),
        ] {
            let keyring = keyring(CENTOS_7, &[&file]);
            assert!(keyring.missing().is_empty());
            let proven = centos_7(&keyring).unwrap();
            assert_eq!(proven.evidence().certificate.to_string(), CENTOS_7);
        }
    }
}

#[test]
fn a_file_with_a_key_of_a_newer_kind_alone_is_refused() {
    let Some(newer) = key("centosofficial-PQC") else {
        return;
    };
    for file in [newer.clone(), binary(&newer)] {
        let mut keyring = Keyring::new("centos", [CENTOS_7.parse().unwrap()]);
        let error = keyring.add(&file).unwrap_err();
        println!("{error}");
        assert!(matches!(error, Error::KeyFile { .. }));
        assert!(matches!(
            centos_7(&keyring),
            Err(Error::UnknownSigner { .. })
        ));
    }
}

#[test]
fn fedoras_file_of_several_keys_serves_each_release() {
    let Some(file) = read("keys/from-public-repos/fedora.gpg") else {
        return;
    };
    for name in ["fedora-42", "fedora-43", "fedora-44", "fedora-45"] {
        let mut keyring = Keyring::embedded(name).unwrap();
        assert_eq!(keyring.add(&file).unwrap(), 1, "{name}");
    }
    let mut other = Keyring::embedded("rocky-9").unwrap();
    assert!(matches!(other.add(&file), Err(Error::KeyFile { .. })));
}

#[test]
fn the_copies_with_old_self_signatures_prove_the_same_list() {
    let directory = "centos/8.2.2004-x86_64";
    let Some(list) = read(&format!("{directory}/CHECKSUM")) else {
        return;
    };
    let signature = read(&format!("{directory}/CHECKSUM.asc")).unwrap();
    let (old, new) = (
        key("CentOS-Official").unwrap(),
        key("CentOS-Official-SHA256").unwrap(),
    );
    let pin = "99DB70FAE1D7CE227FB6488205B555B38483C65D";
    for copies in [
        vec![&old[..]],
        vec![&new],
        vec![&old, &new],
        vec![&new, &old],
    ] {
        let proven = keyring(pin, &copies).verify_detached(&list, &signature, now());
        assert_eq!(proven.unwrap().checksum_list().unwrap().len(), 3);
    }
}
