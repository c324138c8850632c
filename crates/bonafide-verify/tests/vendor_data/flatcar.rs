//! Flatcar: a signature over the image itself, and a key whose subkeys take turns.
//!
//! The images and signatures mimic Flatcar's and are by a throw-away key; the four generations of
//! the key are the vendor's.

use bonafide_verify::{DigestCheck, Error, FileSignature, Fingerprint, Keyring};
use jiff::Timestamp;
use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::ser::Serialize;
use pgp::types::{Mpi, SignatureBytes};

use crate::{keyring, now, read};

const IMAGE: &str = "synthetic/flatcar-shaped/flatcar_production_openstack_image.img.bz2";
const NAME: &str = "flatcar_production_openstack_image.img.bz2";
const PRIMARY: &str = "CA6611FE0EDA60F475F597662E7B8DFE38CE0A55";

fn key() -> Option<Vec<u8>> {
    read("synthetic/flatcar-shaped/key.asc")
}

#[test]
fn digests_and_the_signature_over_the_image_prove_it_together() {
    let Some(key) = key() else { return };
    let keyring = keyring(PRIMARY, &[&key]);
    let clear_signed = read(&format!("{IMAGE}.DIGESTS.asc")).unwrap();
    let detached = (
        read(&format!("{IMAGE}.DIGESTS")).unwrap(),
        read(&format!("{IMAGE}.DIGESTS.sig")).unwrap(),
    );
    let texts = [
        keyring.verify_cleartext(&clear_signed, now()).unwrap(),
        keyring
            .verify_detached(&detached.0, &detached.1, now())
            .unwrap(),
    ];
    let image = read(IMAGE).unwrap();
    for text in texts {
        let list = text.checksum_list().unwrap();
        assert_eq!(list.names().collect::<Vec<_>>(), [NAME]);
        let expected = list.digest(NAME).unwrap();
        assert!(expected.digest.to_string().starts_with("bd03f402b2b0b6c9"));
        let signature = read(&format!("{IMAGE}.sig")).unwrap();
        let signature = keyring.file_signature(&signature, now()).unwrap();
        let check = DigestCheck::new(&expected).signed_by(signature);
        let read_through = |image: &[u8]| {
            let mut check = check.clone();
            image.chunks(1000).for_each(|chunk| check.update(chunk));
            check.finish()
        };
        let digests = read_through(&image).unwrap();
        let evidence = digests.file_signature.clone().unwrap();
        assert_eq!(
            evidence.signer.to_string(),
            "F0E31F22386A456D5948F62106DCEEF54BCA86C9"
        );
        assert_eq!(evidence.certificate.to_string(), PRIMARY);
        assert_eq!(evidence.signed_sha256, digests.digests.sha256);
        assert!(matches!(
            read_through(&image[1..]),
            Err(Error::DigestMismatch { .. })
        ));
    }
}

#[test]
fn the_signature_of_another_file_is_refused_at_the_end() {
    let Some(key) = key() else { return };
    let keyring = keyring(PRIMARY, &[&key]);
    let list = keyring
        .verify_cleartext(&read(&format!("{IMAGE}.DIGESTS.asc")).unwrap(), now())
        .unwrap()
        .checksum_list()
        .unwrap();
    let other = read("synthetic/flatcar-shaped/version.txt.sig").unwrap();
    let other = keyring.file_signature(&other, now()).unwrap();
    let mut check = DigestCheck::new(&list.digest(NAME).unwrap()).signed_by(other);
    check.update(&read(IMAGE).unwrap());
    assert!(matches!(check.finish(), Err(Error::BadSignature { .. })));
}

#[test]
fn a_subkey_is_valid_for_what_it_signed_in_its_time_unless_it_was_revoked() {
    let Some(key) = key() else { return };
    let judge = |key: &[u8], signature: &str| {
        let signature = read(&format!("{IMAGE}.sig.{signature}")).unwrap();
        keyring(PRIMARY, &[key]).file_signature(&signature, now())
    };
    assert!(judge(&key, "signed-2022-by-then-valid-subkey").is_ok());
    let revoked = "signed-2018-by-since-revoked-subkey";
    assert!(matches!(
        judge(&key, revoked),
        Err(Error::KeyRevoked { .. })
    ));
    let before = read("synthetic/flatcar-shaped/key-before-revocation.asc").unwrap();
    assert!(judge(&before, revoked).is_ok());
}

#[test]
fn a_copy_stripped_of_back_signatures_takes_nothing_from_a_whole_one() {
    let Some(key) = key() else { return };
    let (mut stripped, _) = SignedPublicKey::from_reader_single(&key[..]).unwrap();
    for subkey in &mut stripped.public_subkeys {
        for signature in &mut subkey.signatures {
            let is_back = |subpacket: &Subpacket| {
                matches!(subpacket.data, SubpacketData::EmbeddedSignature(_))
            };
            let config = signature.config().unwrap();
            let back = config.unhashed_subpackets().position(is_back);
            if let Some(index) = back {
                signature.unhashed_subpacket_remove(index).unwrap();
            }
        }
    }
    let stripped = stripped.to_bytes().unwrap();
    let signature = read(&format!("{IMAGE}.sig")).unwrap();
    let judge = |copies: &[&[u8]]| keyring(PRIMARY, copies).file_signature(&signature, now());
    assert!(matches!(
        judge(&[&stripped]),
        Err(Error::NotASigningKey { .. })
    ));
    assert!(judge(&[&key, &stripped]).is_ok());
    assert!(judge(&[&stripped, &key]).is_ok());
}

