//! The sign of life of a run that uploads.
//!
//! An image that is being uploaded to can't be changed: Glance answers 200 and forgets it, or the
//! change collides with the end of the upload. So a run whose upload takes longer than some seconds
//! creates one more image, its *heartbeat image*: private, hidden, without data. A number in it is
//! incremented at an interval, and at the end it is deleted. The uploaded image names it from its
//! creation on.
//!
//! No two clocks are ever compared. With `F`, the *fence*, and `G`, after which a run is considered
//! dead:
//!
//! - The uploader's last successful renewal (before the first one: the creation of its image) was
//!   *sent* at `s`. From `s + F` on it is fenced: it cancels its upload and never publishes
//!   anything. It measures that by its monotonic clock and by its wall clock, and uses the later
//!   one: one of them stands still while a machine is suspended.
//! - The observer looks twice, and by its own monotonic clock at least `G` passes between the
//!   answer to the first look and the request of the second one. Both times the number is the same
//!   (or both times there is no heartbeat image).
//!
//! If the uploader were not fenced at the second look, its last renewal would have been sent less
//! than `F` before, and so at least `G - F` after the first look was answered: the second look
//! would see another number. `G` is one and a half `F`, so the margin `G - F` is one minute by
//! default: for clocks that run at different speeds, for a replica of Glance's database that lags
//! behind, and for the moment between the fence and the end of the connection. A run that is
//! stopped right between its last look at the fence and its last request makes nothing public
//! either: the image with that id is gone, and Glance never accepts an id twice.

pub(crate) mod pulse;
pub(crate) mod rule;
pub(crate) mod sightings;
pub(crate) mod watched;
