//! Processes that get SIGTERM or SIGINT after each of their requests, and within an upload: they end
//! in good order and soon, and the next run needs no patience.

use bonafide::glance::{Status, Visibility};
use bonafide::publisher::NoEvents;
use futures_util::{StreamExt, stream};

use crate::cloud::{Project, Sight, plan};
use crate::process::Told;
use crate::scene::{Ground, Life, Usage, described};
use support::proxy::{Proxy, Stop};

/// Lives that happen at the same time.
const AT_ONCE: usize = 2;

/// What came of a process that was stopped.
#[derive(Debug)]
struct Stopped {
    /// Requests to Glance of the whole run.
    requests: usize,
    /// The images after the next run.
    images: Vec<String>,
}

/// How the images are named, and which signal it is.
#[derive(Clone, Copy, Debug)]
struct How {
    scs: bool,
    signal: (&'static str, i32),
}

const TERM: (&str, i32) = ("TERM", 143);
const INT: (&str, i32) = ("INT", 130);

async fn stopped(ground: &Ground, project: &Project, life: Life, how: How) -> Stopped {
    let told = |site| {
        let told = Told::new(&project.cloud, life.namespace, site, &ground.key);
        match how.scs {
            true => told.with_scs_names(),
            false => told,
        }
    };
    let first = told(&ground.before);
    let channels = [first.channel()];
    let done = first.publisher().reconcile(&channels, &NoEvents).await;
    assert_eq!(done.unwrap().applied.len(), 1);

    let proxy = Proxy::telling(&ground.image_service, life.stop).await;
    let told = told(&ground.after);
    let mut process = ground.start(&told.clone().through(proxy.url()));
    let in_time = tokio::select! {
        biased;
        () = proxy.stopped() => true,
        () = process.ended() => false,
    };
    if in_time {
        let (name, status) = how.signal;
        process.signal(name);
        let (code, said) = process.exited().await;
        // It may have been at its end already.
        assert!(
            code == Some(status) || code == Some(0),
            "{life:?}: {code:?}: {said}"
        );
    } else {
        process.finish().await;
    }
    let requests = proxy.requests();
    if life.stop != Stop::Never {
        life.assert_cut(in_time, requests);
    }
    drop(proxy);
    assert_in_order(ground, project, life).await;
    ground.start(&told).finish().await;
    let left = plan(&told.publisher(), &told.channel()).await;
    assert!(left.is_empty(), "{life:?}:\n{left}");
    assert_in_order(ground, project, life).await;
    Stopped {
        requests,
        images: described(project).await,
    }
}

/// Nothing incomplete, one image that all projects are offered, and access for its users.
async fn assert_in_order(ground: &Ground, project: &Project, life: Life) {
    let images = project.images().await;
    let unfinished = images.iter().find(|image| {
        image.status != Status::Active || image.properties.contains_key("bonafide_state")
    });
    assert!(unfinished.is_none(), "{life:?}: {unfinished:#?}");
    let offered = images.iter().filter(|image| {
        image.visibility == Visibility::Public
            && !image.os_hidden
            && image.properties["os_purpose"] == "generic"
    });
    assert_eq!(offered.count(), 1, "{life:?}: {images:#?}");
    let old = life.id(&ground.old, 0);
    let sight = ground.customer.sees(old, &project.id).await;
    assert_ne!(sight, Sight::Never, "{life:?}");
    ground.assert_proven(project, life).await;
    ground.assert_stored(project, life).await;
}

async fn all(ground: &Ground, lives: Vec<(Life, How)>) -> Vec<Stopped> {
    let ends = stream::iter(lives)
        .map(async |(life, how)| {
            let one = async |project: &Project| stopped(ground, project, life, how).await;
            ground.in_a_project(one).await
        })
        .buffered(AT_ONCE);
    ends.collect().await
}

async fn at_each_request(scs: bool) {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    let life = ground.lives(Usage::Server, [Stop::Never])[0];
    let how = |number: usize| How {
        scs,
        signal: if number.is_multiple_of(2) { TERM } else { INT },
    };
    let undisturbed = all(&ground, vec![(life, how(0))]).await.remove(0);
    let lives = ground.lives(Usage::Server, (1..=undisturbed.requests).map(Stop::Answer));
    let lives = lives.into_iter().enumerate();
    let lives = lives.map(|(number, life)| (life, how(number))).collect();
    let ends = all(&ground, lives).await;
    assert!(ends.len() >= 12, "{ends:#?}");
    for (number, end) in ends.iter().enumerate() {
        assert_eq!(
            end.images,
            undisturbed.images,
            "after request {}",
            number + 1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_asked_to_stop_after_any_request_leaves_nothing_half_done() {
    at_each_request(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_scs_names_that_is_asked_to_stop_after_any_request_leaves_nothing_half_done()
{
    at_each_request(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_asked_to_stop_anywhere_is_removed_at_once() {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    let bytes = ground.new.size;
    let bodies = [1, bytes / 3, bytes - 1].map(Stop::Body);
    for (scs, signal) in [(false, TERM), (true, INT)] {
        let lives = ground.lives(Usage::Server, bodies).into_iter();
        let lives = lives.map(|life| (life, How { scs, signal })).collect();
        all(&ground, lives).await;
    }
}
