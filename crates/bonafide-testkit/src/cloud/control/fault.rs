//! Faults on request: what a cloud does on its bad days.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Something that goes wrong once, at the next request that matches; [`lasting`](Self::lasting)
/// ones go wrong at every further one, and [`after`](Self::after) lets some requests pass first.
///
/// A request matches by its method and by the end of its path (without the query):
/// `CloudFault::new("PUT", "/file", …)` waits for an upload, `("POST", "/auth/tokens", …)` for a
/// login. Faults wait in the order in which they were given; each request uses up one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudFault {
    method: String,
    path_suffix: String,
    kind: CloudFaultKind,
    is_lasting: bool,
    /// Matching requests that still go wrong.
    times: usize,
    /// Matching requests that still pass.
    passing: usize,
}

impl CloudFault {
    /// A fault for the next request with this method whose path ends like this.
    #[must_use]
    pub fn new(method: &str, path_suffix: &str, kind: CloudFaultKind) -> Self {
        Self {
            method: method.to_owned(),
            path_suffix: path_suffix.to_owned(),
            kind,
            is_lasting: false,
            times: 1,
            passing: 0,
        }
    }

    /// The fault stays: every matching request goes wrong, until
    /// [`EmbeddedCloud::heal`](crate::cloud::embedded::EmbeddedCloud::heal).
    #[must_use]
    pub const fn lasting(mut self) -> Self {
        self.is_lasting = true;
        self
    }

    /// The fault stays for so many requests.
    #[must_use]
    pub const fn times(mut self, requests: usize) -> Self {
        self.times = requests;
        self
    }

    /// So many matching requests pass before it.
    #[must_use]
    pub const fn after(mut self, requests: usize) -> Self {
        self.passing = requests;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.eq_ignore_ascii_case(method) && path.ends_with(&self.path_suffix)
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloudFaultKind {
    /// One bit of the upload's first byte is flipped on its way to the disk: the image becomes
    /// active, with the size that was sent and the digests of other bytes.
    CorruptUpload,
    /// The answer to a download breaks off after this many bytes of the image.
    CutDownload {
        /// Bytes that are still sent.
        after: u64,
    },
    /// The request is taken up only after this time.
    Delay(Duration),
    /// The request is carried out, but its answer is lost: the connection closes.
    DropAfter,
    /// The connection closes before anything is done.
    DropBefore,
    /// The worker dies once it has stored this many bytes of an upload (or all of a shorter one):
    /// the connection closes, the image stays in `saving` for ever, and what was stored stays
    /// in the store even when the image is deleted.
    KillWorker {
        /// Bytes that are stored before.
        after: u64,
    },
    /// The request is never answered; its connection closes with the cloud.
    Stall,
    /// This status is answered and nothing is done, as by a proxy in front of the service.
    Status(u16),
    /// 401 as for an expired token, whatever token was sent.
    Unauthorized,
}

/// The faults that still wait for their request.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<CloudFault>>);

impl Faults {
    pub(crate) fn add(&self, fault: CloudFault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The oldest fault that matches. It is taken out unless it lasts.
    pub(crate) fn take(&self, method: &str, path: &str) -> Option<CloudFaultKind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut strikes = |fault: &mut CloudFault| {
            let matches = fault.matches(method, path);
            if matches && fault.passing > 0 {
                fault.passing -= 1;
                return false;
            }
            matches
        };
        let index = faults.iter_mut().position(&mut strikes)?;
        let fault = faults.get_mut(index)?;
        let kind = fault.kind;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 && !fault.is_lasting {
            faults.remove(index);
        }
        Some(kind)
    }
}
