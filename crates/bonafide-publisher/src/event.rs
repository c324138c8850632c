//! What happens while an image is published.

use std::time::Duration;

use bonafide_glance::{Retry, Traffic};
use bonafide_sources::Release;
use bonafide_verify::{Evidence, FileDigests};
use jiff::{SignedDuration, Timestamp};
use url::Url;
use uuid::Uuid;

use crate::{Action, Error};

/// One step of a publication. Meant for progress bars and logs: events hold no secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The image was compared: Glance stores exactly the proven bytes.
    Compared {
        /// The image.
        id: Uuid,
    },
    /// A private image was created in Glance.
    Created {
        /// The image.
        id: Uuid,
        /// Which attempt at this build it is, from 0.
        attempt: u32,
    },
    /// The newest build was found at the vendor's.
    Found {
        /// Where it is.
        release: &'a Release,
    },
    /// Somebody else has an image under one of the build's ids; the next id is tried.
    IdTaken {
        /// The id.
        id: Uuid,
    },
    /// The vendor's list changed while the image was fetched; all of it is done once more.
    ListChanged {
        /// The list.
        list: &'a Url,
    },
    /// The cloud takes no heartbeat image, so the upload is begun anew: if this run dies, others wait for
    /// the end of its lease.
    NoHeartbeat {
        /// What the cloud says.
        why: &'a str,
    },
    /// A place did not give the image, or gave other bytes; the next one is asked.
    PassedOver {
        /// The image, where it was asked for.
        url: &'a Url,
        /// What went wrong.
        reason: &'a str,
        /// The place that is asked next.
        next: &'a Url,
    },
    /// More bytes came from the vendor.
    Progress {
        /// Bytes so far.
        received: u64,
        /// The announced size in bytes, if there is one.
        total: Option<u64>,
    },
    /// The signature over the list counts.
    Verified {
        /// The proof.
        evidence: &'a Evidence,
    },
    /// A step of a plan was taken.
    Applied {
        /// The step.
        action: &'a Action,
    },
    /// The image is public.
    Published {
        /// The image.
        id: Uuid,
    },
    /// An older build is the newest again, since the newer one could not be made public.
    Reinstated {
        /// The image.
        id: Uuid,
    },
    /// An incomplete image was removed again.
    Removed {
        /// The image.
        id: Uuid,
    },
    /// What somebody changed on a public image is as it was.
    Repaired {
        /// The image.
        id: Uuid,
        /// The names of what was put back, sorted.
        properties: &'a [String],
    },
    /// The list's signature did not fit; both files are fetched once more, since mirrors copy them
    /// one after the other.
    Rereading {
        /// The list.
        list: &'a Url,
    },
    /// An alarm: the vendor's list has not moved for longer than the channel allows. Either the
    /// vendor builds no more, or somebody keeps newer lists away.
    Stale {
        /// The list.
        list: &'a Url,
        /// When it was signed.
        signed_at: Timestamp,
        /// How old it may be.
        limit: SignedDuration,
    },
    /// A request failed by chance, and is sent again after a wait.
    Retrying {
        /// The HTTP method.
        method: &'a str,
        /// The address.
        url: &'a str,
        /// What became of it.
        reason: &'a str,
        /// Which try comes next, from 2.
        next: u32,
        /// How many there are at most.
        tries: u32,
        /// How long it waits.
        wait: Duration,
    },
    /// An older build has given up its place for a newer one.
    Superseded {
        /// The image.
        id: Uuid,
    },
    /// An upload failed by chance. Its image is removed, and the upload is begun anew under the
    /// build's next id after a wait.
    UploadFailed {
        /// The image.
        id: Uuid,
        /// What became of it.
        error: &'a Error,
        /// Which try comes next, from 2.
        next: u32,
        /// How many there are at most.
        tries: u32,
        /// How long it waits.
        wait: Duration,
    },
    /// The image's bytes are those that the vendor signed, and Glance has them all.
    Uploaded {
        /// The image.
        id: Uuid,
        /// Their digests.
        digests: &'a FileDigests,
    },
    /// Another run is uploading: this one waits until it has seen whether that run lives.
    Waiting {
        /// The image.
        id: Uuid,
    },
}

/// Takes the events of a publication. Closures do; [`NoEvents`] ignores them.
pub trait EventSink: Send + Sync {
    /// Takes one event. It is called between the steps, so it should be quick.
    fn emit(&self, event: &Event<'_>);

    /// Takes one event of a channel, where several are worked at: `ubuntu-24.04`, and with several clouds
    /// `my-cloud: ubuntu-24.04`. By default the channel is ignored.
    fn emit_for(&self, channel: &str, event: &Event<'_>) {
        let _ = channel;
        self.emit(event);
    }
}

/// Says of which channel events are.
pub(crate) struct Of<'a> {
    pub(crate) channel: &'a str,
    pub(crate) observer: &'a dyn EventSink,
}

impl EventSink for Of<'_> {
    fn emit(&self, event: &Event<'_>) {
        self.observer.emit_for(self.channel, event);
    }
}

/// Says in which cloud they happen.
pub(crate) struct In<'a> {
    pub(crate) cloud: &'a str,
    pub(crate) observer: &'a dyn EventSink,
}

impl EventSink for In<'_> {
    fn emit(&self, event: &Event<'_>) {
        self.observer.emit_for(self.cloud, event);
    }

    fn emit_for(&self, channel: &str, event: &Event<'_>) {
        let place = format!("{}: {channel}", self.cloud);
        self.observer.emit_for(&place, event);
    }
}

/// Does some work, counts what it sends, and tells of what is sent again.
pub(crate) async fn counted<T>(
    traffic: &Traffic,
    observer: &dyn EventSink,
    work: impl Future<Output = T>,
) -> T {
    let tell = |retry: &Retry| {
        observer.emit(&Event::Retrying {
            method: retry.method,
            url: &retry.url,
            reason: &retry.reason,
            next: retry.next,
            tries: retry.tries,
            wait: retry.wait,
        });
    };
    traffic.watch(work, tell).await
}

impl<F: Fn(&Event<'_>) + Send + Sync> EventSink for F {
    fn emit(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn emit(&self, _: &Event<'_>) {}
}
