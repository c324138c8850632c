//! Runs at the same time.

use std::collections::BTreeSet;

use bonafide::glance::Visibility;
use bonafide::publisher::NoEvents;

use crate::cloud::{NO_GRACE, Real, Sight, real};

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_make_one_copy_of_each_image_and_no_failure() {
    real(async |real: &Real| {
        let mut servers = Vec::new();
        for number in 1..=4 {
            let build = real.build(number);
            let publishers = [real.publisher("admin"), real.publisher("admin")];
            let channels = [real.channel(NO_GRACE)];
            let (one, other) = tokio::join!(
                publishers[0].reconcile(&channels, &NoEvents),
                publishers[1].reconcile(&channels, &NoEvents),
            );
            for done in [one.unwrap(), other.unwrap()] {
                for refused in &done.skipped {
                    assert!(!refused.is_failure(), "build {number}: {refused:?}");
                }
            }
            let images = real.project.images().await;
            let builds: BTreeSet<_> = images
                .iter()
                .map(|image| &image.properties["bonafide_vendor_digest"])
                .collect();
            assert_eq!(builds.len(), images.len(), "a second copy: {images:#?}");
            let generic = images.iter().filter(|image| {
                image.visibility == Visibility::Public
                    && image.properties["os_purpose"] == "generic"
            });
            assert!(generic.count() <= 1, "{images:#?}");

            // Whatever one of them left to the other one.
            real.reconcile(&channels[0]).await;
            if number == 1 {
                let customer = &*real.customer.project;
                servers = real
                    .seeds()
                    .servers(&[(customer, Some(real.image_of(&build)))]);
            }
        }
        // The first one is used; the second and the third one are not.
        let images = real.project.images().await;
        assert_eq!(images.len(), 2, "{images:#?}");
        let old = images[0].id;
        let sight = real.customer.sees(old, &real.project.id).await;
        assert_eq!(sight, Sight::Listed);
        real.seeds().delete_servers(&servers);
        real.reconcile(&real.channel(NO_GRACE)).await;
        assert_eq!(real.project.images().await.len(), 1);
    })
    .await;
}
