//! Who uses an image, as `Usage::look_up` finds it.

use bonafide::glance::{
    Glance, ImagePatch, Session, Usage, UsageSource, UseCounts, Uses, Visibility,
};
use bonafide_testkit::cloud::EmbeddedCloud;
use uuid::Uuid;

use crate::cloud::{Cloud, new_image, now};
use crate::customers::Thing;

/// A project of this test only.
fn project() -> String {
    Uuid::new_v4().simple().to_string()
}

/// What is known of the uses of an image, all of it.
async fn uses(cloud: &Cloud, image: Uuid) -> Uses {
    let usage = Usage::look_up(&cloud.glance("admin"), &[image].into()).await;
    let Usage::Complete(uses) = usage else {
        panic!("{usage:?}");
    };
    uses
}

fn numbers(counts: UseCounts) -> [u64; 3] {
    [counts.servers, counts.volumes, counts.volume_snapshots]
}

pub(crate) async fn everything_that_needs_an_image_is_found(cloud: &Cloud) {
    let things = [
        (Thing::Server, [1, 0, 0]),
        (Thing::FailedServer, [1, 0, 0]),
        (Thing::ShelvedServer, [1, 0, 0]),
        (Thing::SoftDeletedServer, [1, 0, 0]),
        (Thing::ServerOfVolume, [0, 1, 0]),
        (Thing::Volume, [0, 1, 0]),
        (Thing::VolumeWithSnapshot, [0, 1, 1]),
    ];
    let (image, other) = (Uuid::new_v4(), Uuid::new_v4());
    let projects = things.map(|_| project());
    let _nova = cloud.customers.keep_nova().await;
    let mut wanted: Vec<_> = projects
        .iter()
        .zip(things)
        .map(|(project, (thing, _))| (project.as_str(), thing, image))
        .collect();
    wanted.push((projects[0].as_str(), Thing::Server, other));
    let seeded = cloud.customers.seed(&wanted).await;

    let found = uses(cloud, image).await;
    let mut expected: Vec<_> = projects.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(found.projects(image).collect::<Vec<_>>(), expected);
    for (project, (thing, expected)) in projects.iter().zip(things) {
        let counts = found.counts(image, project);
        assert_eq!(numbers(counts), expected, "{thing:?}");
    }
    assert!(!found.is_used(other), "it was not asked for");
    assert!(!uses(cloud, Uuid::new_v4()).await.is_used(image));

    cloud
        .customers
        .delete_server(seeded[0].server.unwrap())
        .await;
    let found = uses(cloud, image).await;
    assert_eq!(numbers(found.counts(image, &projects[0])), [0, 0, 0]);
    assert_eq!(found.projects(image).count(), projects.len() - 1);
}

pub(crate) async fn snapshots_of_servers_are_found_whoever_may_see_them(cloud: &Cloud) {
    let _nova = cloud.customers.keep_nova().await;
    let base = Uuid::new_v4();
    let customer = cloud.glance("customer");
    let mut made = Vec::new();
    for visibility in [
        Visibility::Private,
        Visibility::Private,
        Visibility::Community,
        Visibility::Shared,
    ] {
        let id = cloud.id();
        let image = new_image(id, "raw")
            .visibility(visibility)
            .property("base_image_ref", base.to_string());
        customer.create(&image).await.unwrap();
        made.push(id);
    }
    let hide = ImagePatch::new().hidden(true);
    customer.update(made[1], &hide).await.unwrap();
    let project = cloud.project("customer").await;
    let snapshots = async || {
        let found = uses(cloud, base).await;
        found.counts(base, &project).server_snapshots
    };
    assert_eq!(snapshots().await, 4);
    for id in made {
        customer.delete(id).await.unwrap();
    }
    assert!(!uses(cloud, base).await.is_used(base));
}

