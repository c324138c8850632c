//! The operating system: rules 1, 4, 5, 6 and 24, and the aliases (46).

use bonafide_core::text::excerpt;

use super::checker::{Checker, other, text};
use crate::edition::Levels;
use crate::{Architecture, OsPurpose, Rule};

/// The list of Glance's documentation.
const LISTED: [&str; 20] = [
    "arch",
    "centos",
    "debian",
    "fedora",
    "freebsd",
    "gentoo",
    "mandrake",
    "mandriva",
    "mes",
    "msdos",
    "netbsd",
    "netware",
    "openbsd",
    "opensolaris",
    "opensuse",
    "rhel",
    "rocky",
    "sled",
    "ubuntu",
    "windows",
];
/// Names that are not in Glance's list: those of libosinfo, to which it refers, and of
/// distributions that are in neither. They have no better name.
const UNLISTED: [&str; 19] = [
    "almalinux",
    "alpinelinux",
    "altlinux",
    "amazonlinux",
    "anolis",
    "cirros",
    "eurolinux",
    "flatcar",
    "gardenlinux",
    "haiku",
    "mageia",
    "miraclelinux",
    "nixos",
    "ol",
    "opnsense",
    "scientificlinux",
    "slem",
    "sles",
    "talos",
];
/// Names that other projects use, and the correct one.
const MISTAKEN: [(&str, &str); 6] = [
    ("archlinux", "arch"),
    ("canonical", "ubuntu"),
    ("redhat", "rhel"),
    ("rockylinux", "rocky"),
    ("suse", "opensuse"),
    ("win", "windows"),
];
/// Distributions whose versions are numbers.
const NUMBERED: [&str; 11] = [
    "almalinux",
    "centos",
    "debian",
    "fedora",
    "flatcar",
    "ol",
    "opensuse",
    "rhel",
    "rocky",
    "talos",
    "ubuntu",
];
const TWINS: [(&str, &str); 3] = [
    ("architecture", "cpu_arch"),
    ("image_original_user", "default_ssh_username"),
    ("image_source", "source_url"),
];

pub(super) fn judge(judge: &mut Checker<'_>) {
    architecture(judge);
    distribution(judge);
    version(judge);
    purpose(judge);
    user(judge);
    twins(judge);
}

fn architecture(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Architecture, Architecture::PROPERTY);
    if !judge.demand(Levels::ERROR, rule, name, "`x86_64` or `aarch64` is needed") {
        return;
    }
    let why = match other(&judge.metadata.architecture) {
        None => return,
        Some("amd64") => "write `x86_64`",
        Some("arm64") => "write `aarch64`",
        Some(_) => "only `x86_64` and `aarch64` pass the conformance test and Nova",
    };
    judge.report(Levels::ERROR, rule, name, why);
}

fn distribution(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Distribution, "os_distro");
    if !judge.demand(
        Levels::ERROR,
        rule,
        name,
        "name the distribution, as `ubuntu`",
    ) {
        return;
    }
    let Some(found) = text(&judge.metadata.distribution).map(str::to_owned) else {
        return judge.report(Levels::ERROR, rule, name, "it is empty");
    };
    let starts = found.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let mistaken = MISTAKEN.iter().find(|(wrong, _)| *wrong == found);
    if !starts || !found.chars().all(plain) {
        judge.report(Levels::ERROR, rule, name, "a name in lower case is needed");
    } else if let Some((_, right)) = mistaken {
        judge.report(Levels::ERROR, rule, name, format!("write `{right}`"));
    } else if UNLISTED.contains(&found.as_str()) {
        let why = "Glance's list has no name for it";
        judge.report(Levels::HINT, rule, name, why);
    } else if !LISTED.contains(&found.as_str()) {
        let why = "it is neither in Glance's list nor in that of libosinfo";
        judge.report(Levels::WARNING, rule, name, why);
    }
}

fn version(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Version, "os_version");
    if !judge.demand(Levels::ERROR, rule, name, "name the version, as `24.04`") {
        return;
    }
    let Some(version) = text(&judge.metadata.version).map(str::to_owned) else {
        return judge.report(Levels::ERROR, rule, name, "it is empty");
    };
    let distribution = text(&judge.metadata.distribution).unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let ubuntu = distribution == "ubuntu";
    if !version.split('.').all(number) {
        let levels = match NUMBERED.contains(&distribution) {
            true => Levels::WARNING,
            false => Levels::HINT,
        };
        judge.report(levels, rule, name, "numbers are wanted, as `24.04`");
    } else if ubuntu && version.split('.').count() > 2 {
        let why = "a point release is not a version: write `24.04`";
        judge.report(Levels::WARNING, rule, name, why);
    }
}

fn purpose(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Purpose, OsPurpose::PROPERTY);
    let words = OsPurpose::ALL.iter().map(|word| word.as_str());
    let words = words.collect::<Vec<_>>().join("`, `");
    let why = format!("one of `{words}` is needed");
    if judge.demand(Levels::DEMANDED_LATER, rule, name, &why)
        && other(&judge.metadata.purpose).is_some()
    {
        judge.report(Levels::ERROR, rule, name, why);
    }
}

fn user(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::OriginalUser, "image_original_user");
    let why = "the login name is needed, or `none`";
    if judge.demand(Levels::ERROR, rule, name, why) && text(&judge.metadata.original_user).is_none()
    {
        judge.report(Levels::ERROR, rule, name, why);
    }
}

fn twins(judge: &mut Checker<'_>) {
    for (one, twin) in TWINS {
        let (first, second) = (judge.record.get(one), judge.record.get(twin));
        if let (Some(first), Some(second)) = (first, second)
            && first != second
        {
            let why = format!("`{one}` has the same meaning and is `{}`", excerpt(first));
            judge.report(Levels::WARNING, Rule::Twins, twin, why);
        }
    }
}
