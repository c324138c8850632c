//! Where other verifiers decide differently, and why.

use bonafide::verify::{Error, SignedText, Verified};

use crate::independent::mutated::Explanation;

/// Pairs that another program judges otherwise than this project, for one reason.
pub(crate) struct Difference {
    pub(crate) they_accept: bool,
    pub(crate) reason: &'static str,
    pub(crate) pairs: &'static [&'static str],
}

/// What vendors signed, by GnuPG's `gpgv`.
pub(crate) const GPGV: &[Difference] = &[
    Difference {
        they_accept: true,
        reason: "gpgv accepts SHA-1 over data",
        pairs: &[
            "ubuntu/jammy-core-20230510-sha1sig/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/focal-oci-20220801-sha1sig/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/bionic-oci-20220801-sha1sig/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/xenial-core-20210804-sha1sig/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/xenial-core-20210804-sha1sig/SHA1SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/xenial-core-20210804-sha1sig/MD5SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/trusty-core-20191217-sha1sig/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/trusty-core-20191217-sha1sig/MD5SUMS.gpg ubuntu-cloudimage-keyring.gpg",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv reports revoked keys in its status lines only",
        pairs: &[
            "synthetic/flatcar-shaped/flatcar_production_openstack_image.img.bz2.sig.\
             signed-2018-by-since-revoked-subkey key.asc",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv ignores text around a clear-signed message",
        pairs: &[
            "negative/21-cleartext-line-before/CHECKSUM RPM-GPG-KEY-fedora-44-primary.asc",
            "negative/22-cleartext-line-after/CHECKSUM RPM-GPG-KEY-fedora-44-primary.asc",
        ],
    },
    Difference {
        they_accept: false,
        reason: "a key of a newer kind in its keyring stops gpgv",
        pairs: &["centos/7-2009-x86_64/sha256sum.txt.asc \
             RPM-GPG-KEY-CentOS-7.asc+RPM-GPG-KEY-centosofficial-PQC.asc"],
    },
];

/// What was made, by GnuPG's `gpgv`.
pub(crate) const GPGV_MADE: &[Difference] = &[
    Difference {
        they_accept: false,
        reason: "gpgv does not support version 6",
        pairs: &["version 6"],
    },
    Difference {
        they_accept: false,
        reason: "gpgv tries no key if the signature names none",
        pairs: &["no issuer named"],
    },
    Difference {
        they_accept: true,
        reason: "gpgv ignores text around a clear-signed message",
        pairs: &["clear-signed, a line before", "clear-signed, a line after"],
    },
    Difference {
        they_accept: true,
        reason: "gpgv accepts every digest but MD5 over data",
        pairs: &[
            "RIPEMD-160 over data",
            "SHA-1 over data",
            "SHA-224 over data",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv accepts every digest but MD5 over keys",
        pairs: &[
            "RIPEMD-160 over the own key",
            "RIPEMD-160 in a binding",
            "RIPEMD-160 in a back-signature",
            "SHA-224 over the own key",
            "SHA-224 in a binding",
            "SHA-224 in a back-signature",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv uses an older self-signature instead of one with an unknown critical subpacket",
        pairs: &[
            "critical notation over the own key, with an older word",
            "critical private subpacket over the own key, with an older word",
            "critical unknown subpacket over the own key, with an older word",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv ignores a revocation with an unknown critical subpacket",
        pairs: &[
            "critical notation in a revocation",
            "critical private subpacket in a revocation",
            "critical unknown subpacket in a revocation",
        ],
    },
    Difference {
        they_accept: true,
        reason: "gpgv accepts DSA, and RSA of any size",
        pairs: &["DSA", "RSA of 1024 bits", "subkey of RSA of 1024 bits"],
    },
    Difference {
        they_accept: true,
        reason: "gpgv warns of a signature from the future",
        pairs: &["from the future"],
    },
    Difference {
        they_accept: true,
        reason: "gpgv reports expired keys in its status lines only",
        pairs: &[
            "primary expired before the signature",
            "the subkey's primary expired before the signature",
            "subkey expired before the signature",
            "self-signature expired before the signature",
            "a word beside an end",
            "an end, said directly",
        ],
    },
    Difference {
        they_accept: false,
        reason: "gpgv checks the expiry of a binding by the current time",
        pairs: &["binding expired after the signature"],
    },
    Difference {
        they_accept: true,
        reason: "gpgv reports revoked keys in its status lines only",
        pairs: &[
            "primary revoked before the signature, Compromised",
            "primary revoked before the signature, NoReason",
            "primary revoked before the signature, Retired",
            "primary revoked before the signature, Superseded",
            "primary revoked after the signature, Compromised",
            "primary revoked after the signature, NoReason",
            "the subkey's primary revoked before the signature, Compromised",
            "the subkey's primary revoked before the signature, NoReason",
            "the subkey's primary revoked before the signature, Retired",
            "the subkey's primary revoked before the signature, Superseded",
            "the subkey's primary revoked after the signature, Compromised",
            "the subkey's primary revoked after the signature, NoReason",
            "subkey revoked before the signature, Compromised",
            "subkey revoked before the signature, NoReason",
            "subkey revoked before the signature, Retired",
            "subkey revoked before the signature, Superseded",
            "subkey revoked after the signature, Compromised",
            "subkey revoked after the signature, NoReason",
        ],
    },
    Difference {
        they_accept: false,
        reason: "gpgv requires all signatures to be good, and all their keys",
        pairs: &[
            "an unknown one after a good one",
            "an unknown one before a good one",
            "a bad one after a good one",
            "a bad one before a good one",
        ],
    },
];

/// What was changed, by GnuPG's `gpgv`.
pub(crate) const MUTANTS: &[Explanation] = &[
    Explanation {
        they_accept: true,
        reason: "gpgv ignores what is not base64 in armor",
        explains: |_, ours| {
            let parts = [
                "base64",
                "last line",
                "end with",
                "checksum",
                "empty line",
                "begin with",
            ];
            let cut = "it is cut short, or its signature";
            says(ours, "the signature", &parts) || says(ours, MESSAGE, &[cut])
        },
    },
    Explanation {
        they_accept: true,
        reason: "gpgv ignores text around a clear-signed message",
        explains: |_, ours| says(ours, MESSAGE, &["before it", "after it", "behind `"]),
    },
    Explanation {
        they_accept: true,
        reason: "gpgv accepts any header, and any number of them",
        explains: |_, ours| says(ours, MESSAGE, &["header"]),
    },
    Explanation {
        they_accept: true,
        reason: "gpgv ignores lines of dashes",
        explains: |_, ours| says(ours, MESSAGE, &["no escape"]),
    },
    Explanation {
        they_accept: true,
        reason: "gpgv reads what is not UTF-8",
        explains: |_, ours| says(ours, MESSAGE, &["utf-8"]),
    },
    Explanation {
        they_accept: true,
        reason: "gpgv takes a zero byte at the end of a line for a blank",
        explains: |mutant, ours| {
            says(ours, MESSAGE, &["begin a new line"]) && mutant.pair.signature.contains(&0)
        },
    },
    Explanation {
        they_accept: true,
        reason: "gpgv strips trailing blanks of lines under a text signature",
        explains: |mutant, ours| {
            mutant.origin.name == "text" && matches!(ours, Err(Error::BadSignature { .. }))
        },
    },
    Explanation {
        they_accept: true,
        reason: "gpgv reads packets whose stated lengths are wrong",
        explains: |mutant, ours| {
            let is_over_the_same = mutant.pair.data == mutant.origin.data;
            let is_bad = matches!(ours, Err(Error::BadSignature { .. }));
            is_over_the_same && is_bad && mutant.has_other_packets()
                || says(ours, "the signature", &["packet", "cut short or damaged"])
        },
    },
    Explanation {
        they_accept: false,
        reason: "gpgv requires armor to begin a line",
        explains: |mutant, ours| ours.is_ok() && mutant.begins_within_a_line(),
    },
    Explanation {
        they_accept: false,
        reason: "gpgv accepts a signature below the header of a message",
        explains: |mutant, ours| ours.is_ok() && mutant.is_detached_below_a_message(),
    },
    Explanation {
        they_accept: false,
        reason: "gpgv requires known headers of text in armor",
        explains: |mutant, ours| ours.is_ok() && mutant.has_other_headers(),
    },
    Explanation {
        they_accept: false,
        reason: "gpgv trusts the Hash header",
        explains: |mutant, ours| ours.is_ok() && mutant.has_other_hash_headers(),
    },
    Explanation {
        they_accept: false,
        reason: "gpgv compares the checksum of armor",
        explains: |mutant, ours| ours.is_ok() && mutant.has_another_checksum(),
    },
    Explanation {
        they_accept: false,
        reason: "gpgv trusts unsigned hints",
        explains: |mutant, ours| ours.is_ok() && mutant.has_other_packets(),
    },
];

const MESSAGE: &str = "the clear-signed message";

/// Whether this project refuses it as unreadable, in one of these respects.
fn says(ours: &Result<Verified<SignedText>, Error>, of: &str, parts: &[&str]) -> bool {
    match ours {
        Err(Error::Malformed { what, reason }) => {
            *what == of && parts.iter().any(|part| reason.contains(part))
        }
        _ => false,
    }
}

/// What vendors signed, by Sequoia's standard policy.
pub(crate) const SEQUOIA: &[Difference] = &[
    Difference {
        they_accept: false,
        reason: "Sequoia refuses keys whose self-signatures are SHA-1",
        pairs: &[
            "ubuntu/noble-20260725/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/jammy-core-20230626/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/jammy-core-20230626/MD5SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/jammy-core-20230606/SHA256SUMS.gpg ubuntu-cloudimage-keyring.gpg",
            "ubuntu/simplestreams-20161104/index.sjson ubuntu-cloudimage-keyring.gpg",
            "ubuntu/simplestreams-20161104/com.ubuntu.cloud_released_download.sjson \
             ubuntu-cloudimage-keyring.gpg",
            "ubuntu/simplestreams-20221007/index.sjson ubuntu-cloudimage-keyring.gpg",
            "centos/7-2009-x86_64/sha256sum.txt.asc RPM-GPG-KEY-CentOS-7.asc",
            "centos/7-2009-ppc64le/sha256sum.txt.asc RPM-GPG-KEY-CentOS-7.asc",
            "negative/29-asc-differs-from-txt/sha256sum.txt.asc RPM-GPG-KEY-CentOS-7.asc",
        ],
    },
    Difference {
        they_accept: false,
        reason: "Sequoia refuses signatures of version 3",
        pairs: &[
            "centos/8.2.2004-x86_64/CHECKSUM.asc RPM-GPG-KEY-CentOS-Official.asc",
            "centos/8.2.2004-x86_64/CHECKSUM.asc RPM-GPG-KEY-CentOS-Official-SHA256.asc",
            "opensuse/leap-16.0-aarch64/Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2.sha256.\
             asc RPM-GPG-KEY-openSUSE-2022.expired-copy.asc",
            "opensuse/leap-16.0-aarch64/Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2.sha256.\
             asc RPM-GPG-KEY-openSUSE-2022.renewed-copy.asc",
        ],
    },
    Difference {
        they_accept: true,
        reason: "Sequoia gives the signed text without what is around it",
        pairs: &[
            "negative/21-cleartext-line-before/CHECKSUM RPM-GPG-KEY-fedora-44-primary.asc",
            "negative/22-cleartext-line-after/CHECKSUM RPM-GPG-KEY-fedora-44-primary.asc",
        ],
    },
];
