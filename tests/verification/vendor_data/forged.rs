//! Forgeries made from real lists, put where the real ones are.

use bonafide::publisher::Error;
use bonafide::sources::{Centos, Fedora};
use bonafide::verify::Error as Refusal;
use jiff::civil::date;

use crate::vendor_data::{Mirror, Renaming, channel};
use support::causes;

/// Where a channel's list is, and what its signature's name has besides.
#[derive(Clone, Copy)]
struct Place {
    channel: &'static str,
    list: &'static str,
    signature: &'static str,
}

/// The signed list itself, not the unsigned one beside it.
const CENTOS_7: Place = Place {
    channel: "centos-7",
    list: "cloud.centos.org/centos/7/images/sha256sum.txt.asc",
    signature: "",
};
const DEBIAN_10: Place = Place {
    channel: "debian-10",
    list: "cdimage.debian.org/cdimage/openstack/10.11.2/SHA512SUMS",
    signature: ".sign",
};
const FEDORA_43: Place = Place {
    channel: "fedora-43",
    list: "dl.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/x86_64/images/\
           Fedora-Cloud-43-1.7-x86_64-CHECKSUM",
    signature: "",
};
const FEDORA_44: Place = Place {
    channel: "fedora-44",
    list: "dl.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/\
           Fedora-Cloud-44-1.7-x86_64-CHECKSUM",
    signature: "",
};
const NOBLE: Place = Place {
    channel: "ubuntu-24.04",
    list: "cloud-images.ubuntu.com/releases/noble/release-20260725/SHA256SUMS",
    signature: ".gpg",
};

type Kind = fn(&Refusal) -> bool;

const BAD_SIGNATURE: Kind = |refusal| matches!(refusal, Refusal::BadSignature { .. });
const MALFORMED: Kind = |refusal| matches!(refusal, Refusal::Malformed { .. });
const UNKNOWN_SIGNER: Kind = |refusal| matches!(refusal, Refusal::UnknownSigner { .. });
const UNSIGNED: Kind = |refusal| matches!(refusal, Refusal::Unsigned { .. });
const WEAK_DIGEST: Kind = |refusal| matches!(refusal, Refusal::WeakDigest { .. });

/// A list, its signature if that is a file of its own, and how and with which words they are
/// refused.
struct Forgery {
    at: Place,
    list: &'static str,
    signature: Option<&'static str>,
    wanted: Kind,
    says: &'static str,
}

impl Forgery {
    const fn of(at: Place, list: &'static str, wanted: Kind, says: &'static str) -> Self {
        Self {
            at,
            list,
            signature: None,
            wanted,
            says,
        }
    }

    const fn by(mut self, signature: &'static str) -> Self {
        self.signature = Some(signature);
        self
    }

    async fn assert_refused(&self) -> Option<()> {
        let Place {
            list, signature, ..
        } = self.at;
        let mirror = Mirror::new()?;
        mirror.place(self.list, list);
        if let Some(file) = self.signature {
            mirror.place(file, &format!("{list}{signature}"));
        }
        let look = mirror.look(&channel(self.at.channel).await).await;
        let read_again = look.seen.read_again;
        let error = look.refusal();
        let text = format!("{}: {}", self.list, causes(&error));
        let Error::Unverified { url, source } = error else {
            panic!("{text}")
        };
        assert_eq!(url.as_str(), format!("https://{list}"));
        assert!((self.wanted)(&source), "{text}");
        assert!(text.contains(self.says), "{text}");
        // Only a signature that does not fit may be a mirror that is being copied to.
        assert_eq!(read_again, BAD_SIGNATURE(&source), "{text}");
        Some(())
    }
}

