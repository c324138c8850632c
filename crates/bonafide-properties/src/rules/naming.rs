//! The name: rules 30 and 31.

use super::checker::{Checker, known, text};
use crate::edition::Levels;
use crate::{OsPurpose, Rule};

const MAX_NAME: usize = 255;
/// Distributions whose name is not `os_distro`.
const TITLES: [(&str, &str); 6] = [
    ("alpinelinux", "alpine"),
    ("amazonlinux", "amazon"),
    ("ol", "oracle"),
    ("rhel", "redhat"),
    ("sled", "suse"),
    ("sles", "suse"),
];

pub(super) fn judge(judge: &mut Checker<'_>) {
    let name = judge.record.name.clone().unwrap_or_default();
    let length = name.chars().count();
    let why = if length == 0 {
        "a name is needed"
    } else if length > MAX_NAME {
        "at most 255 characters are possible"
    } else if name.chars().any(|c| c as u32 > 0xFFFF) {
        "Glance's database stores no characters beyond U+FFFF"
    } else if name.trim() != name {
        "blanks at its ends make it another name"
    } else {
        return begins_with_distribution(judge, &name);
    };
    judge.report(Levels::ERROR, Rule::Name, "name", why);
}

fn begins_with_distribution(judge: &mut Checker<'_>, name: &str) {
    let Some(distribution) = text(&judge.metadata.distribution) else {
        return;
    };
    let title = TITLES.iter().find(|(found, _)| *found == distribution);
    let title = plain(title.map_or(distribution, |(_, title)| title));
    let version = text(&judge.metadata.version).unwrap_or_default();
    let mut words = name.split(|c: char| !c.is_alphanumeric() && c != '.');
    if !plain(name).starts_with(&title) {
        let levels = match known(&judge.metadata.purpose) {
            Some(OsPurpose::Generic | OsPurpose::OldGeneric) => Levels::V1_WARNING,
            _ => Levels::V1_HINT,
        };
        let why = "a name that begins with the distribution is wanted, as `Ubuntu 24.04`";
        judge.report(levels, Rule::NameOfDistribution, "name", why);
    } else if !words.any(|word| word == version) {
        let why = "the version is wanted in the name, as in `Ubuntu 24.04`";
        judge.report(Levels::V1_HINT, Rule::NameOfDistribution, "name", why);
    }
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
