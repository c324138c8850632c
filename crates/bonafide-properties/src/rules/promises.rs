//! What is promised about the image's life: rules 11 to 16 and 28.

use super::checker::{Checker, known, other};
use crate::edition::Levels;
use crate::{OsPurpose, ProvidedUntil, ReplaceFrequency, Rule, UuidValidity, Value};

pub(super) fn judge(judge: &mut Checker<'_>) {
    frequency(judge);
    let date = "a date `YYYY-MM-DD`, `none` or `notice` is needed";
    let (rule, name) = (Rule::ProvidedUntil, "provided_until");
    if judge.demand(Levels::ERROR, rule, name, date)
        && other(&judge.metadata.provided_until).is_some()
    {
        judge.report(Levels::ERROR, rule, name, date);
    }
    let why = "`last-N` with N of 1 or more, a date `YYYY-MM-DD`, `none`, `notice` or `forever` is needed";
    let (rule, name) = (Rule::UuidValidity, "uuid_validity");
    if judge.demand(Levels::ERROR, rule, name, why)
        && other(&judge.metadata.uuid_validity).is_some()
    {
        judge.report(Levels::ERROR, rule, name, why);
    }
    hotfix(judge);
    maintenance(judge);
}

fn frequency(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::ReplaceFrequency, ReplaceFrequency::PROPERTY);
    let words = ReplaceFrequency::ALL.iter().map(|word| word.as_str());
    let why = format!(
        "one of `{}` is needed",
        words.collect::<Vec<_>>().join("`, `")
    );
    if !judge.demand(Levels::ERROR, rule, name, &why) {
        return;
    }
    let Some(frequency) = known(&judge.metadata.replace_frequency) else {
        return judge.report(Levels::ERROR, rule, name, why);
    };
    let slow = matches!(
        frequency,
        ReplaceFrequency::Quarterly
            | ReplaceFrequency::Yearly
            | ReplaceFrequency::CriticalBug
            | ReplaceFrequency::Never
    );
    if slow && known(&judge.metadata.purpose) == Some(OsPurpose::Generic) {
        // Without a promise, `never` is true: the vendor makes no more builds.
        let levels = match known(&judge.metadata.provided_until) {
            Some(ProvidedUntil::None) => Levels::HINT,
            _ => Levels::WARNING,
        };
        let why = "`monthly` or more often is recommended for generic images";
        judge.report(levels, Rule::SlowReplacement, name, why);
    }
}

fn hotfix(judge: &mut Checker<'_>) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = "hotfix_hours";
    let wrong = match judge.record.get(name) {
        Some(text) => !digits(text),
        None => judge.record.not_texts.contains_key(name),
    };
    if wrong {
        let why = "a whole number of hours is needed, as text: `48`; `0` is best effort";
        judge.report(Levels::ERROR, Rule::HotfixHours, name, why);
    }
}

fn maintenance(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::MaintainedUntil, "maintained_until");
    match &judge.metadata.maintained_until {
        Some(Value::Other(_)) => {
            judge.report(Levels::ERROR, rule, name, "a date `YYYY-MM-DD` is needed");
        }
        Some(Value::Known(until)) => {
            let until = *until;
            if let Some(ProvidedUntil::Date(provided)) = known(&judge.metadata.provided_until)
                && provided > until
            {
                let why = format!("the vendor maintains it until {until} only");
                judge.report(Levels::WARNING, rule, "provided_until", why);
            }
        }
        None => {}
    }
}

/// An image whose id is still promised must be usable.
pub(super) fn judge_access(judge: &mut Checker<'_>) {
    let promised = known(&judge.metadata.uuid_validity).is_some_and(|it| it != UuidValidity::None);
    let gone = ["deactivated", "pending_delete", "deleted", "killed"];
    if promised && gone.contains(&judge.record.status.as_str()) {
        let why = "its `uuid_validity` promises that it can be used by its id";
        judge.report(Levels::ERROR, Rule::KeptPromise, "status", why);
    }
}
