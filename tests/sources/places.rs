//! Which of a vendor's hosts is asked for what, and where releases are that have ended.

use bonafide::publisher::{Error, NoEvents};
use bonafide::sources::{
    AlmaLinux, Centos, Debian, Fedora, Flatcar, FlatcarFile, OpenSuse, Rocky, SourceError, Ubuntu,
    UbuntuRelease,
};
use bonafide::{Fetch, Source};
use bonafide_testkit::site::{Fault, FedoraBuild, OpenSuseBuild, PublishedBuild, VendorSite};

use crate::signing::{channel, find, key};
use crate::url;
use support::{causes, now, site_fetch};

const PATH: &str = "/pub/fedora/linux/releases/44/Cloud/x86_64/images/";
const MIRROR: &str = "https://images.operator.test/fedora/";

/// Fedora's hosts, and a mirror that the redirector sends everything to.
async fn fedora_with_mirror() -> (VendorSite, PublishedBuild) {
    let site = VendorSite::start().await.unwrap();
    let source = Fedora::new("44").unwrap();
    let build = FedoraBuild::new("44", "1.7");
    let build = site.publish(&build, key(&source)).unwrap();
    site.redirect(&format!("https://download.fedoraproject.org{PATH}"), MIRROR);
    (site, build)
}

#[tokio::test]
async fn fedora_is_listed_at_its_stable_host_and_never_at_a_mirror() {
    for fault in [
        None,
        Some(Fault::Status(403)),
        Some(Fault::NotFound),
        Some(Fault::Html),
        Some(Fault::Disconnect),
    ] {
        let (site, build) = fedora_with_mirror().await;
        if let Some(fault) = fault {
            site.fault(MIRROR, fault);
        }
        let candidate = find(&site, Fedora::new("44").unwrap()).await.unwrap();
        for asked in site.requests() {
            assert!(
                asked.starts_with("https://dl.fedoraproject.org/"),
                "{asked}"
            );
        }
        let file = candidate.file();
        assert_eq!(file.url.as_str(), build.image_url, "through the redirector");
        let stable = build.image_url.replace("//download.", "//dl.");
        assert_eq!(file.also_at.as_ref().unwrap().as_str(), stable);
    }
}

