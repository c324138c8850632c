//! The sign of life of a run that uploads, on a real Glance: a run that is stopped and goes on later
//! finds itself fenced, and a slow upload is left alone by the runs beside it.

use std::sync::Arc;
use std::time::Duration;

use bonafide::EventSink;
use bonafide::glance::{Status, Visibility};
use bonafide::publisher::{Event, Heartbeat, NoEvents, PlanNote};
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{Fault, UbuntuBuild};
use jiff::SignedDuration;
use tokio::sync::watch;
use uuid::Uuid;

use crate::cloud::{LONG_GRACE, Project, Real, real};
use crate::process::Told;
use crate::scene::{Ground, INTERVAL, Usage};
use support::now;
use support::proxy::{Proxy, Stop};

async fn frozen(ground: &Ground, project: &Project, namespace: Uuid, scs: bool) {
    let told = |site| {
        let told = Told::new(&project.cloud, namespace, site, &ground.key).every(INTERVAL);
        if scs { told.with_scs_names() } else { told }
    };
    let stop = Stop::Body(ground.new.size / 2);
    let proxy = Proxy::telling(&ground.image_service, stop).await;
    let told = told(&ground.after);
    let frozen = ground.start(&told.clone().through(proxy.url()));
    proxy.stopped().await;
    frozen.signal("STOP");
    let is_public = |images: &[bonafide::glance::Image]| {
        images.len() == 1
            && images[0].status == Status::Active
            && images[0].visibility == Visibility::Public
    };
    // The other run waits as long as the image says, and takes over. If the cloud was still at a renewal
    // when the first one was stopped, it has seen a sign of life, and the run after it takes over.
    let mut images = Vec::new();
    for _ in 0..3 {
        ground.start(&told).finish().await;
        images = project.images().await;
        if is_public(&images) {
            break;
        }
    }
    assert!(is_public(&images), "{images:#?}");
    frozen.signal("CONT");
    let (code, said) = frozen.exited().await;
    // What it was asked for is there by now, by the other run: that is a good end. If it fails, this is why.
    assert!(
        code == Some(0) || said.contains("Fenced"),
        "{code:?}: {said}"
    );
    let after = project.images().await;
    assert_eq!(after, images, "it has changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_and_goes_on_later_finds_itself_fenced() {
    let Some(mut ground) = Ground::new().await else {
        return;
    };
    for scs in [false, true] {
        let life = ground.lives(Usage::Nobody, [Stop::Never])[0];
        let one = async |project: &Project| frozen(&ground, project, life.namespace, scs).await;
        ground.in_a_project(one).await;
    }
}

struct Progress(watch::Sender<u64>);

impl EventSink for Progress {
    fn emit(&self, event: &Event<'_>) {
        if let Event::Progress { received, .. } = event {
            self.0.send_replace(*received);
        }
    }
}

/// Two mebibytes at some 200 kB a second: Glance gets a chunk in time, and the upload takes a while.
async fn beside(real: &Real) {
    let built = now() - SignedDuration::from_hours(24 * 3);
    let serial = built.strftime("%Y%m%d").to_string();
    let seed = u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap());
    let build = UbuntuBuild::release("24.04", "noble", &serial)
        .image(Qcow2Image::new(1 << 30, 32, seed))
        .signed_at(built);
    let build = real.site.publish_ubuntu(&build, &real.key).unwrap();
    let slow = Fault::Slow {
        chunk: 4_096,
        pause: Duration::from_millis(20),
    };
    real.site.fault(&build.image_url, slow);
    let channels = [real.channel(LONG_GRACE)];
    let heartbeat = Heartbeat::every(Duration::from_secs(2));
    let (tell, mut told) = watch::channel(0);
    let uploader = real.publisher("admin").heartbeat(heartbeat);
    let progress = Progress(tell);
    let uploading = uploader.reconcile(&channels, &progress);
    let beside = async {
        told.wait_for(|received| *received > 1).await.unwrap();
        let mut seen = 0;
        while told.borrow().lt(&(build.size / 2)) {
            let observer = Arc::new(real.publisher("admin"));
            let done = observer.reconcile(&channels, &NoEvents).await.unwrap();
            assert!(done.applied.is_empty(), "{done:?}");
            seen += usize::from(
                done.notes
                    .iter()
                    .any(|note| matches!(note, PlanNote::Busy { .. })),
            );
        }
        assert!(seen > 0, "no run was beside it");
    };
    let (done, ()) = tokio::join!(uploading, beside);
    let done = done.unwrap();
    assert_eq!(done.reports.len(), 1, "{done:?}");
    let images = real.project.images().await;
    assert_eq!(images.len(), 1, "the heartbeat image is gone: {images:#?}");
    assert_eq!(images[0].visibility, Visibility::Public);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_upload_is_left_alone_by_the_runs_beside_it() {
    real(beside).await;
}
