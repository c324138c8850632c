//! Reasons why an image was not published.

use bonafide_sources::{FetchError, Signing, SourceError};
use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;
use uuid::Uuid;

pub(crate) mod code;
mod constructors;
mod left_behind;
mod passed_over;
mod resolve;

pub use left_behind::Leftover;
pub use passed_over::PassedOver;

use passed_over::joined;

/// Why an image was not published. In every case nothing unverified is public.
///
/// [`Error::code`] is for programs, `Display` for people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another run works on the same build.
    #[error(
        "another run is uploading image {id}{}, which may take until {until}; no action is needed: \
         if that run dies, a later one removes the image and starts again",
        since.map_or_else(String::new, |since| format!(" since {since}"))
    )]
    Busy {
        /// The image.
        id: Uuid,
        /// When the image was created, by the cloud's clock.
        since: Option<Timestamp>,
        /// The end of the other run's lease, by that run's clock.
        until: Timestamp,
    },
    /// The run was asked to stop.
    #[error("the run was asked to stop before this was done; the next run does it")]
    Cancelled,
    /// Glance has stored other bytes than were sent, so the next upload waits.
    #[error(
        "Glance stored other bytes of this build than were sent (failed uploads: {failures}); the next \
         upload is not before {until}: have the image store checked, or delete image {id} to upload at \
         once"
    )]
    UploadsWait {
        /// The image without data that records this.
        id: Uuid,
        /// How many uploads failed.
        failures: u32,
        /// When the next one may begin.
        until: Timestamp,
    },
    /// The cloud's policy forbids the publication, so the next try waits.
    #[error(
        "the cloud did not let image {id} become public (tries: {failures}); the next try is not before \
         {until}: give the user the role that `publicize_image` demands; to try at once, remove \
         `bonafide_publish_refused` (a property or a tag) from the image"
    )]
    PublicationWaits {
        /// The image: private, complete and verified.
        id: Uuid,
        /// How many tries the cloud refused.
        failures: u32,
        /// When the next one may begin.
        until: Timestamp,
    },
    /// The cloud refused or failed.
    #[error(transparent)]
    Cloud(#[from] bonafide_glance::Error),
    /// Someone has deactivated the image.
    #[error(
        "image {id} is {status}, which only an administrator can do, so it is left alone; reactivate or \
         delete it to have this build published again"
    )]
    Deactivated {
        /// The image.
        id: Uuid,
        /// Its status in Glance.
        status: String,
    },
    /// A publication failed, and the older image could not get its place back. Customers find no
    /// image of the channel in lists that omit hidden or old ones.
    #[error(
        "{error}; image {image} had given up its name and `generic` before that, and could not get them \
         back ({failure}): run again soon, the next run does that first"
    )]
    Displaced {
        /// The first error.
        #[source]
        error: Box<Error>,
        /// The image that should be the newest again.
        image: Uuid,
        /// Why that failed.
        failure: Box<bonafide_glance::Error>,
    },
    /// A compressed image that can't be decompressed.
    #[error("{url} can't be decompressed: {reason}; it is damaged, or was changed on the way")]
    Compressed {
        /// The image at the vendor's.
        url: Url,
        /// The decoder's error.
        reason: String,
    },
    /// The vendor's support has ended, and it has no build any more.
    #[error("{}", resolve::ended(product, *since, looked))]
    Ended {
        /// The title and the version.
        product: String,
        /// The last day of support.
        since: Date,
        /// The places where a build was looked for.
        looked: Vec<Url>,
    },
    /// The run could not show for too long that it is alive.
    #[error(
        "the run could not show for {seconds} s that it is alive, so other runs may remove its image: the \
         upload to image {id} is broken off; see whether Glance answers and whether this machine slept, then \
         run again"
    )]
    Fenced {
        /// The image.
        id: Uuid,
        /// [`Heartbeat::fence`](crate::Heartbeat::fence), in seconds.
        seconds: u64,
    },
    /// A vendor's file could not be fetched completely.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// Glance stores other bytes than were sent.
    #[error(
        "Glance stored other bytes than the verified ones in image {id}: expected {expected}, \
         Glance says {found}; look at the image store before the next run"
    )]
    GlanceMismatch {
        /// The image.
        id: Uuid,
        /// The verified size and digest.
        expected: String,
        /// Size and digest that Glance computed.
        found: String,
    },
    /// The image can't be used or must not be published.
    #[error("{url} can't be used as an image")]
    Image {
        /// The image at the vendor's.
        url: Url,
        /// The cause.
        #[source]
        source: bonafide_image::Error,
    },
    /// The upload took longer than its lease.
    #[error(
        "the upload did not end before its lease at {until}; raise the lease or use a faster network"
    )]
    LeaseEnded {
        /// The end of the lease.
        until: Timestamp,
    },
    /// The vendor's list changed or disappeared while the image was fetched.
    #[error(
        "{list} was changed while the image was fetched, and contradicts its earlier version; the image \
         is removed: run again later"
    )]
    ListChanged {
        /// The list.
        list: Url,
    },
    /// An approved plan is no longer right.
    #[error(
        "the plan is outdated, so nothing was changed. These steps are no longer planned: {}; make a \
         new plan",
        gone.join("; ")
    )]
    PlanOutdated {
        /// The steps that would no longer be executed, as text.
        gone: Vec<String>,
    },
    /// The cloud refuses the image by which a run shows that it is alive. Uploads then begin anew,
    /// with a lease.
    #[error("the cloud refuses the heartbeat image: {why}")]
    NoHeartbeat {
        /// The cloud's answer.
        why: String,
    },
    /// None of the places of an image has it.
    #[error(
        "the image is at none of its places: {}; and at the last one",
        joined(passed_over)
    )]
    Nowhere {
        /// The places before the last one, with their errors.
        passed_over: Vec<PassedOver>,
        /// The error of the last one.
        #[source]
        error: Box<Error>,
    },
    /// A publication failed and its image could not be removed.
    #[error("{error}; {left_behind}")]
    NotCleanedUp {
        /// The first error.
        #[source]
        error: Box<Error>,
        /// What is left in the cloud.
        left_behind: Leftover,
    },
    /// An image of this build that is neither as it was published nor being published.
    #[error(
        "image {id} of this build is not as it was published: it is {found}; it was changed afterwards, so \
         it is left alone: delete it, or set it right"
    )]
    UnexpectedState {
        /// The image.
        id: Uuid,
        /// The difference.
        found: String,
    },
    /// A list that is clear-signed, or is not a plain list.
    #[error("{list} can't be read without its signature; upload the verified build instead")]
    NotWithoutSignature {
        /// The list.
        list: Url,
    },
    /// The plans that were approved lack this cloud, so nothing was done there.
    #[error(
        "there is no approved plan for cloud `{cloud}`, so nothing was done there ({}): plan again with \
         this cloud, or leave it out",
        plans(planned)
    )]
    NoPlan {
        /// The name of the cloud.
        cloud: String,
        /// The clouds that have a plan.
        planned: Vec<String>,
    },
    /// The image is stored in Glance, verified and private, but must not be made public.
    #[error(
        "image {id} is verified and stored, but the cloud does not allow this user to publish it; it \
         stays private: give the user the role that `publicize_image` requires; the next try is in an \
         hour, or at once if `bonafide_publish_refused` is removed from the image"
    )]
    NotPublic {
        /// The image.
        id: Uuid,
        /// The cloud's answer.
        #[source]
        source: Box<bonafide_glance::Error>,
    },
    /// The vendor's list changed twice in a row.
    #[error(
        "the vendor is publishing just now: {list} changed twice while images were fetched; run again later"
    )]
    ListUnstable {
        /// The list.
        list: Url,
    },
    /// A task or thread of the upload stopped.
    #[error("the upload was interrupted inside this program; run again")]
    Interrupted,
    /// Properties that violate the rules.
    #[error("{channel} has properties that are not allowed: {violations}")]
    Properties {
        /// The channel.
        channel: String,
        /// All violations.
        violations: String,
    },
    /// Another reason why no verified build was found.
    #[error(transparent)]
    Resolve(Box<bonafide_resolve::Error>),
    /// The vendor's page offers an older build than the published one.
    #[error(
        "build {offered} is offered as the newest, but {published} is public already as image {id}: \
         the vendor's page is stale or forged; nothing is changed"
    )]
    Rollback {
        /// The public image.
        id: Uuid,
        /// Its build.
        published: String,
        /// The offered build.
        offered: String,
    },
    /// The vendor's list is older than the one that was accepted before.
    #[error(
        "{list} was signed at {offered}, but image {id} was accepted by a list of {accepted}: an old list \
         is served again; nothing is changed"
    )]
    OlderList {
        /// The offered list.
        list: Box<Url>,
        /// When it was signed.
        offered: Timestamp,
        /// An image of the channel.
        id: Uuid,
        /// When the list was signed by which it was accepted.
        accepted: Timestamp,
    },
    /// Two signed files of one build with different times.
    #[error("{}", resolve::signature_times_differ(list, *signed_at, *stamped_at))]
    SignatureTimesDiffer {
        /// The list.
        list: Box<Url>,
        /// When it was signed.
        signed_at: Timestamp,
        /// When the version file was signed.
        stamped_at: Timestamp,
    },
    /// A list that is older than its directory.
    #[error("{}", resolve::signed_before_build(list, *signed_at, *built))]
    SignedBeforeBuild {
        /// The list.
        list: Url,
        /// When it was signed.
        signed_at: Timestamp,
        /// The date of the directory.
        built: Date,
    },
    /// The newest build could not be found.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The server announces another size than the signed list states.
    #[error(
        "{url} is announced with {announced} bytes, but the signed list says {listed}: it is not the \
         vendor's file"
    )]
    WrongSize {
        /// The image, where it was fetched.
        url: Url,
        /// The size in the signed list, in bytes.
        listed: u64,
        /// The announced size in bytes.
        announced: u64,
    },
    /// Every id for this build was used up by failed uploads.
    #[error(
        "{attempts} uploads of {channel}'s newest build have failed before; look at the cloud's log"
    )]
    TooManyAttempts {
        /// The channel.
        channel: String,
        /// How many ids were tried.
        attempts: u32,
    },
    /// Glance computes a digest that is not computed here.
    #[error(
        "Glance reports `os_hash_algo` `{algorithm}` for image {id}, which can't be compared; set \
         `hashing_algorithm` to sha512 or sha256"
    )]
    UnknownHashAlgorithm {
        /// The image.
        id: Uuid,
        /// The algorithm.
        algorithm: String,
    },
    /// No key to verify with.
    #[error("{}", resolve::no_key(keyring, tried, pinned))]
    NoKey {
        /// The keyring.
        keyring: String,
        /// Where a key was looked for, with the results.
        tried: String,
        /// The pinned fingerprints without a key.
        pinned: String,
    },
    /// A candidate of another channel, or a keyring of another vendor.
    #[error(
        "{found} does not belong to {channel}; a key and a candidate are valid for their own channel only"
    )]
    ChannelMismatch {
        /// What was given.
        found: String,
        /// The channel.
        channel: String,
    },
    /// The origin is not verified.
    #[error("{url} is refused")]
    Unverified {
        /// The list or the image.
        url: Url,
        /// The violated rule.
        #[source]
        source: Box<bonafide_verify::Error>,
    },
    /// There is no signature.
    #[error(
        "{}; only signed images are published, this one can be uploaded as a private image only",
        resolve::unsigned(looked, *signing)
    )]
    Unsigned {
        /// Where a signature was looked for.
        looked: Vec<Url>,
        /// Whether the vendor is known to sign.
        signing: Signing,
    },
}

fn plans(clouds: &[String]) -> String {
    match clouds {
        [] => "no cloud has a plan".to_owned(),
        some => format!("plans: `{}`", some.join("`, `")),
    }
}
