//! Looking on: who sees what, every change, the end of the cloud.

use std::io;

use serde_json::Value;
use uuid::Uuid;

use super::control::shutdown::LastRequest;
use super::embedded::EmbeddedCloud;
use super::glance::import;
use super::shared::UPLOADS;

/// Who sees what.
impl EmbeddedCloud {
    /// The images that `GET /v2/images` lists, without a filter and on all its pages, to a plain
    /// member of a project: own, public and accepted ones, but neither hidden nor community ones.
    /// The newest is the first.
    #[must_use]
    pub fn lists(&self, project_id: &str) -> Vec<Uuid> {
        let mut images = self.shared.registry.images();
        images.retain(|image| image.is_listed_in(project_id));
        images.sort_by(|one, other| {
            let keys = |image: &super::glance::image::Image| (image.created_at, image.id.clone());
            keys(other).cmp(&keys(one))
        });
        // Glance takes UUIDs for ids only.
        images
            .iter()
            .filter_map(|image| image.id.parse().ok())
            .collect()
    }

    /// Whether a plain member of a project finds an image by its id: own, public, community, and
    /// those it was offered, whatever it answered.
    #[must_use]
    pub fn reaches(&self, project_id: &str, image: Uuid) -> bool {
        let image = self.shared.registry.image(&image.to_string());
        image.is_some_and(|image| image.is_visible_in(project_id))
    }

    /// Calls a function after every change of an image, of its members or of its status, before
    /// the request is answered, with all images that are not deleted: each as its owner sees it,
    /// and with `members`, a list of `{"member_id", "status"}`. What it gets is consistent, and
    /// changes wait while it runs.
    ///
    /// It may look at the cloud ([`images`](Self::images), [`lists`](Self::lists)), but must not
    /// change images there (by seeding, say): that waits for ever. A panic in it ends the
    /// request's connection and not the test: collect what is amiss and assert later.
    pub fn watch(&self, watcher: impl Fn(&[Value]) + Send + Sync + 'static) {
        self.shared.registry.watchers.add(watcher);
    }
}

/// What was there before.
impl EmbeddedCloud {
    /// Adds an image as if it had been uploaded long ago, from what the Image API shows of one:
    /// `id`, `name`, `owner`, `visibility`, `size`, `os_hash_value`, `created_at`, any property,
    /// and `members` as [`watch`](Self::watch) shows them (`accepted` unless a `status` is given).
    /// All of it may be left out. It is active unless `status` says `deactivated` or `queued`,
    /// is a bare qcow2, and has no bytes: a download answers 204.
    ///
    /// The image is on disk only once it has been changed: thousands are adopted in no time, but a
    /// later cloud on the same data directory has none of them.
    ///
    /// # Errors
    ///
    /// With [`io::ErrorKind::InvalidInput`] what is no image, and with
    /// [`io::ErrorKind::AlreadyExists`] an id that was used before.
    pub fn adopt_image(&self, image: &Value) -> io::Result<Uuid> {
        let algorithm = self.shared.settings.hash_algorithm.name();
        let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
        let image = import::parse(image, self.shared.clock.now(), algorithm).map_err(invalid)?;
        let id = image.id.parse().map_err(|_| {
            let message = format!("`id`: `{}` is no UUID", image.id);
            invalid(message)
        })?;
        self.shared.registry.add_unwritten(&image).map_err(|_| {
            let message = format!("image `{id}` is there, or was");
            io::Error::new(io::ErrorKind::AlreadyExists, message)
        })?;
        Ok(id)
    }
}

/// The end, and the return.
impl EmbeddedCloud {
    /// Lets the cloud die after so many more requests, as a client sees it that dies itself.
    ///
    /// Every request to any service counts when it arrives, but for log-ins
    /// (`POST /v3/auth/tokens`), which are served before and after. The last one is carried out,
    /// and answered or not; then uploads and other requests under way are broken off, and the
    /// connection of every later request is closed before anything is done. So it is for those,
    /// too, that arrive while the last one is carried out. With 0 requests it dies at once. A
    /// download whose answer has begun goes on.
    ///
    /// A second call takes the place of the first, and begins to count anew.
    pub fn die_after(&self, requests: usize, last: LastRequest) {
        self.shared.shutdown.die_after(requests, last);
    }

    /// Ends what [`die_after`](Self::die_after) began, once uploads that were broken off have been
    /// given up: their images are `queued` again. It waits for every upload that is still under
    /// way, be it the last request.
    pub async fn revive(&self) {
        // The semaphore is never closed: there is no error.
        let uploads = self.shared.uploads.acquire_many(UPLOADS).await;
        self.shared.shutdown.revive();
        drop(uploads);
    }

    /// Resolves once so many requests more, counted from this call and as in
    /// [`die_after`](Self::die_after), have come to their end: carried out, with their answers
    /// about to be sent. For dropping a client in the middle.
    pub fn reached(&self, requests: usize) -> impl Future<Output = ()> + Send + use<> + 'static {
        self.shared.shutdown.reached(requests)
    }
}
