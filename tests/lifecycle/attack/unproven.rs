//! What becomes visible without a proof.

use std::num::NonZeroU32;

use bonafide::glance::{ImagePatch, Visibility};
use bonafide::properties::{ProvidedUntil, UuidValidity};
use serde_json::json;
use uuid::Uuid;

use super::{generic, patch, run};
use crate::retirement::two_builds;
use support::world_clock::{ClockedWorld, days};

/// A private image of the publisher's project, with markers that every user of that project can write.
pub(crate) fn forged(life: &ClockedWorld, more: &[(&str, &str)]) -> Uuid {
    let image = Uuid::new_v4();
    let mut fake = json!({
        "id": image,
        "owner": life.project("admin"),
        "name": "Ubuntu Noble 24.04 (2026-02-01)",
        "visibility": "private",
        "os_hash_algo": "sha512",
        "os_hash_value": "ab".repeat(64),
        "bonafide_channel": "ubuntu-24.04",
        "bonafide_serial": "20260201",
        "bonafide_superseded_at": "2026-02-02T00:00:00Z",
        "os_purpose": "oldgeneric",
    });
    for (name, value) in more {
        fake[*name] = json!(value);
    }
    life.cloud.adopt_image(&fake).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn private_bytes_that_were_not_verified_do_not_become_a_community_image() {
    let life = ClockedWorld::start().await;
    two_builds(&life).await;
    let fake = forged(
        &life,
        &[
            ("uuid_validity", "forever"),
            ("bonafide_signed_at", "2026-02-01T00:00:00Z"),
        ],
    );
    let done = run(&life, life.channel()).await;
    assert!(
        !life.reaches("customer2", fake),
        "all projects reach an image that was never verified: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn private_bytes_that_were_not_verified_are_not_shared() {
    let life = ClockedWorld::start().await;
    two_builds(&life).await;
    let fake = forged(&life, &[]);
    // Any tenant can say of an image of its own that it comes of another one.
    let snapshot = json!({
        "id": Uuid::new_v4(), "owner": life.project("customer2"), "visibility": "private",
        "base_image_ref": fake,
    });
    life.cloud.adopt_image(&snapshot).unwrap();
    let done = run(&life, life.channel()).await;
    assert!(
        !life.reaches("customer2", fake),
        "whoever asks for it gets an image that was never proven: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_image_that_the_operator_made_private_is_not_opened_again() {
    let life = ClockedWorld::start().await;
    let last = || {
        let last = UuidValidity::Last(NonZeroU32::new(3).unwrap());
        life.channel_with(last, ProvidedUntil::Notice)
    };
    life.build();
    life.reconcile(&last()).await;
    let old = life.newest();
    life.clock.advance(days(30));
    life.build();
    life.reconcile(&last()).await;
    let private = ImagePatch::new().visibility(Visibility::Private);
    patch(&life, old, private).await;
    let done = run(&life, last()).await;
    assert!(
        !life.reaches("customer2", old),
        "opened to all projects, without a proof: {:?}",
        done.applied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_markers_of_the_newest_build_do_not_pass_for_it() {
    let life = ClockedWorld::start().await;
    let build = life.build();
    let digest = format!("sha256:{}", build.sha256);
    let own = format!("sha512:{}", "ab".repeat(64));
    let fake = forged(
        &life,
        &[
            ("bonafide_vendor_digest", &digest),
            ("bonafide_image_digest", &own),
            ("source_sha256sum", &build.sha256),
            ("bonafide_serial", "20260301"),
            ("bonafide_signed_at", "2026-03-01T08:00:00Z"),
        ],
    );
    let done = run(&life, life.channel()).await;
    let visible = life.reaches("customer", fake);
    assert!(!visible, "{done:?}");
    run(&life, life.channel()).await;
    assert_ne!(generic(&life), [fake]);
    assert_eq!(generic(&life).len(), 1, "and the real one is there");
}
