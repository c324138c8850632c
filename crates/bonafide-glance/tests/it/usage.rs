//! Who uses an image, asked of a scripted Nova, Cinder and Glance.

mod images;
mod servers;
mod soft_deleted;
mod support;
mod volumes;

use std::time::Duration;

use bonafide_glance::{Glance, Session, Usage, UsageSource};
use jiff::Timestamp;
use serde_json::json;

use crate::scripted::{self, Reply, clock, json};
use support::{
    IMAGE, Script, about, administrators, cloud, look_up, quiet, restricted, server, token,
    without_endpoints,
};

#[tokio::test]
async fn an_image_without_any_reference_is_unused() {
    let cloud = quiet().await;
    let Usage::Complete(uses) = look_up(&cloud.glance()).await else {
        panic!("nothing is missing");
    };
    assert!(!uses.is_used(IMAGE));
    assert_eq!(
        cloud.lines().len(),
        8,
        "servers, soft-deleted ones, services twice, volumes, snapshots, images, hidden images"
    );
}

#[tokio::test]
async fn without_images_nothing_is_asked() {
    let cloud = quiet().await;
    let glance = cloud.glance();
    let usage = Usage::look_up(&glance, &[].into()).await;
    assert!(usage.complete().is_some());
    assert_eq!(glance.session().requests(), 0);
}

#[tokio::test]
async fn without_the_role_admin_everything_is_a_gap_and_nothing_is_asked() {
    for (roles, has) in [
        (&["member", "reader"][..], "the roles member, reader"),
        (&[], "no role"),
        (&["administrator"], "the roles administrator"),
    ] {
        let cloud = restricted(roles).await;
        let usage = look_up(&cloud.glance()).await;
        let sources: Vec<_> = usage.gaps().iter().map(|gap| gap.source).collect();
        assert_eq!(
            sources,
            [
                UsageSource::ServerSnapshots,
                UsageSource::Servers,
                UsageSource::VolumeSnapshots,
                UsageSource::Volumes,
            ]
        );
        let why = &usage.gaps()[0].why;
        assert!(why.contains("only an administrator sees"), "{why}");
        assert!(why.ends_with(has), "{why}");
        assert_eq!(cloud.lines(), [""; 0]);
    }
}

#[tokio::test]
async fn the_role_is_compared_as_services_do() {
    let cloud = restricted(&["member", "Admin"]).await;
    assert!(look_up(&cloud.glance()).await.complete().is_some());
}

