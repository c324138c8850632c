//! What is asked of a vendor again, how often, and what is reported.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bonafide::sources::{
    DownloadCache, FetchError, LocalFiles, Retries, Retry, Sleep, WatchRetries,
};
use bonafide::{Event, Fetch, HttpFetch};
use bonafide_testkit::site::{Fault, VendorSite};
use futures_util::StreamExt;

use crate::url;
use support::custom_site::CustomWorld;
use support::{Cloud, cases};

const AT: &str = "https://cloud-images.ubuntu.com/file";

/// Waits for nothing, and keeps what it should have waited.
#[derive(Clone, Debug, Default)]
struct Waits(Arc<Mutex<Vec<Duration>>>);

#[async_trait]
impl Sleep for Waits {
    async fn sleep(&self, wait: Duration) {
        self.0.lock().unwrap().push(wait);
    }
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<Retry>>);

impl WatchRetries for Told {
    fn retrying(&self, retry: &Retry) {
        self.0.lock().unwrap().push(retry.clone());
    }
}

/// A site with one file, and the real client with its real figures, but for the clock.
struct Scene {
    site: VendorSite,
    fetch: HttpFetch,
    waits: Waits,
}

impl Scene {
    async fn new() -> Self {
        let site = VendorSite::start().await.unwrap();
        site.put(AT, "content");
        let waits = Waits::default();
        let mut builder = HttpFetch::builder()
            .no_proxy()
            .only_authority(site.ca_certificate_pem())
            .retries(Retries::default().sleep(waits.clone()))
            .idle_timeout(Duration::from_secs(5));
        for host in site.hosts() {
            builder = builder.resolve(&host, site.address());
        }
        Self {
            fetch: builder.build().unwrap(),
            site,
            waits,
        }
    }

    async fn read(&self) -> Result<Vec<u8>, FetchError> {
        self.fetch.read(&url(AT), 100).await
    }

    fn waited(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.waits.0.lock().unwrap())
    }

    fn asked(&self) -> usize {
        let asked = self.site.requests().len();
        self.site.clear_requests();
        asked
    }
}

fn passing() -> Vec<Fault> {
    let statuses = [429, 500, 502, 503, 504].map(Fault::Status);
    statuses.into_iter().chain([Fault::Disconnect]).collect()
}

#[tokio::test]
async fn what_passes_is_waited_for_longer_and_longer() {
    let scene = Scene::new().await;
    for fault in passing() {
        scene.site.fault_times(AT, fault, 4);
        assert_eq!(scene.read().await.unwrap(), b"content");
        assert_eq!(scene.asked(), 5);
        let mut least = Duration::from_millis(500);
        let waited = scene.waited();
        assert_eq!(waited.len(), 4);
        for wait in waited {
            assert!(wait >= least && wait <= least * 2, "{wait:?} {least:?}");
            least *= 2;
        }
    }
    scene.site.fault_times(AT, Fault::Status(503), 4);
    let mut download = scene.fetch.open(&url(AT)).await.unwrap();
    assert_eq!(&*download.next().await.unwrap().unwrap(), b"content");
    assert_eq!(scene.asked(), 5);
}

