//! Progress of a publication.

use std::time::Duration;

use bonafide_glance::{Retry, Traffic};
use bonafide_resolve::ResolveEvent;
use bonafide_sources::{Release, Retry as FetchRetry};
use bonafide_verify::{Evidence, FileDigests};
use jiff::{SignedDuration, Timestamp};
use url::Url;
use uuid::Uuid;

use crate::error::Error;

/// One step of a publication. For progress bars and logs: events contain no secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The image was compared: Glance stores exactly the verified bytes.
    Compared {
        /// The image.
        id: Uuid,
    },
    /// A private image was created in Glance.
    Created {
        /// The image.
        id: Uuid,
        /// Which attempt at this build it is, starting at 0.
        attempt: u32,
    },
    /// The newest build was found at the vendor's.
    Found {
        /// Its URL.
        release: &'a Release,
    },
    /// Another tenant has an image under one of the build's ids; the next id is tried.
    IdTaken {
        /// The id.
        id: Uuid,
    },
    /// The vendor's list changed while the image was fetched; everything is done once more.
    ListChanged {
        /// The list.
        list: &'a Url,
    },
    /// The cloud refuses the heartbeat image, so the upload begins anew: if this run dies, others
    /// wait for the end of its lease.
    NoHeartbeat {
        /// The cloud's answer.
        why: &'a str,
    },
    /// A place did not return the image, or returned other bytes; the next one is asked.
    PassedOver {
        /// The URL of the image there.
        url: &'a Url,
        /// The error.
        reason: &'a str,
        /// The next place.
        next: &'a Url,
    },
    /// More bytes arrived from the vendor.
    Progress {
        /// The bytes so far.
        received: u64,
        /// The announced size in bytes, if it is known.
        total: Option<u64>,
    },
    /// The signature over the list is valid.
    Verified {
        /// The evidence.
        evidence: &'a Evidence,
    },
    /// A step of a plan was executed.
    Applied {
        /// Its kind, as in a plan's JSON: `delete`.
        kind: &'a str,
        /// The step in one line.
        headline: &'a str,
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
    /// An incomplete image was removed.
    Removed {
        /// The image.
        id: Uuid,
    },
    /// A public image was changed, and the change is undone.
    Repaired {
        /// The image.
        id: Uuid,
        /// The names of the restored properties, sorted.
        properties: &'a [String],
    },
    /// The list's signature did not match; both files are fetched once more, since mirrors copy
    /// them one after the other.
    Rereading {
        /// The list.
        list: &'a Url,
    },
    /// An alarm: the vendor's list has not changed for longer than the channel allows. Either the
    /// vendor makes no more builds, or an attacker withholds newer lists.
    Stale {
        /// The list.
        list: &'a Url,
        /// When it was signed.
        signed_at: Timestamp,
        /// The age limit.
        limit: SignedDuration,
    },
    /// A request failed transiently, and is sent again after a wait.
    Retrying {
        /// The HTTP method.
        method: &'a str,
        /// The URL.
        url: &'a str,
        /// The error.
        reason: &'a str,
        /// The number of the next attempt, starting at 2.
        next: u32,
        /// The maximum number of attempts.
        tries: u32,
        /// The wait.
        wait: Duration,
    },
    /// An older build has given up its place for a newer one.
    Superseded {
        /// The image.
        id: Uuid,
    },
    /// An upload failed transiently. Its image is removed, and after a wait the upload begins anew
    /// under the build's next id.
    UploadFailed {
        /// The image.
        id: Uuid,
        /// The error.
        error: &'a Error,
        /// The number of the next attempt, starting at 2.
        next: u32,
        /// The maximum number of attempts.
        tries: u32,
        /// The wait.
        wait: Duration,
    },
    /// The image's bytes are those that the vendor signed, and Glance has received all of them.
    Uploaded {
        /// The image.
        id: Uuid,
        /// Their digests.
        digests: &'a FileDigests,
    },
    /// Another run is uploading: this one waits until it has seen whether that run is alive.
    Waiting {
        /// The image.
        id: Uuid,
    },
}

impl<'a> Event<'a> {
    /// What a resolver reports. `None`: events of newer versions.
    pub(crate) fn of_resolve(event: &ResolveEvent<'a>) -> Option<Self> {
        Some(match *event {
            ResolveEvent::Found { release } => Self::Found { release },
            ResolveEvent::Rereading { list } => Self::Rereading { list },
            ResolveEvent::Retrying { retry } => Self::of_retry(retry),
            ResolveEvent::Stale {
                list,
                signed_at,
                limit,
            } => Self::Stale {
                list,
                signed_at,
                limit,
            },
            ResolveEvent::Verified { evidence } => Self::Verified { evidence },
            _ => return None,
        })
    }

    /// A request to a vendor that is sent again.
    pub(crate) fn of_retry(retry: &'a FetchRetry) -> Self {
        Self::Retrying {
            method: "GET",
            url: retry.url.as_str(),
            reason: &retry.reason,
            next: retry.tries.saturating_add(1),
            tries: retry.most,
            wait: retry.wait,
        }
    }
}

/// Receives the events of a publication. Closures implement it; [`NoEvents`] ignores them.
///
/// ```
/// use bonafide_publisher::{Event, EventSink};
///
/// let sink = |event: &Event<'_>| println!("{event:?}");
/// fn takes(_: &dyn EventSink) {}
/// takes(&sink);
/// ```
pub trait EventSink: Send + Sync {
    /// Receives one event. It is called between the steps, so it should return quickly.
    fn emit(&self, event: &Event<'_>);

    /// Receives one event of a channel, if several are in progress: `ubuntu-24.04`, and with
    /// several clouds `my-cloud: ubuntu-24.04`. By default the channel is ignored.
    fn emit_for(&self, channel: &str, event: &Event<'_>) {
        let _ = channel;
        self.emit(event);
    }
}

/// Adds the channel to events.
pub(crate) struct Of<'a> {
    pub(crate) channel: &'a str,
    pub(crate) observer: &'a dyn EventSink,
}

impl EventSink for Of<'_> {
    fn emit(&self, event: &Event<'_>) {
        self.observer.emit_for(self.channel, event);
    }
}

/// Adds the cloud to events.
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

/// Runs a future, counts its requests, and reports those that are sent again.
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
