//! What can go wrong on the way does go wrong.

use std::time::Duration;

use futures_util::FutureExt;

use super::*;

async fn refused_body(site: &VendorSite) -> (Vec<u8>, reqwest::Error) {
    let mut response = ask(site, FILE).await;
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => panic!("the body ended well after {} bytes", body.len()),
            Err(error) => return (body, error),
        }
    }
}

#[tokio::test]
async fn statuses_and_pages() {
    let (site, _) = site_with_file().await;
    for (fault, status) in [
        (Fault::NotFound, 404),
        (Fault::Status(503), 503),
        (Fault::Html, 200),
    ] {
        site.fault(FILE, fault);
        let response = ask(&site, FILE).await;
        assert_eq!(response.status(), status);
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE HTML"));
    }
    assert_eq!(site.faults_served(FILE), 3);
    site.clear_fault(FILE);
    assert_eq!(ask(&site, FILE).await.status(), 200);
    assert_eq!(site.faults_served(FILE), 3);
}

#[tokio::test]
async fn a_fault_may_happen_a_number_of_times() {
    let (site, _) = site_with_file().await;
    site.fault(FILE, Fault::ErrorOnce(500));
    assert_eq!(ask(&site, FILE).await.status(), 500);
    assert_eq!(ask(&site, FILE).await.status(), 200);
    site.fault_times(FILE, Fault::Replace(Bytes::from_static(b"stale")), 2);
    for expected in [5, 5, 1000] {
        assert_eq!(ask(&site, FILE).await.content_length(), Some(expected));
    }
}

#[tokio::test]
async fn a_fault_is_met_through_links_too() {
    let (site, build, _) = site_with_build().await;
    site.fault(&build.list_url, Fault::Html);
    let list = text(
        &site,
        "https://cloud-images.ubuntu.com/releases/24.04/release/SHA256SUMS",
    );
    assert!(list.await.starts_with("<!DOCTYPE HTML"));
}

#[tokio::test]
async fn a_cut_body_announces_its_full_length() {
    let (site, content) = site_with_file().await;
    site.fault(FILE, Fault::CutAfter(300));
    assert_eq!(ask(&site, FILE).await.content_length(), Some(1000));
    let (body, _) = refused_body(&site).await;
    assert_eq!(body, content[..300]);
}

#[tokio::test]
async fn a_cut_inside_an_image() {
    let site = VendorSite::start().await.unwrap();
    site.put(FILE, Qcow2Image::of_file_size(4_000_000, 1));
    site.fault(FILE, Fault::CutAfter(2_000_000));
    let (body, _) = refused_body(&site).await;
    assert!(
        body.len() <= 2_000_000 && !body.is_empty(),
        "{}",
        body.len()
    );
}

#[tokio::test]
async fn lengths_lie() {
    let (site, content) = site_with_file().await;
    site.fault(FILE, Fault::AnnounceLess(10));
    let response = ask(&site, FILE).await;
    assert_eq!(response.content_length(), Some(990));
    assert_eq!(response.bytes().await.unwrap(), content[..990]);
    site.fault(FILE, Fault::Longer(7));
    let response = ask(&site, FILE).await;
    assert_eq!(response.content_length(), Some(1007));
    let body = response.bytes().await.unwrap();
    assert_eq!((&body[..1000], &body[1000..]), (&content[..], &[0; 7][..]));
    site.fault(FILE, Fault::Chunked);
    let response = ask(&site, FILE).await;
    assert_eq!(response.content_length(), None);
    assert_eq!(header(&response, TRANSFER_ENCODING), "chunked");
    assert_eq!(response.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn one_bit_is_flipped() {
    let site = VendorSite::start().await.unwrap();
    let image = Qcow2Image::of_file_size(1_000_000, 1);
    let mut expected: Vec<u8> = image.chunks(0, 1 << 20).flatten().collect();
    site.put(FILE, image);
    site.fault(FILE, Fault::FlipBit(700_001));
    expected[700_001] ^= 1;
    let body = ask(&site, FILE).await.bytes().await.unwrap();
    assert!(body == expected, "something else differs");
    let rest = client(&site)
        .get(FILE)
        .header(RANGE, "bytes=700000-")
        .send()
        .await
        .unwrap();
    assert!(
        rest.bytes().await.unwrap() == expected[700_000..],
        "the range differs"
    );
}

#[tokio::test]
async fn a_redirect_may_lose_its_tls() {
    let (site, content) = site_with_file().await;
    site.put("https://cloud-images.ubuntu.com/other.img", content.clone());
    let plain = site.plain_url("https://cloud-images.ubuntu.com/other.img");
    site.fault(FILE, Fault::RedirectTo(plain.clone()));
    let response = ask(&site, FILE).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(header(&response, LOCATION), plain);
    let careless = builder(&site).redirect(Policy::limited(3)).build().unwrap();
    let body = careless
        .get(FILE)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(body, content);
}

#[tokio::test]
async fn a_stalled_body_stays_open() {
    let (site, content) = site_with_file().await;
    site.fault(FILE, Fault::StallAfter(100));
    let other = "https://cloud-images.ubuntu.com/other.img";
    site.put(other, content.clone());
    let mut response = ask(&site, FILE).await;
    assert_eq!(response.content_length(), Some(1000));
    assert_eq!(response.chunk().await.unwrap().unwrap(), content[..100]);
    for _ in 0..3 {
        assert_eq!(ask(&site, other).await.bytes().await.unwrap(), content);
        assert!(response.chunk().now_or_never().is_none());
    }
}

#[tokio::test]
async fn a_slow_body_is_whole() {
    let (site, content) = site_with_file().await;
    site.fault(
        FILE,
        Fault::Slow {
            chunk: 300,
            pause: Duration::from_millis(1),
        },
    );
    let response = ask(&site, FILE).await;
    assert_eq!(response.content_length(), Some(1000));
    assert_eq!(response.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn a_connection_may_close_without_an_answer() {
    let (site, _) = site_with_file().await;
    site.fault(FILE, Fault::Disconnect);
    let error = client(&site).get(FILE).send().await.unwrap_err();
    assert!(error.is_request(), "{error}");
}

#[tokio::test]
async fn a_directory_page_may_be_cut_too() {
    let (site, _, _) = site_with_build().await;
    let url = "https://cloud-images.ubuntu.com/releases/noble/";
    let whole = text(&site, url).await;
    site.fault(url, Fault::CutAfter(500));
    let mut response = ask(&site, url).await;
    assert!(header(&response, CONTENT_TYPE).starts_with("text/html"));
    assert_eq!(response.content_length(), Some(whole.len() as u64));
    assert_eq!(response.chunk().await.unwrap().unwrap(), whole[..500]);
    assert!(response.chunk().await.is_err());
}
