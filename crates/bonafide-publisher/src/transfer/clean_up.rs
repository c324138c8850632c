//! After a failed upload: look, then remove the image if it is incomplete.

use std::time::Duration;

use bonafide_glance::{Glance, Image, Status};
use uuid::Uuid;

use crate::error::{Error, Leftover};
use crate::event::{Event, EventSink};
use crate::ledger::changes;

/// How long to wait for Glance between two looks at an upload whose answer was lost. A proxy may
/// give up after a minute while Glance continues.
const LOOKS: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
];

/// The answer to a complete upload was lost: find out whether Glance accepted it.
pub(crate) async fn await_active(glance: &Glance, id: Uuid) -> Option<Image> {
    for pause in LOOKS {
        match glance.find(id).await {
            Ok(Some(image)) if image.status == Status::Active => return Some(image),
            Ok(Some(image)) if image.status == Status::Saving => {}
            Ok(_) => return None,
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
    }
    None
}

/// An image whose upload succeeded.
pub(crate) async fn uploaded(glance: &Glance, id: Uuid) -> Result<Image, Error> {
    let image = glance.image(id).await?;
    if image.status != Status::Saving {
        return Ok(image);
    }
    // A replica of the database may lag behind the answer to the upload.
    let later = await_active(glance, id).await;
    Ok(later.unwrap_or(image))
}

/// Removes an incomplete image that this run created, and returns the error. If that fails too, the
/// error names what is left.
pub(crate) async fn remove(
    glance: &Glance,
    id: Uuid,
    error: Error,
    observer: &dyn EventSink,
) -> Error {
    match changes::delete(glance, id).await {
        Ok(()) => {
            observer.emit(&Event::Removed { id });
            error
        }
        Err(failure) => Error::NotCleanedUp {
            error: Box::new(error),
            left_behind: Leftover { id, error: failure },
        },
    }
}