/// A signature of the right form that names this subkey. Whether it may count is judged before the
/// file is there; that it is over nothing would show at the end.
fn claim(subkey: &str, signed_at: &str) -> Vec<u8> {
    let fingerprint: Fingerprint = subkey.parse().unwrap();
    let fingerprint = pgp::types::Fingerprint::V4(fingerprint.as_bytes().try_into().unwrap());
    let signed_at: Timestamp = signed_at.parse().unwrap();
    let seconds = u32::try_from(signed_at.as_second()).unwrap();
    let mut config = SignatureConfig::v4(
        SignatureType::Binary,
        PublicKeyAlgorithm::RSA,
        HashAlgorithm::Sha512,
    );
    config.hashed_subpackets = [
        SubpacketData::SignatureCreationTime(pgp::types::Timestamp::from_secs(seconds)),
        SubpacketData::IssuerFingerprint(fingerprint),
    ]
    .map(|said| Subpacket::regular(said).unwrap())
    .to_vec();
    let nothing = SignatureBytes::Mpis(vec![Mpi::from_slice(&[1; 512])]);
    let signature = Signature::from_config(config, [0, 0], nothing).unwrap();
    DetachedSignature::new(signature).to_bytes().unwrap()
}

/// `ok`, or the kind of the refusal.
fn verdict(judged: &Result<FileSignature, Error>) -> String {
    match judged {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let error = format!("{error:?}");
            error.split(' ').next().unwrap().to_owned()
        }
    }
}

/// Subkey, time of the signature, and the verdict once the newest generation is known.
const CLAIMS: [(&str, &str, &str); 7] = [
    (
        "1E100DD7A677A6F9A532C9F9B51DE377064D542D",
        "2018-03-01T00:00:00Z",
        "KeyRevoked",
    ),
    (
        "A621F1DA96C93C639506832D603443A1D0FC498C",
        "2018-04-01T00:00:00Z",
        "KeyRevoked",
    ),
    (
        "858A560F97C9AEB22EC1C732961DDDD5250D4A42",
        "2022-01-01T00:00:00Z",
        "ok",
    ),
    (
        "E9426D8B67E35DF476BD048185F7C8868837E271",
        "2025-01-01T00:00:00Z",
        "ok",
    ),
    (
        "E9426D8B67E35DF476BD048185F7C8868837E271",
        "2025-06-01T00:00:00Z",
        "KeyExpired",
    ),
    (
        "52F145DFD00BBDCD928CBB5A32DA80F91EF52974",
        "2026-08-11T00:00:00Z",
        "ok",
    ),
    (
        "52F145DFD00BBDCD928CBB5A32DA80F91EF52974",
        "2025-03-01T00:00:00Z",
        "KeyNewerThanSignature",
    ),
];

fn generation(date: &str) -> Option<Vec<u8>> {
    read(&format!(
        "keys/from-public-repos/Flatcar_Image_Signing_Key.{date}.asc"
    ))
}

fn flatcar(generations: &[&Vec<u8>]) -> Keyring {
    let mut keyring = Keyring::embedded("flatcar").unwrap();
    assert_eq!(keyring.missing().len(), 1);
    for generation in generations {
        assert_eq!(keyring.add(generation).unwrap(), 1);
    }
    assert!(keyring.missing().is_empty());
    keyring
}

#[test]
fn the_four_generations_of_the_real_key_merge_in_any_order() {
    let dates = ["2018-03-09", "2018-09-26", "2023-03-07", "2025-03-07"];
    let Some(generations) = dates
        .into_iter()
        .map(generation)
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let mut orders = 0;
    for order in 0..256_usize {
        let order: Vec<_> = (0..4).map(|place| order >> (2 * place) & 3).collect();
        if (0..4).any(|index| !order.contains(&index)) {
            continue;
        }
        orders += 1;
        let copies: Vec<_> = order.iter().map(|index| &generations[*index]).collect();
        let keyring = flatcar(&copies);
        for (subkey, signed_at, wanted) in CLAIMS {
            let judged = keyring.file_signature(&claim(subkey, signed_at), now());
            assert_eq!(verdict(&judged), wanted, "{order:?} {subkey} {signed_at}");
        }
    }
    assert_eq!(orders, 24);
}

#[test]
fn an_old_generation_knows_neither_later_revocations_nor_later_subkeys() {
    let Some(oldest) = generation("2018-03-09") else {
        return;
    };
    let keyring = flatcar(&[&oldest]);
    let verdicts = CLAIMS.map(|(subkey, signed_at, _)| {
        verdict(&keyring.file_signature(&claim(subkey, signed_at), now()))
    });
    assert_eq!(verdicts[0], "ok");
    assert!(
        verdicts[1..]
            .iter()
            .all(|verdict| verdict == "UnknownSigner")
    );
}
