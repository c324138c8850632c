//! Real lists with their real signatures.

use bonafide::publisher::Error;
use bonafide::sources::{
    Centos, Debian, Fedora, OpenSuse, Source, SourceError, Ubuntu, UbuntuRelease,
};
use bonafide::verify::{AcceptedWeakness, DigestCheck, Error as Refusal};
use jiff::civil::date;

use crate::vendor_data::{Mirror, Renaming, SHA1, VERSION_3, channel};
use support::causes;

/// A real list of other files than the channel's image, put where the channel's list is.
struct Real {
    channel: &'static str,
    source: fn() -> Box<dyn Source>,
    list: &'static str,
    at: &'static str,
    /// The ending of its signature; none for clear-signed lists.
    signature: &'static str,
    signed_at: &'static str,
    accepted_weaknesses: &'static [AcceptedWeakness],
    /// How many files it names.
    names: usize,
    /// The image that the adapter looks for.
    image: &'static str,
    /// A file that it names, with digest and size.
    file: (&'static str, &'static str, Option<u64>),
    /// The image that the file is taken for.
    taken_for: &'static str,
}

const REAL: [Real; 6] = [
    Real {
        channel: "centos-7",
        source: || Box::new(Centos::seven()),
        list: "centos/7-2009-x86_64/sha256sum.txt.asc",
        at: "cloud.centos.org/centos/7/images/sha256sum.txt.asc",
        signature: "",
        signed_at: "2020-11-06T14:37:25Z",
        accepted_weaknesses: &[SHA1, VERSION_3],
        names: 4,
        image: "CentOS-7-x86_64-GenericCloud-2211.qcow2",
        file: (
            "CentOS-7-x86_64-DVD-2009.iso",
            "e33d7b1ea7a9e2f38c8f693215dd85254c3a4fe446f93f563279715b68d07987",
            None,
        ),
        taken_for: "CentOS-7-x86_64-GenericCloud-2009.qcow2",
    },
    // A signature is looked for, though none has been seen at Stream's.
    Real {
        channel: "centos-stream-8",
        source: || Box::new(Centos::stream("8").unwrap()),
        list: "centos/8.2.2004-x86_64/CHECKSUM",
        at: "cloud.centos.org/centos/8-stream/x86_64/images/CHECKSUM",
        signature: ".asc",
        signed_at: "2020-06-19T17:10:24Z",
        accepted_weaknesses: &[VERSION_3],
        names: 3,
        image: "CentOS-Stream-GenericCloud-8-20260714.1.x86_64.qcow2",
        file: (
            "CentOS-8.2.2004-x86_64-dvd1.iso",
            "c87a2d81d67bbaeaf646aea5bedd70990078ec252fc52f5a7d65ff609871e255",
            Some(8_231_321_600),
        ),
        taken_for: "CentOS-Stream-GenericCloud-8-20200611.0.x86_64.qcow2",
    },
    Real {
        channel: "debian-10",
        source: || Box::new(Debian::openstack("10", "buster").unwrap()),
        list: "debian/cd-11.2.0-amd64/SHA512SUMS",
        at: "cdimage.debian.org/cdimage/openstack/10.11.2/SHA512SUMS",
        signature: ".sign",
        signed_at: "2021-12-18T20:45:40Z",
        accepted_weaknesses: &[],
        names: 19,
        image: "debian-10.11.2-openstack-amd64.qcow2",
        file: (
            "debian-11.2.0-amd64-DVD-1.iso",
            "a443d354b1ab710d5f62d826b690c4c83d6c457319ab2cad4940d6094517f1fa\
             46f7cfb21ed7514b53556ebc72ad30d5626e44723a19e2f1de8dbc7d164b4af4",
            None,
        ),
        taken_for: "debian-10.11.2-openstack-amd64.qcow2",
    },
    Real {
        channel: "fedora-44",
        source: || Box::new(Fedora::new("44").unwrap()),
        list: "fedora/44-1.7-aarch64/Fedora-Cloud-44-1.7-aarch64-CHECKSUM",
        at: "dl.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/\
             Fedora-Cloud-44-1.7-x86_64-CHECKSUM",
        signature: "",
        signed_at: "2026-04-24T15:34:18Z",
        accepted_weaknesses: &[],
        names: 6,
        image: "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2",
        file: (
            "Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
            "55c60a3b80d3616a08705afd0459e75fe9f03c54aba7a46e4002a41a72fa0d5b",
            Some(528_154_624),
        ),
        taken_for: "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2",
    },
    // Signed hours before the end that an older copy of the key gives.
    Real {
        channel: "opensuse-leap-16.0",
        source: || Box::new(OpenSuse::leap("16.0").unwrap()),
        list: "opensuse/leap-16.0-aarch64/\
               Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2.sha256",
        at: "download.opensuse.org/distribution/leap/16.0/appliances/\
             Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2.sha256",
        signature: ".asc",
        signed_at: "2026-06-19T05:31:12Z",
        accepted_weaknesses: &[VERSION_3],
        names: 1,
        image: "Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2",
        file: (
            "Leap-16.0-Minimal-VM.aarch64-Cloud-Build18.7.qcow2",
            "2e9eeb56e7523775f1f01261f4900f289e20c38910226b0c1e5aa7228a84194a",
            None,
        ),
        taken_for: "Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2",
    },
    // From the first day with SHA-512; the lists of the weeks before are among the forgeries.
    Real {
        channel: "ubuntu-22.04",
        source: || Box::new(Ubuntu::released(UbuntuRelease::Jammy)),
        list: "ubuntu/jammy-core-20230606/SHA256SUMS",
        at: "cloud-images.ubuntu.com/releases/jammy/release-20230606/SHA256SUMS",
        signature: ".gpg",
        signed_at: "2023-06-06T13:54:42Z",
        accepted_weaknesses: &[SHA1],
        names: 10,
        image: "ubuntu-22.04-server-cloudimg-amd64.img",
        file: (
            "ubuntu-jammy-core-cloudimg-amd64-root.tar.gz",
            "04deefd2bffacdedee805e88bc223fa171dbc1f20417566bdd887f66315621fc",
            None,
        ),
        taken_for: "ubuntu-22.04-server-cloudimg-amd64.img",
    },
];

