//! Every pair of signature and key in `cases.json`, with the verdict that is wanted.

use bonafide_verify::{Error, Keyring, SignedText, Verified};
use serde::Deserialize;

use crate::{now, read};

#[derive(Debug, Deserialize)]
struct Case {
    sig: String,
    data: Option<String>,
    key: String,
    /// Fingerprints, dates, version and digest of good signatures; empty otherwise.
    detail: String,
}

/// What must come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    BadSignature,
    Good,
    KeyRevoked,
    Malformed,
    UnknownSigner,
    Unsigned,
    WeakDigest,
}

impl Case {
    fn verdict(&self) -> Result<Verified<SignedText>, Error> {
        let keyring = self.keyring();
        let signature = read(&self.sig).unwrap();
        match &self.data {
            Some(data) => keyring.verify_detached(&read(data).unwrap(), &signature, now()),
            None => keyring.verify_cleartext(&signature, now()),
        }
    }

    /// The embedded keyring of the key's vendor, with the case's copy of the key added; for other
    /// keys one that pins who signed.
    fn keyring(&self) -> Keyring {
        let file = self.key.rsplit('/').next().unwrap();
        let name = match file {
            "ubuntu-cloudimage-keyring.gpg" | "ubuntu-uec-D2EB4462.with-sha512-selfsig.asc" => {
                Some("ubuntu")
            }
            "RPM-GPG-KEY-CentOS-7.asc" => Some("centos-7"),
            file if file.starts_with("RPM-GPG-KEY-CentOS-Official") => Some("centos"),
            "RPM-GPG-KEY-fedora-44-primary.asc" | "fedora.gpg" => Some("fedora-44"),
            file if file.starts_with("RPM-GPG-KEY-openSUSE") => Some("opensuse"),
            "debian-cd-DF9B9C49.gpg" => Some("debian"),
            _ => None,
        };
        let mut keyring = match name {
            Some(name) => Keyring::embedded(name).unwrap(),
            None => Keyring::new("other", self.signers().map(|pin| pin.parse().unwrap())),
        };
        keyring.add(&read(&self.key).unwrap()).unwrap();
        keyring
    }

    /// The primary keys of those who signed.
    fn signers(&self) -> impl Iterator<Item = &str> {
        self.detail.split("; ").filter_map(|signer| {
            let primary = signer
                .split_once("(primary ")
                .map_or(signer, |(_, primary)| primary);
            primary.get(..40)
        })
    }

    fn wanted(&self) -> Wanted {
        let Some(negative) = self.sig.strip_prefix("negative/") else {
            return if self.detail.contains(" SHA1 ") {
                Wanted::WeakDigest
            } else if self.sig.ends_with("since-revoked-subkey")
                && !self.key.contains("before-revocation")
            {
                Wanted::KeyRevoked
            } else {
                Wanted::Good
            };
        };
        match negative.get(..2).unwrap() {
            "01" | "06" | "08" | "20" | "31" | "32" => Wanted::BadSignature,
            "03" | "05" | "21" | "22" | "28" => Wanted::Malformed,
            "04" => Wanted::Unsigned,
            "24" | "25" | "26" | "29" => Wanted::Good,
            "30" => Wanted::UnknownSigner,
            _ => panic!("what is wanted of {negative}?"),
        }
    }
}

fn came_out(verdict: &Result<Verified<SignedText>, Error>) -> Option<Wanted> {
    Some(match verdict {
        Ok(_) => Wanted::Good,
        Err(Error::BadSignature { .. }) => Wanted::BadSignature,
        Err(Error::KeyRevoked { .. }) => Wanted::KeyRevoked,
        Err(Error::Malformed { .. }) => Wanted::Malformed,
        Err(Error::UnknownSigner { .. }) => Wanted::UnknownSigner,
        Err(Error::Unsigned { .. }) => Wanted::Unsigned,
        Err(Error::WeakDigest { .. }) => Wanted::WeakDigest,
        Err(_) => return None,
    })
}

fn cases() -> Vec<Case> {
    let file = read("cases.json");
    file.map_or_else(Vec::new, |file| serde_json::from_slice(&file).unwrap())
}

#[test]
fn every_pair_gives_the_wanted_verdict() {
    let cases = cases();
    let mut failed = Vec::new();
    for case in &cases {
        let verdict = case.verdict();
        if came_out(&verdict) != Some(case.wanted()) {
            failed.push(format!("{case:?}: {:?}, not {verdict:?}", case.wanted()));
        }
        if let (Ok(proven), Some(signed_at)) = (&verdict, case.detail.split(' ').find(is_date)) {
            let evidence = proven.evidence();
            assert!(
                case.detail.contains(&evidence.signer.to_string()),
                "{case:?}"
            );
            assert_eq!(evidence.signed_at.to_string().get(..10), Some(signed_at));
            assert!(case.detail.contains(&evidence.digest_algorithm), "{case:?}");
            let version = format!(" v{} ", evidence.signature_version);
            assert!(case.detail.contains(&version), "{case:?}");
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(cases.is_empty() || cases.len() >= 56, "{}", cases.len());
}

fn is_date(word: &&str) -> bool {
    word.len() == 10 && word.starts_with("20")
}

#[test]
fn signed_lists_of_md5_prove_nothing_and_say_why() {
    let lists = cases().into_iter();
    for case in lists.filter(|case| case.sig.ends_with("MD5SUMS.gpg")) {
        let Ok(text) = case.verdict() else {
            assert_eq!(case.wanted(), Wanted::WeakDigest);
            continue;
        };
        let list = text.checksum_list().unwrap();
        assert!(list.is_empty());
        for name in list.weak_names() {
            let refused = list.digest(name);
            assert!(
                matches!(&refused, Err(Error::WeakListing { algorithms, .. })
                    if algorithms[..] == ["MD5"]),
                "{name}: {refused:?}"
            );
        }
        assert!(list.weak_names().count() > 0);
    }
}

#[test]
fn changed_line_ends_blanks_and_dashes_change_no_digest() {
    let cases = cases().into_iter();
    for case in cases.filter(|case| {
        ["24", "25", "26"]
            .iter()
            .any(|number| case.sig.starts_with(&format!("negative/{number}")))
    }) {
        let list = case.verdict().unwrap().checksum_list().unwrap();
        assert_eq!(list.len(), 6, "{}", case.sig);
        let expected = list
            .digest("Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2")
            .unwrap();
        assert!(expected.digest.to_string().starts_with("55c60a3b80d3616a"));
        assert_eq!(expected.size, Some(528_154_624));
    }
}

#[test]
fn digests_come_from_the_signed_text_and_not_from_its_unsigned_sibling() {
    let directory = "negative/29-asc-differs-from-txt";
    let Some(message) = read(&format!("{directory}/sha256sum.txt.asc")) else {
        return;
    };
    let keyring = Keyring::embedded("centos-7").unwrap();
    let text = keyring.verify_cleartext(&message, now()).unwrap();
    let sibling = read(&format!("{directory}/sha256sum.txt")).unwrap();
    let sibling = String::from_utf8(sibling).unwrap();
    let list = text.checksum_list().unwrap();
    let mut forged = 0;
    for line in sibling.lines() {
        let (digest, name) = line.split_once("  ").unwrap();
        forged += usize::from(list.digest(name).unwrap().digest.to_string() != digest);
    }
    assert_eq!(forged, 1, "the sibling was changed in one line");
}
