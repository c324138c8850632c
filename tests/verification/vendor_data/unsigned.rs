//! Real lists that are unsigned, or whose signature is missing.

use bonafide::publisher::Error;
use bonafide::publisher::danger::{Reason, Unverified};
use bonafide::sources::{Signing, SourceError};

use crate::vendor_data::{Mirror, channel};
use support::causes;

/// A list, where its channel looks for it and its signature, and whether the vendor is known to
/// sign.
struct Bare {
    channel: &'static str,
    list: &'static str,
    at: &'static str,
    signature: &'static str,
    signing: Signing,
}

const fn bare(
    channel: &'static str,
    list: &'static str,
    at: &'static str,
    signature: &'static str,
    signing: Signing,
) -> Bare {
    Bare {
        channel,
        list,
        at,
        signature,
        signing,
    }
}

const ALMALINUX_9: Bare = bare(
    "almalinux-9",
    "almalinux/9-unsigned-copy/CHECKSUM",
    "repo.almalinux.org/almalinux/9/cloud/x86_64/images/CHECKSUM",
    ".asc",
    Signing::Signed,
);
const CENTOS_7: Bare = bare(
    "centos-7",
    "centos/7-genericcloud-listing-unsigned/sha256sum.txt",
    "cloud.centos.org/centos/7/images/sha256sum.txt",
    ".asc",
    Signing::Signed,
);
const CENTOS_8: Bare = bare(
    "centos-stream-8",
    "centos/8-stream-iso-20231218-unsigned/CHECKSUM",
    "cloud.centos.org/centos/8-stream/x86_64/images/CHECKSUM",
    ".asc",
    Signing::Unsigned,
);
const CENTOS_9: Bare = bare(
    "centos-stream-9",
    "centos/9-stream-genericcloud-unsigned/CHECKSUM",
    "cloud.centos.org/centos/9-stream/x86_64/images/CHECKSUM",
    ".asc",
    Signing::Unsigned,
);
const DEBIAN_12_A: Bare = bare(
    "debian-12",
    "debian/cloud-bookworm-unsigned-a/SHA512SUMS",
    "cloud.debian.org/images/cloud/bookworm/20260712-2537/SHA512SUMS",
    ".sign",
    Signing::Unsigned,
);
const DEBIAN_12_B: Bare = bare(
    "debian-12",
    "debian/cloud-bookworm-unsigned-b/SHA512SUMS",
    "cloud.debian.org/images/cloud/bookworm/20260712-2537/SHA512SUMS",
    ".sign",
    Signing::Unsigned,
);
const DEBIAN_13: Bare = bare(
    "debian-13",
    "debian/cloud-trixie-daily-20260717-unsigned/SHA512SUMS",
    "cloud.debian.org/images/cloud/trixie/20260717-2542/SHA512SUMS",
    ".sign",
    Signing::Unsigned,
);
const ROCKY_9: Bare = bare(
    "rocky-9",
    "rocky/9-unsigned/CHECKSUM",
    "dl.rockylinux.org/pub/rocky/9/images/x86_64/CHECKSUM",
    ".asc",
    Signing::Unsigned,
);
const UBUNTU_24: Bare = bare(
    "ubuntu-24.04",
    "ubuntu/noble-20260705-listing-unsigned/SHA256SUMS",
    "cloud-images.ubuntu.com/releases/noble/release-20260705/SHA256SUMS",
    ".gpg",
    Signing::Signed,
);

#[tokio::test]
async fn real_lists_without_a_signature_are_refused_and_only_some_as_expected() {
    for bare in [
        ALMALINUX_9,
        CENTOS_7,
        CENTOS_8,
        CENTOS_9,
        DEBIAN_12_A,
        DEBIAN_12_B,
        DEBIAN_13,
        ROCKY_9,
        UBUNTU_24,
    ] {
        let Some(mirror) = Mirror::new() else { return };
        mirror.place(bare.list, bare.at);
        let channel = channel(bare.channel).await;
        assert_eq!(channel.product().signing, bare.signing, "{}", bare.channel);
        let error = mirror.look(&channel).await.refusal();
        assert_eq!(error.is_expected(), bare.signing == Signing::Unsigned);
        let Error::Unsigned {
            looked, signing, ..
        } = &error
        else {
            panic!("{}", causes(&error))
        };
        let wanted = format!("https://{}{}", bare.at, bare.signature);
        assert_eq!((looked[0].as_str(), *signing), (&*wanted, bare.signing));
    }
}

#[tokio::test]
async fn an_error_page_in_place_of_the_signature_is_never_what_is_expected() {
    for bare in [CENTOS_9, DEBIAN_13, ROCKY_9, ALMALINUX_9] {
        let Some(mirror) = Mirror::new() else { return };
        mirror.place(bare.list, bare.at);
        let page = "negative/05-html-instead-of-sig/SHA256SUMS.gpg";
        mirror.place(page, &format!("{}{}", bare.at, bare.signature));
        let error = mirror.look(&channel(bare.channel).await).await.refusal();
        let text = causes(&error);
        assert!(matches!(error, Error::Unverified { .. }), "{text}");
        assert!(
            !error.is_expected() && text.contains("an HTML page"),
            "{text}"
        );
    }
}

fn reason() -> Reason {
    "no signature has been seen at this vendor's"
        .parse()
        .unwrap()
}

#[tokio::test]
async fn for_private_use_the_newest_build_of_an_unsigned_list_is_found() {
    for (bare, image, digest) in [
        (
            CENTOS_9,
            "CentOS-Stream-GenericCloud-9-20260714.1.x86_64.qcow2",
            "2aa1716dc75fc5485df1b221d3d930f276024d70024f68f9ee047dad0e03d85d",
        ),
        (
            ALMALINUX_9,
            "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2",
            "c397eed7023e92c841155831b1f47e26300e5bef0f0256c129322307c897a251",
        ),
    ] {
        let Some(mirror) = Mirror::new() else { return };
        mirror.place(bare.list, bare.at);
        let channel = channel(bare.channel).await;
        let found = Unverified::newest(&channel, &mirror.fetch(), reason()).await;
        let shown = format!("{:?}", found.unwrap());
        let directory = bare.at.rsplit_once('/').unwrap().0;
        let path = format!("/{}/{image}", directory.split_once('/').unwrap().1);
        for part in [path.as_str(), digest] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}

/// Links that move and daily builds are no builds of the channel.
#[tokio::test]
async fn for_private_use_too_an_unsigned_list_without_a_dated_image_gives_none() {
    for bare in [ROCKY_9, DEBIAN_12_A, DEBIAN_12_B, DEBIAN_13, CENTOS_8] {
        let Some(mirror) = Mirror::new() else { return };
        mirror.place(bare.list, bare.at);
        let channel = channel(bare.channel).await;
        let found = Unverified::newest(&channel, &mirror.fetch(), reason()).await;
        let error = found.unwrap_err();
        assert!(
            matches!(error, Error::Source(SourceError::ImageNotListed { .. })),
            "{}",
            causes(&error)
        );
    }
}
