//! Standard images (SCS-0104): rules 18 to 20. Version 1 identifies them by name, version 2 by
//! their properties.

use super::checker::{Checker, known, text};
use crate::edition::Levels;
use crate::{OsPurpose, Rule, Severity};

/// The directories that the standard names; the code name of the version follows.
const DEBIAN: [&str; 2] = [
    "https://cloud.debian.org/images/cloud/",
    "https://cdimage.debian.org/cdimage/cloud/",
];
const UBUNTU: [&str; 2] = [
    "https://cloud-images.ubuntu.com/releases/",
    "https://cloud-images.ubuntu.com/",
];
const CODENAMES: [(&str, &str, &str); 13] = [
    ("debian", "9", "stretch"),
    ("debian", "10", "buster"),
    ("debian", "11", "bullseye"),
    ("debian", "12", "bookworm"),
    ("debian", "13", "trixie"),
    ("debian", "14", "forky"),
    ("ubuntu", "14.04", "trusty"),
    ("ubuntu", "16.04", "xenial"),
    ("ubuntu", "18.04", "bionic"),
    ("ubuntu", "20.04", "focal"),
    ("ubuntu", "22.04", "jammy"),
    ("ubuntu", "24.04", "noble"),
    ("ubuntu", "26.04", "resolute"),
];
/// The requirements of version 1 for an image that it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Mandatory,
    Optional,
    Recommended,
}

/// The images that version 1 lists by name: in the list for IaaS version 4, and in that for version
/// 5.
pub(crate) const NAMED: [(&str, Option<Status>, Option<Status>); 7] = [
    ("Debian 10", OPTIONAL, OPTIONAL),
    ("Debian 11", OPTIONAL, OPTIONAL),
    ("Debian 12", OPTIONAL, Some(Status::Recommended)),
    // Not in the list, but the conformance test checks its source.
    ("Debian 13", None, OPTIONAL),
    ("Ubuntu 20.04", OPTIONAL, OPTIONAL),
    ("Ubuntu 22.04", Some(Status::Mandatory), OPTIONAL),
    ("Ubuntu 24.04", None, Some(Status::Mandatory)),
];
const OPTIONAL: Option<Status> = Some(Status::Optional);
/// The prefix of the names of Cluster API images.
pub(crate) const CLUSTER_API_NAME: &str = "ubuntu-capi-image";
const CLUSTER_API: &str = "https://nbg1.your-objectstorage.com/osism/openstack-k8s-capi-images/";
/// The older prefix. Version 1 requires one of the releases below it, version 2 any.
const CLUSTER_API_BEFORE: &str = "https://swift.services.a.regiocloud.tech/swift/v1/\
    AUTH_b182637428444b9aa302bb8d5a5a418c/openstack-k8s-capi-images/";
const CLUSTER_API_RELEASES: [&str; 2] = ["ubuntu-2204-kube", "ubuntu-2404-kube"];
const CLUSTER_API_PAGE: &str = "https://github.com/osism/k8s-capi-images";

pub(super) fn judge(judge: &mut Checker<'_>) {
    let name = judge.record.name.clone().unwrap_or_default();
    let listed = NAMED.iter().find(|(listed, ..)| *listed == name);
    if let Some((_, in_4, in_5)) = listed
        && let Some((distribution, version)) = name.split_once(' ')
    {
        let level = |status: &Option<Status>| status.map(|_| Severity::Error);
        let levels = Levels::new(level(in_4), level(in_5), None);
        source(judge, levels, &distribution.to_lowercase(), version);
    }
    if known(&judge.metadata.purpose) == Some(OsPurpose::Generic) {
        let distribution = text(&judge.metadata.distribution)
            .unwrap_or_default()
            .to_owned();
        let version = text(&judge.metadata.version).unwrap_or_default().to_owned();
        source(judge, Levels::V2_ERROR, &distribution, &version);
    }
    if is_cluster_api(&name, &[' ', '-']) {
        cluster_api(judge, &name);
    }
}

