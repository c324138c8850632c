//! What becomes of an image once a newer one is there, as its users see it.

use std::num::NonZeroU32;

use bonafide::glance::{Image, MemberStatus, NewImage, Visibility};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use bonafide::publisher::{Action, PlanNote};
use bonafide_testkit::site::PublishedBuild;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use uuid::Uuid;

use crate::cloud::Sight::{ById, Listed, Never};
use crate::cloud::{LONG_GRACE, NO_GRACE, Real, Sight, real};
use support::{MARKER, now};

impl Real {
    /// How `customer`, `customer2` and a bystander see an image.
    async fn seen(&self, image: Uuid) -> [Sight; 3] {
        let owner = &self.project.id;
        [
            self.customer.sees(image, owner).await,
            self.customer2.sees(image, owner).await,
            self.bystander.sees(image, owner).await,
        ]
    }

    async fn image(&self, id: Uuid) -> Image {
        self.project.admin.image(id).await.unwrap()
    }

    /// These projects, and no others, are members and have accepted.
    async fn assert_accepted(&self, image: Uuid, projects: &[&str]) {
        let mut projects: Vec<_> = projects
            .iter()
            .map(|project| ((*project).to_owned(), MemberStatus::Accepted))
            .collect();
        projects.sort_by(|(a, _), (b, _)| a.cmp(b));
        assert_eq!(self.members(image).await, projects);
    }

    /// A build is published with the grace period given.
    async fn next(&self, number: u8, grace: SignedDuration) -> Uuid {
        let build: PublishedBuild = self.build(number);
        let done = self.reconcile(&self.channel(grace)).await;
        let image = self.image_of(&build);
        assert_eq!(done.reports[0].image, image, "{done:?}");
        image
    }

    /// A snapshot of one of the customer's servers, as Nova makes it in the customer's name.
    async fn snapshot_server(&self, image: Uuid) -> Uuid {
        let snapshot = NewImage::new(self.customer.id(), "snapshot")
            .property("image_type", "snapshot")
            .property("base_image_ref", image.to_string());
        self.customer.glance.create(&snapshot).await.unwrap().id
    }

