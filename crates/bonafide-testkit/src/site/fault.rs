//! What can go wrong between a vendor and us.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;

use super::place::Place;

/// How a request is answered badly.
///
/// Sizes are in bytes. Where a fault counts the bytes of a body, it counts those of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `Content-Length` is so much smaller than the file, and the body ends there.
    AnnounceLess(u64),
    /// No `Content-Length`: the body comes in HTTP's chunks.
    Chunked,
    /// The full length is announced; after so many bytes the connection is closed.
    CutAfter(u64),
    /// The connection is closed without an answer.
    Disconnect,
    /// This status once; then the fault is gone.
    ErrorOnce(u16),
    /// The lowest bit of the byte at this offset of the file is flipped. The announced length, date
    /// and entity tag are the true ones.
    FlipBit(u64),
    /// Status 200 with an HTML page, as portals and content filters answer.
    Html,
    /// `Range` is ignored: status 200 and the whole file.
    IgnoreRange,
    /// The true length plus so much is announced, and so many more bytes are sent.
    Longer(u64),
    /// Status 404 with an HTML page.
    NotFound,
    /// Status 302 to this URL.
    RedirectTo(String),
    /// Other bytes than the file's, with all that belongs to them: with
    /// [`VendorSite::fault_times`](super::vendor_site::VendorSite::fault_times) a mirror in the middle of its
    /// sync.
    Replace(Bytes),
    /// Pieces of so many bytes with a pause before each.
    Slow {
        /// The size of a piece.
        chunk: usize,
        /// The pause.
        pause: Duration,
    },
    /// The full length is announced; after so many bytes nothing more comes, and the connection
    /// stays open.
    StallAfter(u64),
    /// This status with an HTML page.
    Status(u16),
    /// This status with an HTML page and this `Retry-After`.
    StatusRetryAfter(u16, &'static str),
}

/// The faults that are set, and how often they were served.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: HashMap<Place, (Fault, Option<u32>)>,
    served: HashMap<Place, u64>,
}

impl Faults {
    /// `times`: how often, `None` until it is cleared.
    pub(crate) fn set(&mut self, place: Place, fault: Fault, times: Option<u32>) {
        let times = if matches!(fault, Fault::ErrorOnce(_)) {
            Some(1)
        } else {
            times
        };
        self.active.insert(place, (fault, times));
    }

    pub(crate) fn clear(&mut self, place: &Place) {
        self.active.remove(place);
    }

    pub(crate) fn served(&self, place: &Place) -> u64 {
        self.served.get(place).copied().unwrap_or(0)
    }

    /// The fault to serve at this place now, which counts.
    pub(crate) fn take(&mut self, place: &Place) -> Option<Fault> {
        let (fault, times) = self.active.get_mut(place)?;
        let fault = fault.clone();
        match times {
            Some(0) => {
                self.active.remove(place);
                return None;
            }
            Some(1) => {
                self.active.remove(place);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        *self.served.entry(place.clone()).or_default() += 1;
        Some(fault)
    }
}