fn source(judge: &mut Checker<'_>, levels: Levels, distribution: &str, version: &str) {
    let source = judge.record.get("image_source").unwrap_or_default();
    if let Some((rule, why)) = problem(distribution, version, source) {
        // Version 1 identifies images by name, and version 2 by purpose.
        let or = match levels == Levels::V2_ERROR {
            true => "another purpose than `generic`",
            false => "another name",
        };
        judge.report(levels, rule, "image_source", format!("{why}, or {or}"));
    }
}

/// The violation of the source of a standard image.
pub(crate) fn problem(distribution: &str, version: &str, source: &str) -> Option<(Rule, String)> {
    let directories = match distribution {
        "debian" if version.len() <= 2 && digits(version) => DEBIAN,
        "ubuntu" if is_release(version) => UBUNTU,
        _ => return None,
    };
    let below = directories
        .iter()
        .find_map(|directory| source.strip_prefix(directory));
    let Some((found, _)) = below.and_then(|below| below.split_once('/')) else {
        let why = format!(
            "a standard image of {distribution} comes from below `{}` or `{}`: write the vendor's URL \
             there, even if the bytes come from a mirror",
            directories[0], directories[1]
        );
        return Some((Rule::StandardSource, why));
    };
    let mut known = CODENAMES.iter();
    let (.., wanted) = known.find(|(d, v, _)| (*d, *v) == (distribution, version))?;
    let why = format!("the directory of {distribution} {version} is `{wanted}`");
    (found != *wanted).then_some((Rule::Codename, why))
}

fn cluster_api(judge: &mut Checker<'_>, name: &str) {
    let rule = Rule::ClusterApi;
    let source = judge.record.get("image_source").unwrap_or_default();
    let present = source.starts_with(CLUSTER_API);
    let before = source.strip_prefix(CLUSTER_API_BEFORE);
    let release = before.is_some_and(|file| {
        let mut releases = CLUSTER_API_RELEASES.iter();
        releases.any(|release| file.starts_with(release))
    });
    // Each list of version 1 has its own spelling of the name.
    let error = |wrong: bool| wrong.then_some(Severity::Error);
    let wrong = !present && !release;
    let levels = Levels::new(
        error(wrong && is_cluster_api(name, &[' '])),
        error(wrong && is_cluster_api(name, &['-'])),
        error(!present && before.is_none()),
    );
    if levels != Levels::NONE {
        let why = format!("Cluster API images come from below `{CLUSTER_API}`");
        judge.report(levels, rule, "image_source", why);
    }
    if known(&judge.metadata.purpose) != Some(OsPurpose::Kubernetes) {
        let why = "Cluster API images are `k8snode`";
        judge.report(Levels::V2_ERROR, rule, OsPurpose::PROPERTY, why);
    }
    if judge.record.get("image_description") != Some(CLUSTER_API_PAGE) {
        let why = format!("Cluster API images have `{CLUSTER_API_PAGE}`");
        judge.report(Levels::V2_ERROR, rule, "image_description", why);
    }
}

/// Whether a name begins like `ubuntu-capi-image v1.30` or `ubuntu-capi-image-v1.30.4`, with one of
/// these characters before the version.
pub(crate) fn is_cluster_api(name: &str, separators: &[char]) -> bool {
    let version = name
        .strip_prefix(CLUSTER_API_NAME)
        .and_then(|rest| rest.strip_prefix(separators))
        .and_then(|rest| rest.strip_prefix('v'));
    let Some((major, minor)) = version.and_then(|version| version.split_once('.')) else {
        return false;
    };
    major.len() == 1 && digits(major) && minor.starts_with(|c: char| c.is_ascii_digit())
}

/// `24.04`.
fn is_release(version: &str) -> bool {
    let parts = version.split_once('.');
    parts.is_some_and(|(year, month)| {
        year.len() == 2 && month.len() == 2 && digits(year) && digits(month)
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
