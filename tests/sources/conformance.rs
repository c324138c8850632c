//! What every source promises, held against its vendor's site and the list that its vendor signs.

use bonafide::publisher::{Candidate, Error, NoEvents};
use bonafide::verify::{Digest, Error as Refusal};
use bonafide::{Channel, Fetch, HttpFetch, Keyring};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::site::{Fault, PublishedBuild, VendorSite};

use support::cases::Case;
use support::making::{Making, keys};
use support::{causes, now, site_fetch};

/// A vendor's site with builds of one source.
struct Vendor {
    case: &'static Case,
    site: VendorSite,
    key: SigningKey,
}

/// The file that the source takes of a build.
struct Taken {
    name: String,
    url: String,
    list: String,
    signature: String,
    digests: [Digest; 2],
}

impl Vendor {
    async fn new(case: &'static Case) -> Self {
        let keyring = (case.source)().product().keyring.clone();
        Self {
            case,
            site: VendorSite::start().await.unwrap(),
            key: keys().key(&keyring).unwrap().clone(),
        }
    }

    /// With the older and the newer build.
    async fn with_both(case: &'static Case) -> (Self, [Taken; 2]) {
        let vendor = Self::new(case).await;
        let older = vendor.publish(0, &Making::default());
        let newer = Making {
            seed: 1,
            ..Making::default()
        };
        let newer = vendor.publish(1, &newer);
        (vendor, [older, newer])
    }

    fn publish(&self, which: usize, making: &Making) -> Taken {
        let build = (self.case.build)(which, making);
        self.taken(self.site.publish(build.as_ref(), &self.key).unwrap())
    }

    /// Flatcar's builds have two files; the source takes one.
    fn taken(&self, build: PublishedBuild) -> Taken {
        let digests = |sha256: &str, sha512: &str| [sha256, sha512].map(|d| d.parse().unwrap());
        let url = format!("{:?}", (self.case.source)());
        match build.compressed {
            Some(packed) if url.contains("Bzip2") => Taken {
                digests: digests(&packed.sha256, &packed.sha512),
                signature: format!("{}.sig", packed.url),
                name: packed.name,
                url: packed.url,
                list: packed.list_url,
            },
            _ => Taken {
                digests: digests(&build.sha256, &build.sha512),
                name: build.image_name,
                url: build.image_url,
                list: build.list_url,
                signature: build.signature_url,
            },
        }
    }

    fn fetch(&self) -> HttpFetch {
        site_fetch(&self.site)
    }

    fn channel(&self) -> Channel {
        self.channel_by(&self.key)
    }

    fn channel_by(&self, key: &SigningKey) -> Channel {
        let source = (self.case.source)();
        let pin = key.fingerprint().parse().unwrap();
        let mut keyring = Keyring::new(source.product().vendor.clone(), [pin]);
        keyring.add(&key.public_key_binary().unwrap()).unwrap();
        Channel::new(source, keyring)
    }

    async fn find(&self) -> Result<Candidate, Error> {
        self.find_by(&self.channel()).await
    }

    async fn find_by(&self, channel: &Channel) -> Result<Candidate, Error> {
        let found = channel.find(&self.fetch(), now(), &NoEvents).await;
        if let Err(error) = &found {
            println!("{}: {}", channel.name(), causes(error));
        }
        found
    }

    async fn read(&self, url: &str) -> Vec<u8> {
        let read = self.fetch().read(&url.parse().unwrap(), 1 << 24).await;
        read.unwrap()
    }

    /// The newer build, and nothing else, whatever else was done to the site.
    async fn assert_newer(&self, newer: &Taken) {
        let candidate = self.find().await.unwrap();
        assert_eq!(candidate.serial().as_str(), self.case.serials[1]);
        assert!(newer.digests.contains(&candidate.expected().digest));
    }

    /// The vendor's page of the channel.
    fn page(&self) -> String {
        (self.case.source)().product().page.to_string()
    }
}

async fn the_newest_signed_build_is_found_by_dated_https_urls_of_the_vendor(case: &'static Case) {
    let (vendor, [_, newer]) = Vendor::with_both(case).await;
    let candidate = vendor.find().await.unwrap();
    let product = vendor.channel().product().clone();
    let file = candidate.file();
    for url in [&file.url, &candidate.release().list] {
        assert_eq!(url.scheme(), "https");
        let host = url.host_str().unwrap().to_owned();
        assert!(product.hosts.contains(&host), "{url}");
    }
    for moving in ["current", "latest", "/release/"] {
        assert!(!file.url.path().contains(moving), "{}", file.url);
    }
    assert!(file.url.path().contains(case.dated), "{}", file.url);
    assert_eq!(candidate.serial().as_str(), case.serials[1]);
    assert_eq!(candidate.build_date(), case.built);
    assert!(newer.digests.contains(&candidate.expected().digest));
    // Ubuntu's index is signed for all builds, beside the list of each.
    let list = candidate.release().list.as_str();
    assert!(list == newer.list || list.ends_with(".sjson"), "{list}");
    assert!(file.name.ends_with(&newer.name), "{}", file.name);
    assert_eq!(
        candidate.evidence().certificate.to_string(),
        vendor.key.fingerprint()
    );
    // What the list calls the image is what is at the URL.
    let image = vendor.read(file.url.as_str()).await;
    let expected = &candidate.expected().digest;
    assert_eq!(Digest::of(expected.algorithm(), &image), *expected);
}

