//! Private images in one's own project: a vendor's build, or another file.

use std::collections::BTreeMap;

use bonafide_glance::{ImageFilter, Status, Traffic, Visibility};
use bonafide_resolve::Candidate;
use bonafide_verify::Digests;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::event::{Event, EventSink, counted};
use crate::ledger::heartbeat::pulse::Alive;
use crate::ledger::heartbeat::watched::Watched;
use crate::ledger::{changes, evidence, keys, lease, marker};
use crate::publish::publisher::Publisher;
use crate::publish::report::UploadReport;
use crate::publish::watch::Settled;
use crate::spec::image_spec::ImageSpec;
use crate::transfer::clean_up;
use crate::transfer::digests::{Check, SignedCheck};
use crate::transfer::download::OpenedDownload;
use crate::transfer::places::Places;
use crate::transfer::upload::{Uploading, Uploads};

/// The value of [`keys::UPLOAD`] on a whole image.
const PROVEN: &str = "proven";

impl Publisher {
    /// Uploads a verified build as a private image of the session's project. No rights of an
    /// administrator are needed, and nothing becomes public.
    ///
    /// A build that the project already has is found again. The image has the name that the channel
    /// gives its images, unless a name is given.
    ///
    /// # Errors
    ///
    /// [`Error`]; then no image of this upload is left, or the error names it.
    pub async fn upload(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        name: Option<&str>,
        observer: &dyn EventSink,
    ) -> Result<UploadReport, Error> {
        self.belongs(channel, candidate)?;
        let traffic = Traffic::new();
        let uploading = Box::pin(self.upload_proven(channel, candidate, name, observer));
        let uploaded = counted(&traffic, observer, uploading).await?;
        let requests = traffic.requests();
        Ok(UploadReport {
            requests,
            ..uploaded
        })
    }

    async fn upload_proven(
        &self,
        channel: &Channel,
        candidate: &Candidate,
        name: Option<&str>,
        observer: &dyn EventSink,
    ) -> Result<UploadReport, Error> {
        let report = |image: Uuid, name: &str| UploadReport {
            no_heartbeat: self.pulses.refusal(),
            image,
            name: name.to_owned(),
            source: candidate.file().url.clone(),
            file: None,
            stored: None,
            evidence: Some(candidate.evidence().clone()),
            unverified: None,
            passed_over: Vec::new(),
            requests: 0,
        };
        let unsettled = self.unless_cancelled(self.remove_given_up(observer));
        let unsettled = unsettled.await?;
        let earlier = self.unless_cancelled(self.uploaded_before(candidate));
        if let Some((image, name)) = earlier.await? {
            return Ok(report(image, &name));
        }
        let today = self.clock.now().to_zoned_datetime(TimeZone::UTC).date();
        let name = name.map_or_else(|| channel.image_name(today), str::to_owned);
        let mut uploads = Uploads::new(&self.glance, observer);
        let mut places = Places::new(self.vendors(), channel, candidate, observer);
        let uploaded = loop {
            let opened = self.unless_cancelled(places.open()).await?;
            let mut wanted = ImageSpec::new(channel, candidate, opened.head()?, today, &self.ci)?;
            wanted.make_private(&name, marks(candidate));
            let check = SignedCheck::new(candidate.expected().clone(), candidate.check());
            let upload = self.upload_privately(opened, &wanted, check, observer);
            match Box::pin(upload).await? {
                Ok(uploaded) => break uploaded,
                Err(Failed { error, .. }) if places.pass_over(&error) => {}
                Err(Failed { id, error }) => {
                    let waiting = uploads.again(id, places.nowhere(error));
                    self.unless_cancelled(waiting).await?;
                    places.ask_again();
                }
            }
        };
        self.look_again(unsettled, observer).await;
        Ok(UploadReport {
            file: Some(uploaded.file),
            stored: Some(uploaded.stored),
            passed_over: places.passed_over().to_vec(),
            ..report(uploaded.id, &name)
        })
    }

    /// An image of this build that the project has uploaded before.
    async fn uploaded_before(
        &self,
        candidate: &Candidate,
    ) -> Result<Option<(Uuid, String)>, Error> {
        let project = self.glance.session().project_id().await?;
        let filter = ImageFilter::new()
            .owner(&project)
            .property(keys::UPLOAD, PROVEN)
            .property(keys::DIGEST, evidence::digest(candidate));
        let images = self.glance.list_with_hidden(&filter).await?;
        let whole = images.into_iter().find(|image| {
            image.owner.as_deref() == Some(&*project)
                && image
                    .properties
                    .get(keys::UPLOAD)
                    .is_some_and(|how| how == PROVEN)
                && image.status == Status::Active
                && marker::is_whole(image, candidate)
        });
        Ok(whole.map(|image| (image.id, image.name.unwrap_or_default())))
    }

