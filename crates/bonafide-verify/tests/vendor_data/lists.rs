//! What the vendors' real lists say.

use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_verify::{ChecksumList, Error, Keyring, SignedText, Verified};

use crate::{now, read};

fn embedded(name: &str) -> Keyring {
    Keyring::embedded(name).unwrap()
}

fn clear_signed(keyring: &str, path: &str) -> Option<Verified<SignedText>> {
    let message = read(path)?;
    Some(embedded(keyring).verify_cleartext(&message, now()).unwrap())
}

fn detached(keyring: &str, list: &str, signature: &str) -> Option<Verified<SignedText>> {
    let (list, signature) = (read(list)?, read(signature)?);
    let proven = embedded(keyring).verify_detached(&list, &signature, now());
    Some(proven.unwrap())
}

/// A list whose vendor's signature is not available, signed by a throw-away key.
fn signed_here(path: &str) -> Option<Verified<SignedText>> {
    let list = read(path)?;
    let key = SigningKey::generate("Test <test@vendor.test>", now()).unwrap();
    let signature = key
        .sign_binary(&list, &SignatureOptions::at(now()))
        .unwrap();
    let pin = key.fingerprint();
    let keyring = crate::keyring(&pin, &[&key.public_key_binary().unwrap()]);
    Some(keyring.verify_detached(&list, &signature, now()).unwrap())
}

/// The list has so many files, and this digest (its beginning) and size for one of them.
fn assert_says(
    list: &Verified<ChecksumList>,
    files: usize,
    (name, digest, size): (&str, &str, Option<u64>),
) {
    assert_eq!(list.len(), files);
    let expected = list.digest(name).unwrap();
    assert!(
        expected.digest.to_string().starts_with(digest),
        "{expected:?}"
    );
    assert_eq!(expected.size, size);
}

#[test]
fn centos_7_signs_gnu_lines_in_the_clear() {
    let Some(text) = clear_signed("centos-7", "centos/7-2009-x86_64/sha256sum.txt.asc") else {
        return;
    };
    let list = text.checksum_list().unwrap();
    assert_eq!(list.evidence().vendor, "centos");
    let file = ("CentOS-7-x86_64-DVD-2009.iso", "e33d7b1ea7a9e2f3", None);
    assert_says(&list, 4, file);
    assert!(list.digest("CentOS-7-x86_64-DVD-2009").is_err());
}

#[test]
fn centos_8_signs_bsd_lines_with_sizes() {
    let directory = "centos/8.2.2004-x86_64";
    let (list, signature) = (
        format!("{directory}/CHECKSUM"),
        format!("{directory}/CHECKSUM.asc"),
    );
    let Some(text) = detached("centos", &list, &signature) else {
        return;
    };
    let file = (
        "CentOS-8.2.2004-x86_64-dvd1.iso",
        "c87a2d81d67bbaeaf646aea5bedd7099",
        Some(8_231_321_600),
    );
    assert_says(&text.checksum_list().unwrap(), 3, file);
}

#[test]
fn fedora_signs_bsd_lines_with_sizes_in_the_clear() {
    let path = "fedora/44-1.7-aarch64/Fedora-Cloud-44-1.7-aarch64-CHECKSUM";
    let Some(text) = clear_signed("fedora-44", path) else {
        return;
    };
    let file = (
        "Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
        "55c60a3b80d3616a08705afd0459e75f",
        Some(528_154_624),
    );
    assert_says(&text.checksum_list().unwrap(), 6, file);
    let message = read(path).unwrap();
    assert!(matches!(
        embedded("fedora-43").verify_cleartext(&message, now()),
        Err(Error::UnknownSigner { .. })
    ));
}