async fn asking_twice_gives_the_same_answer(case: &'static Case) {
    let (vendor, _) = Vendor::with_both(case).await;
    let (one, other) = (vendor.find().await.unwrap(), vendor.find().await.unwrap());
    assert_eq!(one.release(), other.release());
    assert_eq!(one.file(), other.file());
    assert_eq!(one.expected().value(), other.expected().value());
}

async fn an_unsigned_list_is_refused(case: &'static Case) {
    let vendor = Vendor::new(case).await;
    let build = vendor.publish(1, &Making::unsigned());
    let error = vendor.find().await.unwrap_err();
    let text = causes(&error);
    match error {
        Error::Unsigned { .. } => {}
        // A clear-signed list is there, only without its signature.
        Error::Unverified { source, .. } => {
            assert!(matches!(*source, Refusal::Unsigned { .. }), "{text}");
        }
        _ => panic!("{text}"),
    }
    let host = url_host(&build.list);
    assert!(text.contains(&host) && text.contains("unsigned"), "{text}");
}

fn url_host(url: &str) -> String {
    let url: url::Url = url.parse().unwrap();
    url.host_str().unwrap().to_owned()
}

async fn a_missing_list_is_refused(case: &'static Case) {
    let vendor = Vendor::new(case).await;
    let build = vendor.publish(1, &Making::default());
    let list = vendor.find().await.unwrap().release().list.to_string();
    assert!(list == build.list || list.ends_with(".sjson"), "{list}");
    vendor.site.remove(&list);
    let error = vendor.find().await.unwrap_err();
    let text = causes(&error);
    assert!(
        text.contains(&url_host(&list)) || text.contains(&vendor.page()),
        "{text}"
    );
}

async fn another_key_is_refused_and_named(case: &'static Case) {
    let (vendor, _) = Vendor::with_both(case).await;
    let other = support::vendor_key();
    let error = vendor
        .find_by(&vendor.channel_by(&other))
        .await
        .unwrap_err();
    let text = causes(&error);
    let Error::Unverified { source, .. } = error else {
        panic!("{text}")
    };
    assert!(matches!(*source, Refusal::UnknownSigner { .. }), "{text}");
    assert!(text.contains(&other.fingerprint()), "{text}");
}

async fn a_flipped_bit_in_the_list_is_refused(case: &'static Case) {
    let (vendor, _) = Vendor::with_both(case).await;
    let list = vendor.find().await.unwrap().release().list.to_string();
    let text = String::from_utf8(vendor.read(&list).await).unwrap();
    // Somewhere in a digest, well inside the signed text.
    let parts = ["a1", "1a", "b2", "2b", "c3", "3c", "d4", "4d"];
    let digest = parts.iter().find_map(|part| text.find(part)).unwrap();
    vendor.site.fault(&list, Fault::FlipBit(digest as u64));
    let error = vendor.find().await.unwrap_err();
    let shown = causes(&error);
    assert!(matches!(error, Error::Unverified { .. }), "{shown}");
    assert!(shown.contains(&list), "{shown}");
}

async fn a_list_that_calls_the_image_something_else_gives_no_image(case: &'static Case) {
    let name = Vendor::new(case).await.publish(1, &Making::default()).name;
    let vendor = Vendor::new(case).await;
    let renamed = Making::edited(move |list| list.replace(&name, "renamed.qcow2"));
    vendor.publish(1, &renamed);
    let error = vendor.find().await.unwrap_err();
    let text = causes(&error);
    assert!(matches!(error, Error::Source(_)), "{text}");
    assert!(text.contains("does not list `"), "{text}");
    assert!(
        text.contains(&format!("https://{}", url_host(&vendor.page()))),
        "{text}"
    );
}

