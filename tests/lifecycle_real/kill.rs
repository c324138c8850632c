//! Processes that are killed after each of their requests, and within an upload: whatever is left,
//! the next run brings to the same end.

use futures_util::{StreamExt, stream};

use crate::process::do_as_told;
use crate::scene::{End, Ground, Life, Usage};
use support::proxy::Stop;

/// Lives that happen at the same time.
const AT_ONCE: usize = 2;
/// The request that makes the newer build public, or one before it.
const PUBLISHED: usize = 10;

/// No test: what the others start as a process.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    do_as_told().await;
}

/// The end of a run that is not killed.
async fn undisturbed(ground: &mut Ground, usage: Usage) -> End {
    let life = ground.lives(usage, [Stop::Never])[0];
    let end = ground.live(life).await;
    let (new, older) = end.images.split_last().unwrap();
    for said in ["visibility: Public", "\"os_purpose\": \"generic\""] {
        assert!(new.contains(said), "{said}: {new}");
    }
    match (usage, older) {
        (Usage::Nobody, []) => {}
        (Usage::Server, [old]) => {
            for said in [
                "visibility: Shared",
                "\"os_purpose\": \"oldgeneric\"",
                "status: Accepted",
            ] {
                assert!(old.contains(said), "{said}: {old}");
            }
            assert_eq!(old.matches("project: ").count(), 1, "{old}");
        }
        _ => panic!("{older:#?}"),
    }
    end
}

/// Every life is cut short, and ends as the undisturbed one does.
async fn all(ground: &Ground, lives: Vec<Life>, undisturbed: &End) -> Vec<(Life, End)> {
    let ends = stream::iter(lives)
        .map(async |life| (life, ground.live(life).await))
        .buffer_unordered(AT_ONCE);
    let ends: Vec<_> = ends.collect().await;
    for (life, end) in &ends {
        life.assert_cut(end.killed, end.requests);
        assert_eq!(end.images, undisturbed.images, "after {:?}", life.stop);
    }
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_after_any_request_leaves_nothing_that_the_next_can_not_repair() {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    let undisturbed = undisturbed(&mut ground, Usage::Server).await;
    assert!(undisturbed.requests >= 12, "{undisturbed:#?}");
    let lives = ground.lives(Usage::Server, (1..=undisturbed.requests).map(Stop::Answer));
    let ends = all(&ground, lives, &undisturbed).await;
    // Glance takes members of images that are shared only, so there is one such moment.
    let blind = ends.iter().filter(|(_, end)| !end.reached);
    let blind: Vec<_> = blind.map(|(life, _)| life.stop).collect();
    assert!(
        blind.len() <= 1,
        "the user of the image is kept from it: {blind:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_killed_anywhere_is_ended_by_the_next_run() {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    let undisturbed = undisturbed(&mut ground, Usage::Nobody).await;
    // Until the newer build is public, all is as if the older one were used.
    let stops = (PUBLISHED..=undisturbed.requests).map(Stop::Answer);
    let lives = ground.lives(Usage::Nobody, stops);
    let ends = all(&ground, lives, &undisturbed).await;
    // It was withdrawn by one request, and is gone after another.
    let (reached, gone): (Vec<_>, Vec<_>) = ends.iter().partition(|(_, end)| end.reached);
    assert!(reached.len() > 2 && gone.len() > 2, "{ends:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_killed_anywhere_leaves_nothing_that_the_next_can_not_repair() {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    let undisturbed = undisturbed(&mut ground, Usage::Server).await;
    let bytes = ground.new.size;
    // The publisher keeps the last chunk, of 256 KiB or less, until the file is proven.
    let proven = bytes - bytes % (256 << 10);
    let bodies = [1, bytes / 3, proven, bytes - 1];
    let lives = ground.lives(Usage::Server, bodies.map(Stop::Body));
    let ends = all(&ground, lives, &undisturbed).await;
    assert!(ends.iter().all(|(_, end)| end.reached), "{ends:#?}");
}