#[test]
fn opensuse_signs_a_side_car_that_names_the_file_with_its_build() {
    let name = "Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2";
    let list = format!("opensuse/leap-16.0-aarch64/{name}.sha256");
    let Some(text) = detached("opensuse", &list, &format!("{list}.asc")) else {
        return;
    };
    let alias = "Leap-16.0-Minimal-VM.aarch64-Cloud.qcow2";
    for list in [text.side_car(alias).unwrap(), text.checksum_list().unwrap()] {
        assert_says(&list, 1, (name, "2e9eeb56e7523775", None));
        assert!(matches!(list.digest(alias), Err(Error::NotListed { .. })));
    }
}

#[test]
fn debian_signs_a_list_for_each_algorithm() {
    let directory = "debian/cd-11.2.0-amd64";
    for (list, digest) in [
        ("SHA256SUMS", "022370f066bc91b2cdac3837ff5fa9f3"),
        ("SHA512SUMS", "a443d354b1ab710d5f62d826b690c4c8"),
    ] {
        let list = format!("{directory}/{list}");
        let Some(text) = detached("debian", &list, &format!("{list}.sign")) else {
            return;
        };
        let list = text.checksum_list().unwrap();
        assert_says(&list, 19, ("debian-11.2.0-amd64-DVD-1.iso", digest, None));
        assert!(matches!(
            text.side_car("debian-11.2.0-amd64-DVD-1.iso"),
            Err(Error::NotASideCar { lines: 19 })
        ));
    }
}

#[test]
fn ubuntus_simplestreams_give_digest_and_size_by_path() {
    let directory = "ubuntu/simplestreams-20161104";
    let document = format!("{directory}/com.ubuntu.cloud_released_download.sjson");
    let Some(text) = clear_signed("ubuntu", &document) else {
        return;
    };
    let list = text.simplestreams().unwrap();
    let path = "server/releases/lucid/alpha-2/lucid-server-uec-amd64.tar.gz";
    let file = (path, "93b1033cff1c6987", Some(217_772_026));
    assert_says(&list, 6996, file);
    for name in list.names() {
        assert!(list.digest(name).unwrap().size.is_some(), "{name}");
    }
    assert!(text.checksum_list().is_err());
    for year in ["20161104", "20221007"] {
        let index = format!("ubuntu/simplestreams-{year}/index.sjson");
        let refused = clear_signed("ubuntu", &index).unwrap().simplestreams();
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("its format is `index:1.0`"), "{refused}");
    }
}

#[test]
fn the_forms_of_vendors_without_an_available_signature_are_read_too() {
    for (path, files, name, digest, size) in [
        (
            "almalinux/9-unsigned-copy/CHECKSUM",
            6,
            "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2",
            "c397eed7023e92c8",
            None,
        ),
        (
            "rocky/9-unsigned/CHECKSUM",
            1,
            "Rocky-9-GenericCloud.latest.x86_64.qcow2",
            "92c206cc6f790c61",
            Some(645_988_352),
        ),
        (
            "centos/8-stream-iso-20231218-unsigned/CHECKSUM",
            4,
            "CentOS-Stream-8-x86_64-latest-dvd1.iso",
            "5ea6d875f8ba256f",
            Some(13_135_511_552),
        ),
        (
            "centos/9-stream-genericcloud-unsigned/CHECKSUM",
            96,
            "CentOS-Stream-GenericCloud-9-20260714.1.x86_64.qcow2",
            "2aa1716dc75fc548",
            Some(1_517_945_856),
        ),
        (
            "centos/7-genericcloud-listing-unsigned/sha256sum.txt",
            180,
            "CentOS-7-x86_64-GenericCloud-2211.qcow2",
            "284aab2b23d91318",
            None,
        ),
        (
            "debian/cloud-trixie-daily-20260717-unsigned/SHA512SUMS",
            50,
            "debian-13-generic-amd64-daily-20260717-2542.qcow2",
            "173a4616cc243dad",
            None,
        ),
    ] {
        let Some(text) = signed_here(path) else {
            return;
        };
        let list = text.checksum_list().unwrap();
        assert_says(&list, files, (name, digest, size));
    }
}
