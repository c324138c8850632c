//! The rules for one image. Those for all images of a cloud are in `cloud`.

use jiff::Timestamp;

use crate::{ImageRecord, Violation};

mod checker;
mod hardware;
mod keys;
mod naming;
mod nova;
mod origin;
mod promises;
mod recency;
mod services;
mod standard_images;
mod stored;
mod system;
mod terms;

pub(crate) use checker::Checker;
pub use recency::next_due;
pub(crate) use standard_images::{CLUSTER_API_NAME, NAMED, Status, is_cluster_api, problem};

impl Checker<'_> {
    /// The rules that need neither a clock nor the other images.
    pub(crate) fn written(mut self) -> Vec<Violation> {
        self.judge_what_is_written();
        self.violations
    }

    fn judge_what_is_written(&mut self) {
        system::judge(self);
        hardware::judge(self);
        promises::judge(self);
        origin::judge(self);
        terms::judge(self);
        keys::judge(self);
        nova::judge(self);
        stored::judge_sizes(self);
    }

    fn all(mut self, now: Timestamp) -> Vec<Violation> {
        self.judge_what_is_written();
        stored::judge_data(&mut self);
        naming::judge(&mut self);
        promises::judge_access(&mut self);
        recency::judge(&mut self, now);
        self.violations
    }
}

/// The violations of one image by itself, in the order of the rules. `now` is the time of the
/// check, UTC.
#[must_use]
pub fn check_image(record: &ImageRecord, now: Timestamp) -> Vec<Violation> {
    let mut violations = Checker::new(record).all(now);
    services::excuse(record, &mut violations);
    violations.sort_by_key(|violation| violation.rule);
    violations
}
