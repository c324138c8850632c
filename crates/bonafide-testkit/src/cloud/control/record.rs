//! What arrived, in order.

use std::sync::{Mutex, PoisonError};

/// One request that reached the cloud: no headers, no body, no token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method, in capitals.
    pub method: String,
    /// Path and query as they were sent; identity requests begin with `/v3`, image requests with
    /// `/v2`, compute requests with `/v2.1`, and block storage requests with `/v3` and the id of
    /// the project.
    pub path: String,
    /// The status of the answer; `None` while there is none, and for ever if there was none.
    pub status: Option<u16>,
}

/// The requests so far.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// How many requests were recorded and cleared before the first of `requests`.
    cleared: usize,
    requests: Vec<RecordedRequest>,
}

impl Record {
    /// Notes a request; the number is for [`Record::answered`].
    pub(crate) fn arrived(&self, method: &str, path: &str) -> usize {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.requests.push(RecordedRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            status: None,
        });
        entries.cleared + entries.requests.len() - 1
    }

    pub(crate) fn answered(&self, number: usize, status: u16) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = number.checked_sub(entries.cleared) else {
            return;
        };
        if let Some(request) = entries.requests.get_mut(index) {
            request.status = Some(status);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.requests.clone()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.cleared += entries.requests.len();
        entries.requests.clear();
    }
}