async fn foreign_files_in_the_listing_change_nothing(case: &'static Case) {
    let (vendor, [_, newer]) = Vendor::with_both(case).await;
    let page = vendor.page();
    let page = page.strip_suffix(&newer.name).unwrap_or(&page);
    let directory = newer.url.strip_suffix(&newer.name).unwrap();
    for place in [page, directory] {
        for foreign in [
            "README.html",
            "zz-latest.qcow2",
            "99999999-old/x",
            "2099-backup/x",
            "~tmp/x",
        ] {
            vendor.site.put(&format!("{place}{foreign}"), "foreign");
        }
    }
    vendor.assert_newer(&newer).await;
}

async fn an_image_that_is_there_and_not_signed_is_not_taken(case: &'static Case) {
    let (vendor, [_, newer]) = Vendor::with_both(case).await;
    let directory = newer.url.strip_suffix(&newer.name).unwrap();
    for (serial, tomorrow) in [
        (case.serials[1], "20991231"),
        (case.serials[1], "9999"),
        ("20261110", "20991231"),
    ] {
        let unsigned = newer.name.replace(serial, tomorrow);
        if unsigned != newer.name {
            vendor
                .site
                .put(&format!("{directory}{unsigned}"), "unsigned");
        }
    }
    vendor.assert_newer(&newer).await;
}

async fn a_site_that_changed_is_told_with_its_url(case: &'static Case) {
    // Another page instead of everything that the source asks for.
    let (vendor, _) = Vendor::with_both(case).await;
    let list = vendor.find().await.unwrap().release().list.to_string();
    let asked = vendor.site.requests();
    vendor.site.fault(asked.first().unwrap(), Fault::Html);
    let text = causes(&vendor.find().await.unwrap_err());
    assert!(text.contains(asked.first().unwrap().as_str()), "{text}");

    // An empty directory.
    let vendor = Vendor::new(case).await;
    let text = causes(&vendor.find().await.unwrap_err());
    let host = url_host(&list);
    assert!(text.contains(&format!("https://{host}/")), "{text}");
    assert!(text.contains("404") || text.contains("expected"), "{text}");
}

async fn an_old_list_in_a_new_place_is_never_taken_for_the_new_build(case: &'static Case) {
    let (vendor, [older, newer]) = Vendor::with_both(case).await;
    for (old, new) in [
        (&older.list, &newer.list),
        (&older.signature, &newer.signature),
    ] {
        let old = vendor.read(old).await;
        vendor.site.put(new, old);
    }
    let old_image = vendor.read(&older.url).await;
    vendor.site.put(&newer.url, old_image);
    match vendor.find().await {
        Err(_) => {}
        Ok(candidate) => {
            // One list for all builds: then it is the list of that time, and says so itself.
            let newer = newer.digests.contains(&candidate.expected().digest);
            let labelled = candidate.serial().as_str() == case.serials[1];
            assert_eq!(newer, labelled, "{candidate:?}");
        }
    }
}

/// One module a case, one test a promise.
macro_rules! suite {
    ($($module:ident: $case:ident,)+) => {$(
        mod $module {
            use support::cases;

            suite!(@promises $case
                the_newest_signed_build_is_found_by_dated_https_urls_of_the_vendor
                asking_twice_gives_the_same_answer
                an_unsigned_list_is_refused
                a_missing_list_is_refused
                another_key_is_refused_and_named
                a_flipped_bit_in_the_list_is_refused
                a_list_that_calls_the_image_something_else_gives_no_image
                foreign_files_in_the_listing_change_nothing
                an_image_that_is_there_and_not_signed_is_not_taken
                a_site_that_changed_is_told_with_its_url
                an_old_list_in_a_new_place_is_never_taken_for_the_new_build
            );
        }
    )+};
    (@promises $case:ident $($promise:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            super::$promise(const { &cases::$case }).await;
        }
    )+};
}

suite! {
    almalinux_8_bsd: ALMALINUX_8_BSD,
    almalinux_9: ALMALINUX_9,
    centos_7: CENTOS_7,
    centos_stream_9: CENTOS_STREAM_9,
    debian_10: DEBIAN_10,
    debian_12: DEBIAN_12,
    debian_9_archived: DEBIAN_9_ARCHIVED,
    fedora_44: FEDORA_44,
    flatcar_bzip2: FLATCAR_BZIP2,
    flatcar_plain: FLATCAR_PLAIN,
    opensuse_15: OPENSUSE_15,
    opensuse_16: OPENSUSE_16,
    opensuse_16_1: OPENSUSE_16_1,
    opensuse_tumbleweed: TUMBLEWEED,
    opensuse_micro_os: MICRO_OS,
    own: OWN,
    rocky_10: ROCKY_10,
    rocky_8_above: ROCKY_8_ABOVE,
    rocky_9: ROCKY_9,
    ubuntu_daily: UBUNTU_DAILY,
    ubuntu_released: UBUNTU_RELEASED,
    ubuntu_streams: UBUNTU_STREAMS,
}
