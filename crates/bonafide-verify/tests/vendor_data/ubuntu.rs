//! Ubuntu's lists and signatures, and forgeries made from them.

use bonafide_verify::{DigestCheck, Error, Keyring, SignedText, Verified};

use crate::{now, read};

const UEC: &str = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81";

fn verify(list: &str, signature: &str) -> Option<Result<Verified<SignedText>, Error>> {
    Some(Keyring::ubuntu().verify_detached(&read(list)?, &read(signature)?, now()))
}

/// The verdict over a directory's `SHA256SUMS`; the reason is printed for the reader.
fn refusal(directory: &str, signature: &str) -> Option<Error> {
    let list = format!("{directory}/SHA256SUMS");
    let error = verify(&list, &format!("{directory}/{signature}"))?.unwrap_err();
    println!("{directory}: {error}");
    Some(error)
}

#[test]
fn the_real_noble_list_is_proven() {
    let directory = "ubuntu/noble-20260725";
    let Some(proven) = verify(
        &format!("{directory}/SHA256SUMS"),
        &format!("{directory}/SHA256SUMS.gpg"),
    ) else {
        return;
    };
    let list = proven.unwrap().checksum_list().unwrap();
    let evidence = list.evidence();
    assert_eq!(evidence.certificate.to_string(), UEC);
    assert_eq!(evidence.signer.to_string(), UEC);
    assert_eq!(evidence.signed_at.to_string(), "2026-07-25T22:34:07Z");
    assert_eq!(evidence.digest_algorithm, "SHA512");
    assert_eq!(evidence.signature_version, 4);
    assert_eq!(
        evidence.accepted_weaknesses.len(),
        1,
        "the 2009 self-signature is SHA-1"
    );
    let digest = list
        .digest("ubuntu-24.04-server-cloudimg-amd64.img")
        .unwrap();
    assert_eq!(
        digest.digest.to_string(),
        "d1940f7d69d343355e183dff1e08a59852d32e7309baa7a4bad8365b11b005ac"
    );
}

#[test]
fn the_real_signed_manifest_is_proven_and_a_changed_one_refused() {
    let directory = "ubuntu/jammy-core-20230626";
    let name = "ubuntu-jammy-core-cloudimg-amd64.manifest";
    let Some(proven) = verify(
        &format!("{directory}/SHA256SUMS"),
        &format!("{directory}/SHA256SUMS.gpg"),
    ) else {
        return;
    };
    let expected = proven
        .unwrap()
        .checksum_list()
        .unwrap()
        .digest(name)
        .unwrap();

    let mut check = DigestCheck::new(&expected);
    check.update(&read(&format!("{directory}/{name}")).unwrap());
    assert_eq!(check.finish().unwrap().digests.bytes, 3003);

    let mut check = DigestCheck::new(&expected);
    check.update(&read(&format!("negative/33-artifact-tampered/{name}")).unwrap());
    let error = check.finish().unwrap_err();
    println!("{error}");
    assert!(matches!(error, Error::DigestMismatch { bytes: 3012, .. }));
}

#[test]
fn the_other_copy_of_the_same_key_works_too() {
    let Some(key) = read("keys/from-public-repos/ubuntu-uec-D2EB4462.with-sha512-selfsig.asc")
    else {
        return;
    };
    let mut keyring = Keyring::new("ubuntu", [UEC.parse().unwrap()]);
    assert_eq!(keyring.add(&key).unwrap(), 1);
    let list = read("ubuntu/noble-20260725/SHA256SUMS").unwrap();
    let signature = read("ubuntu/noble-20260725/SHA256SUMS.gpg").unwrap();
    let proven = keyring.verify_detached(&list, &signature, now()).unwrap();
    assert!(
        proven.evidence().accepted_weaknesses.is_empty(),
        "self-signed anew with SHA-512"
    );
}

#[test]
fn clear_signed_simplestreams_are_proven_and_a_changed_one_refused() {
    for year in ["20161104", "20221007"] {
        let Some(message) = read(&format!("ubuntu/simplestreams-{year}/index.sjson")) else {
            return;
        };
        let text = Keyring::ubuntu().verify_cleartext(&message, now()).unwrap();
        assert!(text.as_bytes().starts_with(b"{"));
        assert!(!text.as_bytes().contains(&b'\r'));
    }
    let forged = read("negative/32-sjson-tampered/index.sjson").unwrap();
    assert!(matches!(
        Keyring::ubuntu().verify_cleartext(&forged, now()),
        Err(Error::BadSignature { .. })
    ));
}

#[test]
fn canonicals_lists_signed_with_sha1_are_refused() {
    for directory in [
        "ubuntu/jammy-core-20230510-sha1sig",
        "ubuntu/focal-oci-20220801-sha1sig",
        "ubuntu/bionic-oci-20220801-sha1sig",
        "ubuntu/xenial-core-20210804-sha1sig",
        "ubuntu/trusty-core-20191217-sha1sig",
    ] {
        let Some(error) = refusal(directory, "SHA256SUMS.gpg") else {
            return;
        };
        assert!(matches!(error, Error::WeakDigest { algorithm, .. } if algorithm == "SHA1"));
    }
}

#[test]
fn changed_lists_are_refused() {
    for case in [
        "01-tampered-sums",
        "06-sums-with-appended-line",
        "08-crlf-sums",
    ] {
        let Some(error) = refusal(&format!("negative/{case}"), "SHA256SUMS.gpg") else {
            return;
        };
        assert!(
            matches!(error, Error::BadSignature { .. }),
            "{case}: {error}"
        );
    }
}

#[test]
fn what_is_no_signature_is_refused_with_the_reason() {
    for (case, signature, reason) in [
        ("03-truncated-sig", "SHA256SUMS.gpg", "cut short"),
        ("03-truncated-sig", "SHA256SUMS.gpg.half-armor", "cut short"),
        ("04-empty-sig", "SHA256SUMS.gpg", "empty"),
        ("05-html-instead-of-sig", "SHA256SUMS.gpg", "an HTML page"),
    ] {
        let Some(error) = refusal(&format!("negative/{case}"), signature) else {
            return;
        };
        assert!(error.to_string().contains(reason), "{case}: {error}");
    }
}

#[test]
fn another_vendors_signature_is_refused() {
    let directory = "negative/30-wrong-vendor-key";
    let Some(result) = verify(
        &format!("{directory}/SHA512SUMS"),
        &format!("{directory}/SHA512SUMS.sign"),
    ) else {
        return;
    };
    let error = result.unwrap_err();
    println!("{error}");
    assert!(matches!(error, Error::UnknownSigner { .. }));
    assert!(
        error
            .to_string()
            .contains("DF9B9C49EAA9298432589D76DA87E80D6294BE9B")
    );
}

#[test]
fn the_unsigned_listing_beside_a_signed_one_proves_nothing() {
    let Some(result) = verify(
        "ubuntu/noble-20260705-listing-unsigned/SHA256SUMS",
        "ubuntu/noble-20260725/SHA256SUMS.gpg",
    ) else {
        return;
    };
    assert!(matches!(result, Err(Error::BadSignature { .. })));
}
