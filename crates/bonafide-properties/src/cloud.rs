//! The rules for all images of a cloud together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::edition::Levels;
use crate::rules::{Checker, check_image};
use crate::{
    BuildDate, Diagnostic, Edition, ImageRecord, Metadata, OsPurpose, Rule, Value, Violation,
};

/// The violations of one image of a cloud.
///
/// [`check_cloud`] makes one for each image, also if there is no violation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageReport<'a> {
    /// The image.
    pub image: &'a ImageRecord,
    /// In the order of the rules.
    pub violations: Vec<Violation>,
}

impl ImageReport<'_> {
    /// The violations that this edition has, the most severe first.
    ///
    /// Empty if the image has no violation in this edition. Violations of the same severity are in
    /// the order of the rules.
    #[must_use]
    pub fn diagnostics(&self, edition: Edition) -> Vec<Diagnostic<'_>> {
        let known = self.violations.iter();
        let known = known.filter_map(|violation| violation.diagnostics(edition));
        let mut known: Vec<_> = known.collect();
        known
            .sort_by_key(|diagnostics| (std::cmp::Reverse(diagnostics.severity), diagnostics.rule));
        known
    }
}

/// The violations of all images of a cloud, each by itself and all together, in the order of the
/// input. `now` is the time of the check, UTC.
#[must_use]
pub fn check_cloud(images: &[ImageRecord], now: Timestamp) -> Vec<ImageReport<'_>> {
    let listed: Vec<_> = images.iter().map(Listed::new).collect();
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in &listed {
        if let Some(kind) = one.kind().filter(|_| one.image.is_listed()) {
            kinds.entry(kind).or_default().push(one);
        }
        if let Some(name) = &one.image.name {
            names.entry(name.as_str()).or_default().push(one);
        }
    }
    let checked = listed.iter().map(|one| {
        let mut judge = Checker::new(one.image);
        if let Some(same) = one.kind().and_then(|kind| kinds.get(&kind))
            && one.image.is_listed()
        {
            generic(&mut judge, one, same);
            replaced(&mut judge, one, same);
        }
        let name = one.image.name.as_deref().unwrap_or_default();
        if let Some(same) = names.get(name) {
            equal_names(&mut judge, one, same);
        }
        let mut violations = check_image(one.image, now);
        violations.extend(judge.found());
        violations.sort_by_key(|violation| violation.rule);
        ImageReport {
            image: one.image,
            violations,
        }
    });
    checked.collect()
}

/// An image among the others.
struct Listed<'a> {
    image: &'a ImageRecord,
    purpose: Option<OsPurpose>,
    built: Option<BuildDate>,
}

/// Distribution, version and architecture.
type Kind<'a> = (&'a str, &'a str, &'a str);

impl<'a> Listed<'a> {
    fn new(image: &'a ImageRecord) -> Self {
        let metadata = Metadata::from_map(&image.properties);
        Self {
            image,
            purpose: metadata.purpose.as_ref().and_then(Value::known).copied(),
            built: metadata.build_date.as_ref().and_then(Value::known).copied(),
        }
    }

    fn kind(&self) -> Option<Kind<'a>> {
        Some((
            self.image.get("os_distro")?,
            self.image.get("os_version")?,
            self.image.get("architecture")?,
        ))
    }

    fn is(&self, purpose: OsPurpose) -> bool {
        self.purpose == Some(purpose)
    }

    fn name(&self) -> &'a str {
        self.image.name.as_deref().unwrap_or_default()
    }

    fn is_other(&self, other: &Self) -> bool {
        !std::ptr::eq(self.image, other.image)
    }
}