#[tokio::test]
async fn a_login_that_fails_is_a_gap_in_everything() {
    let cloud = scripted::Cloud::bare(|_, _| json(401, r#"{"error":{"message":"No."}}"#)).await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(usage.gaps().len(), 4);
    assert!(usage.gaps()[0].why.contains("401"), "{:?}", usage.gaps());
}

#[tokio::test]
async fn a_service_that_the_catalog_lacks_is_a_gap() {
    let cloud = without_endpoints(&["compute", "block-storage"]).await;
    let usage = look_up(&cloud.glance()).await;
    let servers = about(&usage, UsageSource::Servers);
    assert!(
        servers[0].contains("there is no compute service"),
        "{servers:?}"
    );
    assert!(
        servers[0].contains("`compute_endpoint_override`"),
        "{servers:?}"
    );
    for source in [UsageSource::Volumes, UsageSource::VolumeSnapshots] {
        let gaps = about(&usage, source);
        assert!(gaps[0].contains("no block-storage service"), "{gaps:?}");
        assert!(
            gaps[0].contains("`block_storage_endpoint_override`"),
            "{gaps:?}"
        );
    }
    assert_eq!(about(&usage, UsageSource::ServerSnapshots), [""; 0]);
}

#[tokio::test]
async fn an_older_name_of_block_storage_will_do() {
    let cloud = without_endpoints(&["block-storage"]).await;
    assert!(!look_up(&cloud.glance()).await.gaps().is_empty());
    let cloud = support::volumev3().await;
    assert!(look_up(&cloud.glance()).await.complete().is_some());
    assert!(
        cloud
            .lines()
            .contains(&"GET /cinder/v3/p1/volumes/detail?all_tenants=1".to_owned())
    );
}

#[tokio::test]
async fn configured_addresses_count_instead_of_the_catalog() {
    let cloud = without_endpoints(&["compute", "block-storage"]).await;
    let text = format!(
        "clouds: {{a: {{auth: {{auth_url: 'http://{0}', token: t}}, \
         compute_endpoint_override: 'http://{0}/nova/v2.1/', \
         block_storage_endpoint_override: 'http://{0}/cinder/v3/p1'}}}}",
        cloud.address
    );
    let config = bonafide_glance::CloudConfig::from_yaml(&text, "a").unwrap();
    let glance = Glance::new(Session::new(config, clock).unwrap());
    assert!(look_up(&glance).await.complete().is_some());
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_is_a_gap_after_the_deadline() {
    for part in [
        "/servers/detail",
        "/os-services",
        "/volumes/",
        "/snapshots/",
        "/images",
    ] {
        let cloud = cloud(Script::new().answer(part, |_| Reply::Silent)).await;
        let glance =
            cloud.glance_with(|config| config.request_deadline(Duration::from_millis(300)));
        let usage = look_up(&glance).await;
        assert!(usage.complete().is_none(), "{part}");
        assert!(
            usage
                .gaps()
                .iter()
                .all(|gap| gap.why.contains("made no progress")),
            "{:?}",
            usage.gaps()
        );
    }
}

#[tokio::test]
async fn a_token_that_is_refused_meanwhile_is_renewed() {
    let cloud = administrators(|request, nth| match nth {
        0 if request.line.ends_with("/servers/detail?all_tenants=1") => json(401, "{}"),
        _ => Script::new()
            .servers(&[server(1, "p2")])
            .reply(request, nth),
    })
    .await;
    let usage = look_up(&cloud.glance()).await;
    assert_eq!(usage.complete().unwrap().counts(IMAGE, "p2").servers, 1);
    assert_eq!(cloud.logins(), 2);
}

#[tokio::test]
async fn a_look_up_can_be_a_task_of_its_own() {
    let cloud = quiet().await;
    let glance = cloud.glance();
    let task = tokio::spawn(async move { Usage::look_up(&glance, &[IMAGE].into()).await });
    assert!(task.await.unwrap().complete().is_some());
}

#[tokio::test]
async fn the_clock_can_be_a_closure() {
    let cloud = quiet().await;
    let start = clock();
    let now = move || -> Timestamp { start };
    let glance = Glance::new(Session::new(cloud.config(), now).unwrap());
    assert!(look_up(&glance).await.complete().is_some());
}

#[tokio::test]
async fn regions_that_share_an_image_service_are_a_gap() {
    for (image, shared) in [("", true), ("/glance-b", false)] {
        let cloud = scripted::Cloud::bare(move |request, nth| {
            if request.line != "POST /v3/auth/tokens" {
                return Script::new().reply(request, nth);
            }
            let host = scripted::header(request, "host").unwrap_or_default();
            let service = |kind: &str, a: &str, b: &str| {
                let endpoint = |region: &str, path: &str| {
                    let url = format!("http://{host}{path}");
                    json!({"interface": "public", "region_id": region, "url": url})
                };
                json!({"type": kind, "endpoints": [endpoint("a", a), endpoint("b", b)]})
            };
            let catalog = json!([
                service("image", "", image),
                service("compute", "/nova-a", "/nova-b"),
                service("block-storage", "/cinder", "/cinder"),
            ]);
            token("t", &["admin"], &catalog)
        })
        .await;
        let text = format!(
            "clouds: {{a: {{region_name: a, auth: {{auth_url: 'http://{}', token: t}}}}}}",
            cloud.address
        );
        let config = bonafide_glance::CloudConfig::from_yaml(&text, "a").unwrap();
        let usage = look_up(&Glance::new(Session::new(config, clock).unwrap())).await;
        if shared {
            let why = support::only(&usage, UsageSource::Servers);
            assert!(why.starts_with("regions share this image service"), "{why}");
            assert!(why.contains("/nova-b"), "{why}");
        } else {
            assert!(usage.complete().is_some(), "{usage:?}");
        }
    }
}