#[tokio::test]
async fn an_error_names_the_mirror_that_answered() {
    let (site, build) = fedora_with_mirror().await;
    let fetch = site_fetch(&site);
    let at_mirror = format!("{MIRROR}{}", build.image_name);
    let asked = url(&build.image_url);
    site.put(&at_mirror, vec![0; 100_000]);
    for (fault, said) in [
        (Fault::Status(403), "status 403"),
        (Fault::NotFound, "404"),
        (Fault::CutAfter(10), "10 of 100000 bytes"),
        (Fault::Disconnect, ""),
        (Fault::StallAfter(10), "no byte for"),
    ] {
        site.fault(&at_mirror, fault);
        let error = fetch.read(&asked, 1 << 20).await.unwrap_err();
        let text = causes(&error);
        assert!(error.is_by_redirect(), "{text}");
        for part in [build.image_url.as_str(), &at_mirror, said] {
            assert!(text.contains(part), "`{part}`: {text}");
        }
    }
    site.clear_fault(&at_mirror);
    let error = fetch.read(&asked, 10).await.unwrap_err().to_string();
    assert!(
        error.contains("10 bytes") && error.contains(&at_mirror),
        "{error}"
    );

    // Without a redirect nothing is said of one, and no secret of a target shows.
    let direct = fetch.read(&url("https://dl.fedoraproject.org/x"), 10).await;
    let direct = direct.unwrap_err();
    assert!(
        !direct.is_by_redirect() && direct.is_not_found(),
        "{direct}"
    );
    site.fault(
        &build.image_url,
        Fault::RedirectTo(format!("{MIRROR}gone?token=hunter2")),
    );
    let error = fetch.read(&asked, 10).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("gone") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_mirror_without_tls_is_refused_and_named() {
    let (site, build) = fedora_with_mirror().await;
    let plain = site.plain_url(&format!("{MIRROR}x"));
    site.fault(&build.image_url, Fault::RedirectTo(plain));
    let error = site_fetch(&site).read(&url(&build.image_url), 10).await;
    let error = error.unwrap_err();
    assert!(error.is_by_redirect(), "{error}");
    assert!(
        error.to_string().contains("images.operator.test"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_mirror_of_opensuse_does_not_give_is_read_at_the_host_without_mirrors() {
    let source = || OpenSuse::leap("16.0").unwrap();
    for fault in [
        Fault::RedirectTo(format!("{MIRROR}nothing-there")),
        Fault::RedirectTo("http://images.operator.test/x".to_owned()),
    ] {
        let site = VendorSite::start().await.unwrap();
        let build = OpenSuseBuild::leap("16.0", "18.7");
        let build = site.publish(&build, key(&source())).unwrap();
        site.fault(&build.list_url, fault.clone());
        site.fault(&build.signature_url, fault);
        let candidate = find(&site, source()).await.unwrap();
        assert_eq!(candidate.file().url.as_str(), build.image_url);
        let also = candidate.file().also_at.clone().unwrap();
        assert_eq!(also.host_str(), Some("downloadcontent.opensuse.org"));
        // What that host does not have either is not there.
        let stable = |url: &str| url.replace("//download.", "//downloadcontent.");
        site.remove(&stable(&build.signature_url));
        let error = find(&site, source()).await.unwrap_err();
        assert!(
            matches!(error, Error::Unsigned { .. }),
            "{}",
            causes(&error)
        );
    }
}

#[tokio::test]
async fn an_ended_release_is_found_in_the_archive_or_said_to_be_nowhere() {
    let site = VendorSite::start().await.unwrap();
    let fedora = || Fedora::new("43").unwrap();
    let error = find(&site, fedora()).await.unwrap_err();
    let text = causes(&error);
    for place in [
        "https://dl.fedoraproject.org/pub/fedora/linux/releases/43/",
        "https://archives.fedoraproject.org/pub/archive/fedora/linux/releases/43/",
        "Fedora 43 is at none of its vendor's places",
    ] {
        assert!(text.contains(place), "{text}");
    }
    // An empty directory that is left behind.
    site.put(&format!("{}README", fedora().product().page), "moved");
    let error = find(&site, fedora()).await.unwrap_err();
    let no_build = matches!(error, Error::Source(SourceError::NoBuild { .. }));
    assert!(no_build, "{}", causes(&error));
    let build = FedoraBuild::new("43", "1.6").archived();
    let build = site.publish(&build, key(&fedora())).unwrap();
    let candidate = find(&site, fedora()).await.unwrap();
    assert_eq!(candidate.file().url.as_str(), build.image_url);
    assert!(
        build
            .image_url
            .starts_with("https://archives.fedoraproject.org/")
    );
}

#[tokio::test]
async fn what_has_ended_and_is_gone_is_not_a_failure_and_what_should_be_there_is() {
    type Make = fn() -> Box<dyn Source>;
    let ended: [(Make, &str); 6] = [
        (
            || Box::new(Centos::seven()),
            "CentOS 7 has ended on 2024-06-30",
        ),
        (
            || Box::new(Centos::stream("8").unwrap()),
            "CentOS Stream 8 has ended on 2024-05-31",
        ),
        (
            || Box::new(Debian::openstack("9", "stretch").unwrap()),
            "Debian 9 has ended on 2022-06-30",
        ),
        (
            || Box::new(Debian::cloud("11", "bullseye").unwrap()),
            "Debian 11 has ended on 2026-08-31",
        ),
        (
            || Box::new(OpenSuse::leap("15.6").unwrap()),
            "openSUSE Leap 15.6 has ended on 2026-04-30",
        ),
        (
            || Box::new(Ubuntu::released(UbuntuRelease::Bionic)),
            "Ubuntu 18.04 has ended on 2023-05-31",
        ),
    ];
    let site = VendorSite::start().await.unwrap();
    for (source, said) in ended {
        let error = look(&site, source()).await;
        let text = causes(&error);
        let page = source().product().page.to_string();
        assert!(matches!(error, Error::Ended { .. }), "{text}");
        assert!(error.is_expected() && text.starts_with(said), "{text}");
        assert!(text.contains(&page), "{text}");
    }
    let living: [Make; 7] = [
        || Box::new(AlmaLinux::new("10").unwrap()),
        || Box::new(Centos::stream("10").unwrap()),
        || Box::new(Debian::cloud("13", "trixie").unwrap()),
        || Box::new(Flatcar::stable(FlatcarFile::Bzip2)),
        || Box::new(OpenSuse::tumbleweed()),
        || Box::new(Rocky::new("10").unwrap()),
        || Box::new(Ubuntu::released(UbuntuRelease::Resolute)),
    ];
    for source in living {
        let error = look(&site, source()).await;
        let text = causes(&error);
        let gone = matches!(error, Error::Source(SourceError::Gone { .. }));
        assert!(gone && !error.is_expected(), "{text}");
        assert!(text.contains("is not published yet"), "{text}");
        let host = source().product().page.host_str().unwrap().to_owned();
        assert!(text.contains(&format!("https://{host}/")), "{text}");
    }
}

async fn look(site: &VendorSite, source: Box<dyn Source>) -> Error {
    let (channel, fetch) = (channel(source), site_fetch(site));
    let found = channel.find(&fetch, now(), &NoEvents).await;
    found.unwrap_err()
}
