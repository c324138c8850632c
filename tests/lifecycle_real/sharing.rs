//! How long a project that uses an image is without it while the image is shared: Glance takes members
//! only of an image that is shared already.

use std::time::Duration;

use bonafide::glance::{Glance, ImagePatch, Visibility};
use bonafide::publisher::Action;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::cloud::{NO_GRACE, Real, real};

/// How often the image is shared; `BONAFIDE_TEST_SHARINGS` says otherwise.
const SHARINGS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_that_use_an_image_reach_it_once_it_is_shared() {
    real(async |real| shared_again_and_again(real, 0).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_projects_that_use_an_image_reach_it_once_it_is_shared() {
    real(async |real| shared_again_and_again(real, 30).await).await;
}

/// With so many projects beside the two that look at it.
#[expect(
    clippy::print_stdout,
    reason = "what was measured is for whoever asked for it"
)]
async fn shared_again_and_again(real: &Real, others: usize) {
    let sharings = std::env::var("BONAFIDE_TEST_SHARINGS");
    let sharings = sharings.map_or(SHARINGS, |count| count.parse().unwrap());
    let old = real.image_of(&real.build(1));
    real.reconcile(&real.channel(NO_GRACE)).await;
    // Glance takes projects that do not exist for members too.
    let members = others + 2;
    let others: Vec<_> = (0..others)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect();
    let users = [&real.customer.project, &real.customer2.project];
    let users = users.into_iter().chain(&others);
    let servers: Vec<_> = users.map(|project| (project.as_str(), Some(old))).collect();
    tokio::task::block_in_place(|| real.seeds().servers(&servers));
    real.build(2);

    let mut gaps = Vec::new();
    for number in 0..sharings {
        let (stop, stopped) = watch::channel(false);
        let watching = [&real.customer, &real.customer2].map(|customer| {
            let (glance, stopped) = (customer.glance.clone(), stopped.clone());
            tokio::spawn(longest_absence(glance, old, stopped))
        });
        let done = real.reconcile(&real.channel(NO_GRACE)).await;
        stop.send_replace(true);
        for watching in watching {
            gaps.push(watching.await.unwrap());
        }
        let shared =
            |action: &&Action| matches!(action, Action::Share { add, .. } if add.len() == members);
        assert!(
            done.applied.iter().any(|action| shared(&action)),
            "{number}: {done:?}"
        );
        for customer in [&real.customer, &real.customer2] {
            let image = customer.glance.image(old).await.unwrap();
            assert_eq!(image.visibility, Visibility::Shared);
        }
        assert_eq!(real.members(old).await.len(), members);
        for (project, _) in real.members(old).await {
            real.project
                .admin
                .remove_member(old, &project)
                .await
                .unwrap();
        }
        let public = ImagePatch::new().visibility(Visibility::Public);
        real.project.admin.update(old, &public).await.unwrap();
    }
    gaps.sort();
    let absent = gaps.iter().filter(|gap| !gap.is_zero()).count();
    println!(
        "{sharings} sharings with {} projects: 404 seen by {absent} of {} watchers; longest {:?}, median {:?}",
        members,
        gaps.len(),
        gaps[gaps.len() - 1],
        gaps[gaps.len() / 2],
    );
}

/// The longest time in which the image was not there, from the first answer that said so to the first one
/// that said otherwise.
async fn longest_absence(glance: Glance, image: Uuid, stopped: watch::Receiver<bool>) -> Duration {
    let (mut since, mut longest) = (None, Duration::ZERO);
    while !*stopped.borrow() || since.is_some() {
        let asked = Instant::now();
        match (glance.find(image).await.unwrap(), since) {
            (None, None) => since = Some(asked),
            (None, Some(_)) | (Some(_), None) => {}
            (Some(_), Some(begun)) => {
                longest = longest.max(begun.elapsed());
                since = None;
            }
        }
    }
    longest
}