#[tokio::test]
async fn real_lists_are_proven_and_those_without_the_image_give_none() {
    let Some(mirror) = Mirror::new() else { return };
    for real in REAL {
        mirror.place_signed(real.list, real.at, real.signature);
        let channel = channel(real.channel).await;
        let look = mirror.look(&channel).await;
        let evidence = look.proof_without_image(real.image, real.names);
        mirror.assert_as_stated(&format!("{}{}", real.list, real.signature), &evidence);
        assert_eq!(evidence.signed_at.to_string(), real.signed_at);
        assert_eq!(evidence.vendor, channel.product().vendor);
        assert_eq!(
            evidence.accepted_weaknesses, real.accepted_weaknesses,
            "{}",
            real.channel
        );
    }
}

#[tokio::test]
async fn real_lists_give_the_digests_of_what_they_name() {
    let Some(mirror) = Mirror::new() else { return };
    for real in REAL {
        mirror.place_signed(real.list, real.at, real.signature);
        let (name, digest, size) = real.file;
        let renaming = Renaming {
            source: (real.source)(),
            listed: name,
            wanted: real.taken_for,
        };
        let built_in = channel(real.channel).await;
        assert_eq!(renaming.source.product(), built_in.product());
        let candidate = mirror.look(&renaming.channel().await).await.candidate();
        let expected = candidate.expected();
        assert_eq!(expected.name, name);
        assert_eq!(expected.digest.to_string(), digest);
        assert_eq!(expected.size, size);
        let image = candidate.file().url.path();
        assert!(image.ends_with(real.taken_for), "{image}");
    }
}

#[tokio::test]
async fn ubuntus_real_noble_list_gives_a_candidate() {
    let Some(mirror) = Mirror::new() else { return };
    let list = "ubuntu/noble-20260725/SHA256SUMS";
    let at = |directory| {
        format!("cloud-images.ubuntu.com/releases/noble/release-{directory}/SHA256SUMS")
    };
    mirror.place_signed(list, &at("20260725"), ".gpg");
    let noble = channel("ubuntu-24.04").await;
    let candidate = mirror.look(&noble).await.candidate();
    assert_eq!(
        candidate.file().url.as_str(),
        "https://cloud-images.ubuntu.com/releases/noble/release-20260725/\
         ubuntu-24.04-server-cloudimg-amd64.img"
    );
    assert_eq!(
        candidate.expected().digest.to_string(),
        "d1940f7d69d343355e183dff1e08a59852d32e7309baa7a4bad8365b11b005ac"
    );
    assert_eq!(candidate.serial().as_str(), "20260725");
    assert_eq!(candidate.build_date(), date(2026, 7, 25));
    let evidence = candidate.evidence();
    mirror.assert_as_stated(&format!("{list}.gpg"), evidence);
    assert_eq!(evidence.signed_at.to_string(), "2026-07-25T22:34:07Z");
    assert_eq!(evidence.accepted_weaknesses, [SHA1]);

    // Both once more, in a directory that claims to be newer.
    mirror.place_signed(list, &at("20260726"), ".gpg");
    let look = mirror.look(&noble).await;
    assert!(look.seen.proven.is_some());
    let error = look.verdict.unwrap_err();
    let Error::Source(SourceError::ForeignList { serial, signed, .. }) = &error else {
        panic!("{}", causes(&error))
    };
    assert_eq!([serial, signed], ["20260726", "20260725"]);
}

#[tokio::test]
async fn what_canonical_signed_is_distinguished_from_what_was_changed() {
    let Some(mirror) = Mirror::new() else { return };
    let signed = "ubuntu/jammy-core-20230626";
    let at = "cloud-images.ubuntu.com/releases/jammy/release-20230626/SHA256SUMS";
    mirror.place_signed(&format!("{signed}/SHA256SUMS"), at, ".gpg");
    let name = "ubuntu-jammy-core-cloudimg-amd64.manifest";
    let manifest = Renaming {
        source: Box::new(Ubuntu::released(UbuntuRelease::Jammy)),
        listed: name,
        wanted: "ubuntu-22.04-server-cloudimg-amd64.img",
    };
    let candidate = mirror.look(&manifest.channel().await).await.candidate();
    let check = |directory| {
        let mut check = DigestCheck::new(candidate.expected());
        check.update(&mirror.read(&format!("{directory}/{name}")));
        check.finish()
    };
    let proven = check(signed).unwrap();
    assert_eq!(proven.evidence(), candidate.evidence());
    let error = check("negative/33-artifact-tampered").unwrap_err();
    assert!(matches!(error, Refusal::DigestMismatch { .. }), "{error}");
}