pub(crate) async fn servers_out_of_reach_are_a_gap(cloud: &Cloud) {
    let image = Uuid::new_v4();
    let (up, down) = (project(), project());
    let wanted = [
        (up.as_str(), Thing::FailedServer, image),
        (down.as_str(), Thing::Server, image),
    ];
    cloud.customers.seed(&wanted).await;
    let admin = cloud.glance("admin");
    let look = async || Usage::look_up(&admin, &[image].into()).await;
    let usage = cloud.customers.without_hosts(look).await;
    assert_eq!(usage.complete(), None);
    assert_eq!(usage.known().projects(image).collect::<Vec<_>>(), [&up]);
    let gaps: Vec<_> = usage.gaps().iter().map(ToString::to_string).collect();
    assert!(
        usage
            .gaps()
            .iter()
            .all(|gap| gap.source == UsageSource::Servers),
        "{gaps:?}"
    );
    for part in [
        "of status UNKNOWN or without an image: a cell may be down",
        "compute service is UNKNOWN (on host `",
    ] {
        assert!(gaps.iter().any(|gap| gap.contains(part)), "{gaps:?}");
    }

    let _nova = cloud.customers.keep_nova().await;
    let mut both = [up.as_str(), down.as_str()];
    both.sort_unstable();
    let found = uses(cloud, image).await;
    assert_eq!(found.projects(image).collect::<Vec<_>>(), both);
}

pub(crate) async fn without_the_role_admin_nothing_is_asked(cloud: &Cloud) {
    for who in ["publisher", "customer"] {
        let glance = cloud.glance(who);
        let usage = Usage::look_up(&glance, &[Uuid::new_v4()].into()).await;
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
        assert_eq!(glance.session().requests(), 1, "only the login");
    }
}

/// What needs pages that are smaller than a real cloud's.
async fn with_pages_of_two() -> (EmbeddedCloud, Glance) {
    let builder = EmbeddedCloud::builder().compute_page_limit(2);
    let cloud = builder.block_storage_page_limit(2).start().await.unwrap();
    let config = bonafide::glance::CloudConfig::from_yaml(cloud.clouds_yaml(), "admin");
    let glance = Glance::new(Session::new(config.unwrap(), now).unwrap());
    (cloud, glance)
}

#[tokio::test]
async fn servers_and_volumes_of_all_pages_are_found() {
    let (cloud, glance) = with_pages_of_two().await;
    let image = Uuid::new_v4();
    for (number, server) in cloud.boot_many([("p", image); 9]).into_iter().enumerate() {
        if number < 4 {
            cloud.soft_delete(server);
        }
        cloud.snapshot_volume(cloud.create_volume("p", Some(image)));
    }
    let usage = Usage::look_up(&glance, &[image].into()).await;
    let counts = usage.complete().unwrap().counts(image, "p");
    assert_eq!(numbers(counts), [9, 9, 9]);
}

#[tokio::test]
async fn a_cell_that_no_page_shows_is_a_gap() {
    let (cloud, glance) = with_pages_of_two().await;
    let image = Uuid::new_v4();
    cloud.boot_many([("p", image); 3]);
    cloud.boot_in_cell("cell2", "q", image);
    cloud.set_cell_up("cell2", false);
    let usage = Usage::look_up(&glance, &[image].into()).await;
    assert_eq!(usage.known().counts(image, "p").servers, 3);
    let [gap] = usage.gaps() else {
        panic!("{usage:?}");
    };
    assert!(gap.why.contains("on host `cell2`"), "{gap}");
}

#[tokio::test]
async fn a_page_of_nothing_but_servers_out_of_reach_is_a_gap() {
    let (cloud, glance) = with_pages_of_two().await;
    let image = Uuid::new_v4();
    for _ in 0..2 {
        cloud.boot_in_cell("cell2", "q", image);
    }
    cloud.set_cell_up("cell2", false);
    let usage = Usage::look_up(&glance, &[image].into()).await;
    let gaps: Vec<_> = usage.gaps().iter().map(ToString::to_string).collect();
    assert!(gaps.iter().any(|gap| gap.contains("500")), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.contains("UNKNOWN")), "{gaps:?}");
}