const FORGERIES: [Forgery; 21] = [
    Forgery::of(
        NOBLE,
        "negative/01-tampered-sums/SHA256SUMS",
        BAD_SIGNATURE,
        "was changed on the way",
    )
    .by("negative/01-tampered-sums/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/03-truncated-sig/SHA256SUMS",
        MALFORMED,
        "cut short",
    )
    .by("negative/03-truncated-sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/03-truncated-sig/SHA256SUMS",
        MALFORMED,
        "cut short",
    )
    .by("negative/03-truncated-sig/SHA256SUMS.gpg.half-armor"),
    Forgery::of(NOBLE, "negative/04-empty-sig/SHA256SUMS", UNSIGNED, "empty")
        .by("negative/04-empty-sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/05-html-instead-of-sig/SHA256SUMS",
        MALFORMED,
        "an HTML page",
    )
    .by("negative/05-html-instead-of-sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/06-sums-with-appended-line/SHA256SUMS",
        BAD_SIGNATURE,
        "was changed on the way",
    )
    .by("negative/06-sums-with-appended-line/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/08-crlf-sums/SHA256SUMS",
        BAD_SIGNATURE,
        "was changed on the way",
    )
    .by("negative/08-crlf-sums/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "negative/30-wrong-vendor-key/SHA512SUMS",
        UNKNOWN_SIGNER,
        "DF9B9C49EAA9298432589D76DA87E80D6294BE9B",
    )
    .by("negative/30-wrong-vendor-key/SHA512SUMS.sign"),
    Forgery::of(
        NOBLE,
        "ubuntu/noble-20260705-listing-unsigned/SHA256SUMS",
        BAD_SIGNATURE,
        "belongs to another file",
    )
    .by("ubuntu/noble-20260725/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "ubuntu/jammy-core-20230510-sha1sig/SHA256SUMS",
        WEAK_DIGEST,
        "SHA1",
    )
    .by("ubuntu/jammy-core-20230510-sha1sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "ubuntu/focal-oci-20220801-sha1sig/SHA256SUMS",
        WEAK_DIGEST,
        "SHA1",
    )
    .by("ubuntu/focal-oci-20220801-sha1sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "ubuntu/bionic-oci-20220801-sha1sig/SHA256SUMS",
        WEAK_DIGEST,
        "SHA1",
    )
    .by("ubuntu/bionic-oci-20220801-sha1sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "ubuntu/xenial-core-20210804-sha1sig/SHA256SUMS",
        WEAK_DIGEST,
        "SHA1",
    )
    .by("ubuntu/xenial-core-20210804-sha1sig/SHA256SUMS.gpg"),
    Forgery::of(
        NOBLE,
        "ubuntu/trusty-core-20191217-sha1sig/SHA256SUMS",
        WEAK_DIGEST,
        "SHA1",
    )
    .by("ubuntu/trusty-core-20191217-sha1sig/SHA256SUMS.gpg"),
    Forgery::of(
        DEBIAN_10,
        "negative/31-sha256-sig-on-sha512sums/SHA512SUMS",
        BAD_SIGNATURE,
        "belongs to another file",
    )
    .by("negative/31-sha256-sig-on-sha512sums/SHA512SUMS.sign"),
    Forgery::of(
        FEDORA_44,
        "negative/20-cleartext-tampered/CHECKSUM",
        BAD_SIGNATURE,
        "was changed on the way",
    ),
    Forgery::of(
        FEDORA_44,
        "negative/21-cleartext-line-before/CHECKSUM",
        MALFORMED,
        "something before it",
    ),
    Forgery::of(
        FEDORA_44,
        "negative/22-cleartext-line-after/CHECKSUM",
        MALFORMED,
        "something after it",
    ),
    Forgery::of(
        FEDORA_43,
        "fedora/44-1.7-aarch64/Fedora-Cloud-44-1.7-aarch64-CHECKSUM",
        UNKNOWN_SIGNER,
        "C6E7F081CF80E13146676E88829B606631645531",
    ),
    Forgery::of(
        CENTOS_7,
        "negative/28-signature-stripped/sha256sum.txt.asc",
        MALFORMED,
        "taken away",
    ),
    Forgery::of(
        CENTOS_7,
        "centos/7-genericcloud-listing-unsigned/sha256sum.txt",
        UNSIGNED,
        "not a clear-signed message",
    ),
];

#[tokio::test]
async fn forgeries_are_refused_by_the_rule_that_they_break() {
    for forgery in FORGERIES {
        if forgery.assert_refused().await.is_none() {
            return;
        }
    }
}

#[tokio::test]
async fn changed_line_ends_blanks_and_dashes_change_no_digest() {
    let Some(mirror) = Mirror::new() else { return };
    for case in [
        "24-cleartext-dash-escaped",
        "25-cleartext-trailing-space",
        "26-cleartext-crlf",
    ] {
        mirror.place(&format!("negative/{case}/CHECKSUM"), FEDORA_44.list);
        let arm = Renaming {
            source: Box::new(Fedora::new("44").unwrap()),
            listed: "Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
            wanted: "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2",
        };
        let candidate = mirror.look(&arm.channel().await).await.candidate();
        let expected = candidate.expected();
        assert_eq!(
            expected.digest.to_string(),
            "55c60a3b80d3616a08705afd0459e75fe9f03c54aba7a46e4002a41a72fa0d5b"
        );
        assert_eq!(expected.size, Some(528_154_624));
        // No name has the day.
        assert_eq!(candidate.build_date(), date(2026, 4, 24));
        mirror.assert_as_stated(&format!("negative/{case}/CHECKSUM"), candidate.evidence());
    }
}

#[tokio::test]
async fn digests_come_from_the_signed_list_and_not_from_its_unsigned_sibling() {
    let Some(mirror) = Mirror::new() else { return };
    let directory = "negative/29-asc-differs-from-txt";
    mirror.place(&format!("{directory}/sha256sum.txt.asc"), CENTOS_7.list);
    let sibling = CENTOS_7.list.strip_suffix(".asc").unwrap();
    mirror.place(&format!("{directory}/sha256sum.txt"), sibling);
    let digest = "07b94e6b1a0b0260b94c83d6bb76b26bf7a310dc78d7a9c7432809fb9bc6194a";
    let iso = Renaming {
        source: Box::new(Centos::seven()),
        listed: "CentOS-7-x86_64-Minimal-2009.iso",
        wanted: "CentOS-7-x86_64-GenericCloud-2009.qcow2",
    };
    let forged = String::from_utf8(mirror.read(&format!("{directory}/sha256sum.txt"))).unwrap();
    assert!(forged.contains(&format!("1{}  {}", &digest[1..], iso.listed)));
    let candidate = mirror.look(&iso.channel().await).await.candidate();
    assert_eq!(candidate.expected().digest.to_string(), digest);
    let release = candidate.release();
    assert_eq!(release.list.as_str(), format!("https://{}", CENTOS_7.list));
}
