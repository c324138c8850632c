//! What a test controls: time, faults, the end of the cloud; and the record of requests.

pub(crate) mod clock;
pub(crate) mod fault;
pub(crate) mod rate_limit;
pub(crate) mod record;
pub(crate) mod shutdown;
pub(crate) mod timeline;