    /// Images of other people that look like the publisher's.
    async fn bait(&self, image: Uuid) -> [Image; 2] {
        let properties = self.image(image).await.properties;
        let properties = properties
            .into_iter()
            .filter(|(name, _)| name.starts_with("bonafide_") || name.starts_with("source_"));
        let properties: Vec<_> = properties.collect();
        assert!(properties.iter().any(|(name, _)| name == MARKER));
        let made = [
            (&self.customer, Visibility::Private),
            (&self.operator, Visibility::Community),
        ]
        .map(async |(customer, visibility)| {
            let bait = NewImage::new(customer.id(), "bait")
                .visibility(visibility)
                .properties(properties.clone());
            customer.glance.create(&bait).await.unwrap()
        });
        let [one, other] = made;
        [one.await, other.await]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_public_then_shared_with_its_users_and_then_deleted() {
    real(async |real: &Real| {
        let (customer, customer2) = (&*real.customer.project, &*real.customer2.project);
        let old = real.next(1, NO_GRACE).await;
        assert_eq!(real.seen(old).await, [Listed; 3]);
        let first = real.image(old).await;
        assert_eq!(first.properties["os_purpose"], "generic");
        assert!(first.name.unwrap().starts_with("Ubuntu Noble 24.04 ("));
        let bait = real.bait(old).await;

        // A server of the first project and a snapshot of it; in the second one a volume, a
        // snapshot of it, and a server that starts from it.
        let servers = [(customer, Some(old)), (customer2, None)];
        let servers = real.seeds().servers(&servers);
        let volumes = real.seeds().volumes(&[(customer2, old)]);
        let snapshots = real.seeds().snapshots(&[(customer2, &volumes[0])]);
        let snapshot = real.snapshot_server(old).await;

        // In the grace period all projects find both; only one of them is the generic one.
        let new = real.next(2, LONG_GRACE).await;
        assert_eq!(real.seen(old).await, [Listed; 3]);
        assert_eq!(real.seen(new).await, [Listed; 3]);
        let (image, newer) = (real.image(old).await, real.image(new).await);
        assert_eq!(image.properties["os_purpose"], "oldgeneric");
        assert_eq!(image.visibility, Visibility::Public);
        assert!(image.properties.contains_key("bonafide_superseded_at"));
        assert_eq!(newer.properties["os_purpose"], "generic");
        assert!(!newer.properties.contains_key("bonafide_superseded_at"));

        // After it, it is there for those who use it.
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(real.seen(old).await, [Listed, Listed, Never]);
        real.assert_accepted(old, &[customer, customer2]).await;

        // The first project still has the snapshot of its server.
        real.seeds().delete_servers(&servers);
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(real.seen(old).await, [Listed, Listed, Never]);
        real.customer.glance.delete(snapshot).await.unwrap();
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(real.seen(old).await, [Never, Listed, Never]);
        real.assert_accepted(old, &[customer2]).await;

        // A third build: the second one was never used, and nothing promises it.
        let newest = real.next(3, NO_GRACE).await;
        assert_eq!(real.seen(new).await, [Never; 3]);
        assert_eq!(real.project.admin.find(new).await.unwrap(), None);
        assert_eq!(real.seen(old).await, [Never, Listed, Never]);
        assert_eq!(real.seen(newest).await, [Listed; 3]);

        real.seeds().delete_snapshots(&snapshots);
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(
            real.seen(old).await,
            [Never, Listed, Never],
            "a volume is left"
        );
        real.seeds().delete_volumes(&volumes);
        let done = real.reconcile(&real.channel(NO_GRACE)).await;
        assert!(
            matches!(&done.applied[..], [Action::Delete { .. }]),
            "{done:?}"
        );
        assert_eq!(real.seen(old).await, [Never; 3]);
        assert_eq!(real.project.admin.find(old).await.unwrap(), None);
        assert_eq!(real.project.images().await.len(), 1);

        for (before, owner) in bait.iter().zip([&real.customer, &real.operator]) {
            assert_eq!(owner.glance.image(before.id).await.unwrap(), *before);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_promised_is_reached_by_all_projects_and_listed_where_it_is_used() {
    real(async |real: &Real| {
        let customer = &*real.customer.project;
        let last = UuidValidity::Last(NonZeroU32::MIN);
        let channel = || real.channel_with(NO_GRACE, last, ProvidedUntil::Notice);
        let old = real.image_of(&real.build(1));
        real.reconcile(&channel()).await;
        let new = real.image_of(&real.build(2));
        let done = real.reconcile(&channel()).await;
        assert_eq!(real.seen(old).await, [ById; 3], "{done:?}");
        assert_eq!(real.image(old).await.visibility, Visibility::Community);
        assert!(
            matches!(&done.notes[..], [PlanNote::Promised { uuid_validity, .. }]
            if uuid_validity == "last-1")
        );

        let servers = real.seeds().servers(&[(customer, Some(old))]);
        real.reconcile(&channel()).await;
        assert_eq!(real.seen(old).await, [Listed, Never, Never]);
        real.seeds().delete_servers(&servers);
        real.reconcile(&channel()).await;
        assert_eq!(real.seen(old).await, [ById; 3]);

        // Two newer ones are there: its promise is over, and that of the second one begins.
        let newest = real.image_of(&real.build(3));
        real.reconcile(&channel()).await;
        assert_eq!(real.seen(old).await, [Never; 3]);
        assert_eq!(real.seen(new).await, [ById; 3]);
        assert_eq!(real.seen(newest).await, [Listed; 3]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_provided_until_has_passed_the_last_image_stays_with_who_uses_it() {
    real(async |real: &Real| {
        let last = real.next(1, NO_GRACE).await;
        let servers = real
            .seeds()
            .servers(&[(&*real.customer2.project, Some(last))]);
        real.build(2);
        let yesterday = TimeZone::UTC.to_datetime(now()).date() - 1.day();
        let ended = |grace| {
            let until = ProvidedUntil::Date(yesterday);
            real.channel_with(grace, UuidValidity::None, until)
        };
        let done = real.reconcile(&ended(LONG_GRACE)).await;
        assert!(
            done.applied.is_empty() && done.reports.is_empty(),
            "{done:?}"
        );
        assert_eq!(real.seen(last).await, [Listed; 3]);
        real.reconcile(&ended(NO_GRACE)).await;
        assert_eq!(real.seen(last).await, [Never, Listed, Never]);
        real.seeds().delete_servers(&servers);
        real.reconcile(&ended(NO_GRACE)).await;
        assert_eq!(real.seen(last).await, [Never; 3]);
        assert!(real.project.images().await.is_empty(), "no new builds");
    })
    .await;
}