/// Rule 7, and that `oldgeneric` has a successor.
fn generic(judge: &mut Checker<'_>, one: &Listed<'_>, same: &[&Listed<'_>]) {
    let others = || {
        same.iter()
            .filter(|other| one.is_other(other) && other.is(OsPurpose::Generic))
    };
    if one.is(OsPurpose::Generic) {
        let public = |image: &ImageRecord| image.visibility == "public";
        let both = others().find(|other| public(one.image) && public(other.image));
        let (levels, other) = match (both, others().next()) {
            (Some(other), _) => (Levels::FROM_V1_1, other),
            // Version 2 includes community images.
            (None, Some(other)) => (Levels::V2_ERROR, other),
            (None, None) => return,
        };
        let why = format!(
            "`{}` ({}) is generic too, with the same distribution, version and architecture: the \
             older one should be hidden or `oldgeneric`",
            other.name(),
            other.image.id
        );
        judge.report(levels, Rule::OneGeneric, OsPurpose::PROPERTY, why);
    } else if one.is(OsPurpose::OldGeneric) && others().next().is_none() {
        let why = "no newer generic image has replaced it";
        judge.report(Levels::V2_ERROR, Rule::Purpose, OsPurpose::PROPERTY, why);
        judge.report(Levels::V1_WARNING, Rule::Purpose, OsPurpose::PROPERTY, why);
    }
}

/// Rule 32: an image beside a newer one of its kind.
fn replaced(judge: &mut Checker<'_>, one: &Listed<'_>, same: &[&Listed<'_>]) {
    let newer = |other: &&&Listed<'_>| {
        one.is_other(other) && other.is(OsPurpose::Generic) && other.built > one.built
    };
    let replaced = one.is(OsPurpose::OldGeneric) || one.is(OsPurpose::Generic);
    let Some(current) = same.iter().filter(newer).max_by_key(|other| other.built) else {
        return;
    };
    if !replaced || one.image.owner != current.image.owner {
        return;
    }
    let (rule, current) = (Rule::ReplacedName, current.name());
    if one.is(OsPurpose::Generic) {
        let why = format!("`{current}` has replaced it: write `oldgeneric`");
        judge.report(Levels::V2_ERROR, rule, OsPurpose::PROPERTY, why);
    }
    let name = one.name();
    let day = one
        .built
        .map(|built| built.day().strftime("%Y%m%d").to_string());
    let wanted = format!("{current} {}", day.as_deref().unwrap_or("YYYYMMDD"));
    let cut = name.rsplit_once(' ').filter(|(rest, _)| *rest == current);
    let levels = match cut {
        _ if name == current => Levels::ERROR,
        _ if name == wanted => return,
        // In a catalog where each name ends with its day, no two images have the same name.
        None if undated(name).is_some() && undated(name) == undated(current) => Levels::HINT,
        Some((_, word)) if word.starts_with('(') => Levels::WARNING,
        Some((_, word)) if word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit()) => {
            Levels::WARNING
        }
        Some(_) => Levels::HINT,
        None if name.starts_with(current) => Levels::ERROR,
        None => Levels::WARNING,
    };
    let why = format!("`{current}` has replaced it: hide it, or rename it to `{wanted}`");
    judge.report(levels, rule, "name", why);
}

/// `Ubuntu Noble 24.04` of `Ubuntu Noble 24.04 (2026-11-23)`, also with a build after the day.
fn undated(name: &str) -> Option<&str> {
    let (rest, said) = name.strip_suffix(')')?.rsplit_once(" (")?;
    let day = said.split_once(", ").map_or(said, |(day, _)| day);
    day.parse::<jiff::civil::Date>().ok().map(|_| rest)
}

/// Rules 30 and 33.
fn equal_names(judge: &mut Checker<'_>, one: &Listed<'_>, same: &[&Listed<'_>]) {
    let others = || same.iter().filter(|other| one.is_other(other));
    let old = |listed: &Listed<'_>| listed.is(OsPurpose::OldGeneric);
    if let Some(other) = others().find(|other| old(one) && old(other)) {
        let visible = one.image.is_listed() && other.image.is_listed();
        let levels = if visible {
            Levels::WARNING
        } else {
            Levels::HINT
        };
        let why = format!("the replaced image {} has the same name", other.image.id);
        judge.report(levels, Rule::ReplacedTwice, "name", why);
    }
    if !one.image.is_listed() {
        return;
    }
    let Some(other) = others().find(|other| other.image.is_listed()) else {
        return;
    };
    let architecture = |listed: &Listed<'_>| listed.image.get("architecture").map(str::to_owned);
    let levels =
        match one.image.owner == other.image.owner && architecture(one) == architecture(other) {
            true => Levels::ERROR,
            // Everyone may use a name, and architectures are distinguished by their property.
            false => Levels::WARNING,
        };
    let why = format!("image {} has the same name", other.image.id);
    judge.report(levels, Rule::Name, "name", why);
}
