//! What vendors publish: a page, the names of a list, and a stamp, with a zero byte between them.
//! Whatever they say, what is found is a listed name on one of the vendor's own hosts.

#![no_main]

use std::sync::OnceLock;

use async_trait::async_trait;
use bonafide_fuzz::bounded;
use bonafide_sources::{
    AlmaLinux, Centos, Debian, Download, Fedora, Fetch, FetchError, Flatcar, FlatcarFile, OpenSuse,
    Product, Rocky, SignatureLocation, Source, Ubuntu, UbuntuRelease, VerifiedNames,
};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let mut part = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (page, list, stamp) = (part(), part(), part());
    let names: Vec<_> = list.lines().collect();
    let signed = VerifiedNames::names(&names).stamp(&stamp);
    let fetch = Everywhere(page);
    for source in sources() {
        let product = source.product();
        let found = source.latest(&fetch).now_or_never();
        let Ok(release) = found.expect("everything is available") else {
            continue;
        };
        is_the_vendors(product, &release.directory);
        is_the_vendors(product, &release.list);
        match &release.signature {
            SignatureLocation::AnyOf(places) => places.iter().for_each(|place| {
                is_the_vendors(product, &place.list);
                is_the_vendors(product, &place.signature);
            }),
            SignatureLocation::Detached(signature) => is_the_vendors(product, signature),
            _ => {}
        }
        if let Some(stamp) = &release.stamp {
            is_the_vendors(product, &stamp.url);
            is_the_vendors(product, &stamp.signature);
        }
        let Ok(file) = source.select(&release, &signed) else {
            continue;
        };
        assert!(names.contains(&file.name.as_str()), "{file:?}");
        is_the_vendors(product, &file.url);
        file.also_at
            .iter()
            .for_each(|url| is_the_vendors(product, url));
        file.signature
            .iter()
            .for_each(|url| is_the_vendors(product, url));
    }
}));

fn is_the_vendors(product: &Product, url: &Url) {
    let host = url.host_str().unwrap_or_default();
    assert!(product.hosts.iter().any(|own| own == host), "{url}");
    assert_eq!(url.scheme(), "https");
    assert_eq!((url.query(), url.fragment()), (None, None), "{url}");
}

fn sources() -> &'static [Box<dyn Source>] {
    static SOURCES: OnceLock<Vec<Box<dyn Source>>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        vec![
            Box::new(AlmaLinux::new("9").unwrap()),
            Box::new(Centos::seven()),
            Box::new(Centos::stream("9").unwrap()),
            Box::new(Debian::cloud("12", "bookworm").unwrap()),
            Box::new(Debian::openstack("10", "buster").unwrap()),
            Box::new(Fedora::new("44").unwrap()),
            Box::new(Flatcar::stable(FlatcarFile::Bzip2)),
            Box::new(OpenSuse::leap("15.6").unwrap()),
            Box::new(OpenSuse::leap("16.0").unwrap()),
            Box::new(OpenSuse::micro_os()),
            Box::new(OpenSuse::tumbleweed()),
            Box::new(Rocky::new("9").unwrap()),
            Box::new(Ubuntu::daily(UbuntuRelease::Noble)),
            Box::new(Ubuntu::released(UbuntuRelease::Noble)),
            Box::new(Ubuntu::streams(UbuntuRelease::Noble)),
        ]
    })
}

/// The same answer to every question.
#[derive(Debug)]
struct Everywhere(String);

#[async_trait]
impl Fetch for Everywhere {
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let body = stream::iter([Ok(Bytes::from(self.0.clone()))]);
        Ok(Download::new(url.clone(), None, body))
    }

    /// Without the timer of a runtime.
    async fn read(&self, _: &Url, _: u64) -> Result<Vec<u8>, FetchError> {
        Ok(self.0.clone().into_bytes())
    }
}
