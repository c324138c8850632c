//! How old an image may become: rules 22 (with a clock) and 23.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::checker::{Checker, known};
use crate::edition::Levels;
use crate::{BuildDate, ImageRecord, Metadata, OsPurpose, ProvidedUntil, ReplaceFrequency, Rule};

/// How late an image may be by the text of the standard.
const GRACE_DAYS: i64 = 3;

/// By when an image must be replaced, UTC: the earlier of two dates, one that the conformance test
/// computes from `image_build_date`, and one that the text of the standard computes from the
/// registration. `None`: the image has no date, or promises no replacement.
#[must_use]
pub fn next_due(record: &ImageRecord) -> Option<Timestamp> {
    let metadata = Metadata::from_map(&record.properties);
    due(record, &metadata).map(|(due, _)| due)
}

fn due(record: &ImageRecord, metadata: &Metadata) -> Option<(Timestamp, SignedDuration)> {
    let hours = |hours: f64| SignedDuration::from_secs_f64(hours * 3600.0);
    let (tested, written) = match known(&metadata.replace_frequency)? {
        ReplaceFrequency::Daily => (hours(27.5), Span::new().days(1)),
        ReplaceFrequency::Weekly => (hours(192.5), Span::new().days(7)),
        ReplaceFrequency::Monthly => (hours(34.1 * 24.0), Span::new().months(1)),
        ReplaceFrequency::Quarterly => (hours(101.2 * 24.0), Span::new().months(3)),
        ReplaceFrequency::Yearly => (hours(401.5 * 24.0), Span::new().years(1)),
        ReplaceFrequency::CriticalBug | ReplaceFrequency::Never => return None,
    };
    let built = known(&metadata.build_date).and_then(|built| utc(built.start()));
    let tested_until = built.and_then(|built| built.checked_add(tested).ok());
    let registered = record.created_at.map(|at| TimeZone::UTC.to_datetime(at));
    let written_until = registered
        .and_then(|at| at.checked_add(written).ok())
        .and_then(|at| at.checked_add(Span::new().days(GRACE_DAYS)).ok())
        .and_then(utc);
    let due = match (tested_until, written_until) {
        (Some(tested), Some(written)) => tested.min(written),
        (tested, written) => tested.or(written)?,
    };
    Some((due, tested))
}

fn utc(at: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(at).ok()
}

pub(super) fn judge(judge: &mut Checker<'_>, now: Timestamp) {
    if let Some(built) = known(&judge.metadata.build_date) {
        build_date(judge, built, now);
    }
    let today = TimeZone::UTC.to_datetime(now).date();
    let provided = match known(&judge.metadata.provided_until) {
        Some(ProvidedUntil::Notice) => true,
        Some(ProvidedUntil::Date(until)) => until >= today,
        _ => false,
    };
    let replaced = known(&judge.metadata.purpose) == Some(OsPurpose::OldGeneric);
    if !provided || replaced || !judge.record.is_listed() {
        return;
    }
    let Some((due, period)) = due(judge.record, &judge.metadata) else {
        return;
    };
    let (rule, name) = (Rule::Recency, "image_build_date");
    if now > due {
        let why = format!("a newer image was due on {}", due.strftime("%Y-%m-%d"));
        judge.report(Levels::WARNING, rule, name, why);
    } else if due.duration_since(now) < period / 10 {
        let why = format!("a newer image is due on {}", due.strftime("%Y-%m-%d"));
        judge.report(Levels::WARNING, rule, name, why);
    }
}

fn build_date(judge: &mut Checker<'_>, built: BuildDate, now: Timestamp) {
    let Some(start) = utc(built.start()) else {
        return;
    };
    let created = judge.record.created_at;
    let why = if start > now {
        format!("it is in the future: the time is {now}")
    } else if let Some(created) = created.filter(|created| start > *created) {
        format!("it is later than the image's registration at {created}")
    } else {
        return;
    };
    judge.report(Levels::ERROR, Rule::BuildDate, "image_build_date", why);
}