    /// Removes private uploads that earlier runs have not finished, once those are known to be
    /// dead. No upload waits for that unless their leases have ended too. Returns how many of them
    /// may be dead, which is not known yet.
    pub(crate) async fn remove_given_up(&self, observer: &dyn EventSink) -> Result<usize, Error> {
        let mut unsettled = 0;
        let project = self.glance.session().project_id().await?;
        let filter = ImageFilter::new()
            .owner(&project)
            .visibility(Visibility::Private)
            .property(keys::UPLOAD, keys::UPLOADING);
        for image in self.glance.list_with_hidden(&filter).await? {
            let own = image.owner.as_deref() == Some(&*project)
                && image.visibility == Visibility::Private
                && image.properties.get(keys::UPLOAD).map(String::as_str) == Some(keys::UPLOADING);
            let ended = lease::lease(&image).is_some_and(|until| until < self.clock.now());
            let watched = Watched::of(&image).filter(|_| own);
            let gone = match watched {
                None => ended,
                Some(watched) if ended => self.settle(&image, watched).await? == Settled::Gone,
                Some(watched) => self.is_gone(watched).await?,
            };
            unsettled += usize::from(watched.is_some() && !gone);
            if own && gone {
                if let Some(watched) = watched {
                    self.bury(watched.heartbeat).await;
                }
                match self.glance.delete(image.id).await {
                    Ok(()) => observer.emit(&Event::Removed { id: image.id }),
                    Err(bonafide_glance::Error::NotFound(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(unsettled)
    }

    /// After an upload more may be known about those that other runs have not finished. What fails
    /// here is left to the next run.
    pub(crate) async fn look_again(&self, unsettled: usize, observer: &dyn EventSink) {
        if unsettled > 0 {
            let looking = self.remove_given_up(observer);
            let _ = self.unless_cancelled(looking).await;
        }
    }

    /// Creates a private image, uploads to it, compares, and marks it as complete. If that fails
    /// after the create, the image is removed again.
    pub(crate) async fn upload_privately<C: Check>(
        &self,
        opened: OpenedDownload,
        wanted: &ImageSpec,
        check: C,
        observer: &dyn EventSink,
    ) -> Result<Result<Uploaded, Failed>, Error> {
        let id = Uuid::new_v4();
        let limits = self.limits();
        let alive = self.begin();
        let run = Uuid::new_v4();
        let mut passing = lease::passing(run, limits.until);
        passing.extend(alive.as_ref().map(Alive::marks).unwrap_or_default());
        passing.insert(keys::UPLOAD.to_owned(), keys::UPLOADING.to_owned());
        let new = wanted.new_image(id).properties(passing);
        match changes::create(&self.glance, id, &new, run).await {
            // The id is random: a conflict answers a create that was sent again.
            Err(error @ bonafide_glance::Error::Conflict(_)) => {
                let created = changes::created(&self.glance, id, run).await;
                created.ok_or(error)?
            }
            created => created?,
        };
        observer.emit(&Event::Created { id, attempt: 0 });
        let uploading = Uploading {
            glance: &self.glance,
            observer,
            limits,
            cancellation: &self.cancellation,
            alive: alive.as_ref(),
        };
        let filled = async {
            let passed = uploading.upload(id, opened, check).await?;
            let image = self.unless_cancelled(clean_up::uploaded(&self.glance, id));
            let image = image.await?;
            wanted.compare(&image, &passed.image)?;
            observer.emit(&Event::Compared { id });
            let file = C::file(&passed.proof);
            let patch = wanted.patch(&image, &file, &passed.image);
            let image = self.glance.update(id, &patch).await?;
            if image.visibility != Visibility::Private {
                return Err(Error::UnexpectedState {
                    id,
                    found: format!("{} and {}", image.visibility, image.status),
                });
            }
            Ok(Uploaded {
                id,
                file,
                stored: passed.image,
            })
        };
        let done = match filled.await {
            Ok(uploaded) => Ok(uploaded),
            Err(error) => {
                let error = clean_up::remove(&self.glance, id, error, observer).await;
                Err(Failed { id, error })
            }
        };
        if let Some(alive) = alive {
            alive.end().await;
        }
        Ok(done)
    }
}

/// A private upload that failed, whose image is removed unless the error says otherwise.
pub(crate) struct Failed {
    pub(crate) id: Uuid,
    pub(crate) error: Error,
}

/// The result of a private upload.
pub(crate) struct Uploaded {
    pub(crate) id: Uuid,
    pub(crate) file: Digests,
    pub(crate) stored: Digests,
}

/// The evidence of a private image. It lacks the publisher's mark, since only its owner looks after
/// it.
fn marks(candidate: &Candidate) -> BTreeMap<String, String> {
    let mut marks = evidence::evidence(candidate);
    marks.insert(keys::UPLOAD.to_owned(), PROVEN.to_owned());
    marks
}