#[tokio::test]
async fn what_does_not_pass_ends_after_five_tries_and_says_so() {
    let scene = Scene::new().await;
    for fault in passing() {
        scene.site.fault(AT, fault);
        let error = scene.read().await.unwrap_err();
        assert!(
            matches!(error, FetchError::Repeated { tries: 5, .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains(AT) && text.contains("(tried 5 times)"),
            "{text}"
        );
        assert_eq!((scene.asked(), scene.waited().len()), (5, 4));
        assert!(scene.fetch.open(&url(AT)).await.is_err());
        assert_eq!((scene.asked(), scene.waited().len()), (5, 4));
    }
}

#[tokio::test]
async fn what_would_be_the_same_again_is_asked_once() {
    let scene = Scene::new().await;
    let plain = scene.site.plain_url(AT);
    for fault in [
        Fault::NotFound,
        Fault::Status(400),
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(410),
        Fault::Status(501),
        Fault::RedirectTo(plain),
        Fault::Longer(1000),
    ] {
        scene.site.fault(AT, fault.clone());
        let error = scene.read().await.unwrap_err();
        assert!(!matches!(error, FetchError::Repeated { .. }), "{error}");
        assert_eq!((scene.asked(), scene.waited().len()), (1, 0), "{fault:?}");
    }
    // In a circle.
    scene.site.fault(AT, Fault::RedirectTo(AT.to_owned()));
    assert!(scene.read().await.is_err());
    assert_eq!(scene.waited(), [] as [Duration; 0]);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_no_better_in_a_moment() {
    let scene = Scene::new().await;
    let waits = Waits::default();
    let stranger = HttpFetch::builder()
        .no_proxy()
        .resolve("cloud-images.ubuntu.com", scene.site.address())
        .retries(Retries::default().sleep(waits.clone()))
        .build()
        .unwrap();
    let error = stranger.open(&url(AT)).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    assert_eq!(*waits.0.lock().unwrap(), [] as [Duration; 0]);
}

#[tokio::test]
async fn a_host_where_nothing_listens_is_tried_again() {
    let waits = Waits::default();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let fetch = HttpFetch::builder()
        .no_proxy()
        .resolve("cloud-images.ubuntu.com", address)
        .retries(Retries::default().sleep(waits.clone()))
        .build()
        .unwrap();
    let error = fetch.read(&url(AT), 10).await.unwrap_err();
    assert!(
        matches!(error.root(), FetchError::Connect { .. }),
        "{error}"
    );
    assert_eq!(waits.0.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept_up_to_a_minute_and_two_in_all() {
    let scene = Scene::new().await;
    let seconds = |wait: &Duration| wait.as_secs();
    scene
        .site
        .fault_times(AT, Fault::StatusRetryAfter(503, "7"), 1);
    assert_eq!(scene.read().await.unwrap(), b"content");
    assert_eq!(scene.waited().iter().map(seconds).collect::<Vec<_>>(), [7]);
    // One that is shorter than ours does not hurry us.
    scene
        .site
        .fault_times(AT, Fault::StatusRetryAfter(429, "0"), 1);
    assert_eq!(scene.read().await.unwrap(), b"content");
    assert!(scene.waited()[0] >= Duration::from_millis(500));

    scene.site.clear_requests();
    scene.site.fault(AT, Fault::StatusRetryAfter(503, "86400"));
    let error = scene.read().await.unwrap_err();
    assert!(error.to_string().contains("status 503"), "{error}");
    let waited: Vec<_> = scene.waited().iter().map(seconds).collect();
    assert!(waited.iter().all(|wait| *wait <= 60), "{waited:?}");
    assert!(waited.iter().sum::<u64>() <= 120, "{waited:?}");
    assert_eq!(scene.asked(), waited.len() + 1);
}

#[tokio::test]
async fn a_small_file_that_breaks_off_is_read_from_its_beginning_again() {
    let scene = Scene::new().await;
    scene.site.fault_times(AT, Fault::CutAfter(3), 2);
    assert_eq!(scene.read().await.unwrap(), b"content");
    assert_eq!(scene.asked(), 3);
    // Bytes of a body that were passed on can't be revoked.
    scene.site.fault_times(AT, Fault::CutAfter(3), 1);
    let mut download = scene.fetch.open(&url(AT)).await.unwrap();
    let last = loop {
        match download.next().await {
            Some(Ok(_)) => {}
            end => break end.and_then(Result::err),
        }
    };
    assert!(
        matches!(last, Some(FetchError::CutShort { .. })),
        "{last:?}"
    );
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn a_watcher_gets_each_retry_whatever_is_around_the_client() {
    let scene = Scene::new().await;
    let http: Arc<dyn Fetch> = Arc::new(scene.fetch.clone());
    for fetch in [
        http.clone(),
        Arc::new(LocalFiles::and(http.clone())),
        Arc::new(DownloadCache::new(Arc::new(LocalFiles::and(http)))),
    ] {
        scene.site.fault_times(AT, Fault::Status(502), 2);
        let told = Arc::new(Told::default());
        let watched = fetch.watched(told.clone()).unwrap();
        assert_eq!(watched.read(&url(AT), 100).await.unwrap(), b"content");
        let told = told.0.lock().unwrap();
        let tries: Vec<_> = told.iter().map(|retry| retry.tries).collect();
        assert_eq!(tries, [1, 2]);
        let line = told[0].to_string();
        for part in [AT, "status 502", "try 2 in "] {
            assert!(line.contains(part), "{line}");
        }
    }
    let nothing = bonafide::sources::DirectoryFetch::new("/nonexistent");
    assert!(nothing.watched(Arc::new(Told::default())).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_reports_its_retries_and_ends_well() {
    let shop = CustomWorld::new(Cloud::embedded().await.unwrap()).await;
    let build = shop.publish_at_vendor(&cases::UBUNTU_RELEASED);
    let asked = [&build.list_url, &build.signature_url, &build.image_url];
    for url in asked {
        shop.site.fault_times(url, Fault::Status(503), 2);
    }
    let told = Mutex::new(Vec::new());
    let observer = |event: &Event<'_>| {
        if let Event::Retrying { url, .. } = event {
            told.lock().unwrap().push((*url).to_owned());
        }
    };
    let channel = shop.channel(&cases::UBUNTU_RELEASED);
    let published = shop.publisher().publish_newest(&channel, &observer).await;
    published.unwrap();
    let told = told.lock().unwrap();
    for url in asked {
        let times = told.iter().filter(|told| *told == url).count();
        assert_eq!(times, 2, "{url} in {told:?}");
    }
}
