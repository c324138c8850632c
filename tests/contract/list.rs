//! Lists: filters, pages and order.

use std::collections::BTreeSet;

use bonafide::glance::{ImageFilter, Status, Visibility};
use serde_json::Value;
use uuid::Uuid;

use crate::cloud::{Cloud, new_image};
use crate::raw::Answer;

/// Three images of one run, distinguished by `number`.
struct Three {
    run: String,
    ids: Vec<Uuid>,
}

impl Three {
    async fn new(cloud: &Cloud) -> Self {
        let run = Uuid::new_v4().simple().to_string();
        let glance = cloud.glance("publisher");
        let mut ids = Vec::new();
        for number in ["1", "2", "3"] {
            let id = cloud.id();
            let image = new_image(id, "raw")
                .property("contract_run", &run)
                .property("number", number)
                .tag(format!("t{number}"))
                .tag(&run);
            glance.create(&image).await.unwrap();
            ids.push(id);
        }
        Self { run, ids }
    }

    fn filter(&self) -> ImageFilter {
        ImageFilter::new().property("contract_run", &self.run)
    }
}

async fn ids(cloud: &Cloud, filter: &ImageFilter) -> Vec<Uuid> {
    let images = cloud.glance("publisher").list(filter).await.unwrap();
    images.iter().map(|image| image.id).collect()
}

fn numbers(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let images = body["images"].as_array().unwrap().iter();
    images
        .map(|image| image["number"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) async fn properties_are_compared_exactly_and_all_of_them(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let all: BTreeSet<_> = ids(cloud, &three.filter()).await.into_iter().collect();
    assert_eq!(all, three.ids.iter().copied().collect());
    let second = three.filter().property("number", "2");
    assert_eq!(ids(cloud, &second).await, [three.ids[1]]);
    for other in ["20", "", "2 "] {
        let none = three.filter().property("number", other);
        assert!(ids(cloud, &none).await.is_empty(), "{other}");
    }
    let part = ImageFilter::new().property("contract_run", &three.run[..8]);
    assert!(ids(cloud, &part).await.is_empty());
}

pub(crate) async fn an_unknown_filter_is_a_property_that_nothing_has(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let filter = three.filter().property("frobnicate", "1");
    assert!(ids(cloud, &filter).await.is_empty());
}

pub(crate) async fn tags_are_compared_all_of_them(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let run = ImageFilter::new().tag(&three.run);
    assert_eq!(ids(cloud, &run).await.len(), 3);
    assert_eq!(ids(cloud, &run.tag("t3")).await, [three.ids[2]]);
}

pub(crate) async fn owner_status_and_visibility_are_filters(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let owner = cloud
        .glance("publisher")
        .session()
        .project_id()
        .await
        .unwrap();
    let fitting = three
        .filter()
        .owner(&owner)
        .status(&Status::Queued)
        .visibility(Visibility::Private);
    assert_eq!(ids(cloud, &fitting).await.len(), 3);
    for other in [
        three.filter().owner("0".repeat(32)),
        three.filter().status(&Status::Active),
        three.filter().status(&Status::Other("bogus".to_owned())),
        three.filter().visibility(Visibility::Community),
        three.filter().hidden(true),
    ] {
        assert!(ids(cloud, &other).await.is_empty(), "{other:?}");
    }
}

pub(crate) async fn names_are_compared_exactly_whatever_is_in_them(cloud: &Cloud) {
    let glance = cloud.glance("publisher");
    let run = Uuid::new_v4();
    for name in [
        format!("{run}"),
        format!("{run}: 24.04"),
        format!("in:{run},b"),
        format!("{run} & a=b? größe + \"x\""),
    ] {
        let id = cloud.id();
        let image = bonafide::glance::NewImage::new(id, &name);
        glance.create(&image).await.unwrap();
        assert_eq!(
            ids(cloud, &ImageFilter::new().name(&name)).await,
            [id],
            "{name}"
        );
    }
}

pub(crate) async fn all_pages_are_followed(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    for size in [1, 2, 3, 4] {
        let listed = ids(cloud, &three.filter().page_size(size)).await;
        assert_eq!(listed.len(), 3, "{size}");
        let listed: BTreeSet<_> = listed.into_iter().collect();
        assert_eq!(listed, three.ids.iter().copied().collect(), "{size}");
    }
}

pub(crate) async fn the_next_page_is_a_path_and_full_pages_have_one(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let raw = cloud.raw("publisher").await;
    let query = format!("contract_run={}&sort=created_at:asc", three.run);
    let page = raw.get(&format!("/images?{query}&limit=3")).await;
    assert_eq!(numbers(&page), ["1", "2", "3"]);
    let page = page.json();
    let next = page["next"].as_str().unwrap();
    assert!(next.starts_with("/v2/images?"), "{next}");
    assert!(next.contains(&format!("marker={}", three.ids[2])), "{next}");
    assert!(
        page["first"].as_str().unwrap().starts_with("/v2/images?"),
        "{page}"
    );
    assert_eq!(page["schema"], "/v2/schemas/images");
    let last = raw.get(next.strip_prefix("/v2").unwrap()).await;
    assert_eq!(last.status, 200, "{last:?}");
    assert!(numbers(&last).is_empty());
    assert_eq!(last.json().get("next"), None);
    let all = raw.get(&format!("/images?{query}&limit=4")).await;
    assert_eq!(all.json().get("next"), None);
}

pub(crate) async fn a_limit_of_zero_is_an_empty_list(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let raw = cloud.raw("publisher").await;
    let answer = raw
        .get(&format!("/images?contract_run={}&limit=0", three.run))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["images"], Value::Array(Vec::new()));
}

pub(crate) async fn values_that_make_no_sense_are_refused(cloud: &Cloud) {
    let raw = cloud.raw("publisher").await;
    let absent = format!("marker={}", Uuid::new_v4());
    for query in [
        absent.as_str(),
        "limit=-1",
        "limit=x",
        "visibility=bogus",
        "member_status=bogus",
        "sort=frobnicate:asc",
        "sort=name:sideways",
        "name=like:x",
        "os_hidden=maybe",
    ] {
        let answer = raw.get(&format!("/images?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
}

pub(crate) async fn lists_are_sorted_as_asked(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let raw = cloud.raw("publisher").await;
    for (sort, order) in [
        ("sort=created_at:asc", ["1", "2", "3"]),
        ("sort_key=created_at&sort_dir=desc", ["3", "2", "1"]),
        ("limit=5", ["3", "2", "1"]),
    ] {
        let answer = raw
            .get(&format!("/images?contract_run={}&{sort}", three.run))
            .await;
        assert_eq!(numbers(&answer), order, "{sort}");
    }
}

pub(crate) async fn several_names_are_asked_for_at_once(cloud: &Cloud) {
    let three = Three::new(cloud).await;
    let raw = cloud.raw("publisher").await;
    let names = format!("in:contract {},contract {}", three.ids[0], three.ids[2]);
    let query = format!(
        "contract_run={}&sort=created_at:asc&name={names}",
        three.run
    );
    let answer = raw.get(&format!("/images?{query}")).await;
    assert_eq!(numbers(&answer), ["1", "3"]);
}
