//! Standard images (SCS-0104): rules 18 to 20. Version 1 knows them by name, version 2 by what they
//! are.

use super::{Judge, known, text};
use crate::edition::Levels;
use crate::{OsPurpose, Rule};

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
/// The images that version 1 lists, by name.
const NAMED: [&str; 7] = [
    "Debian 10",
    "Debian 11",
    "Debian 12",
    "Debian 13",
    "Ubuntu 20.04",
    "Ubuntu 22.04",
    "Ubuntu 24.04",
];
const CLUSTER_API: &str = "https://nbg1.your-objectstorage.com/osism/openstack-k8s-capi-images/";
/// Of version 1 only.
const CLUSTER_API_BEFORE: &str = "https://swift.services.a.regiocloud.tech/swift/v1/\
    AUTH_b182637428444b9aa302bb8d5a5a418c/openstack-k8s-capi-images/";
const CLUSTER_API_PAGE: &str = "https://github.com/osism/k8s-capi-images";

pub(super) fn judge(judge: &mut Judge<'_>) {
    let name = judge.record.name.clone().unwrap_or_default();
    if NAMED.contains(&name.as_str())
        && let Some((distribution, version)) = name.split_once(' ')
    {
        source(
            judge,
            Levels::V1_ERROR,
            &distribution.to_lowercase(),
            version,
        );
    }
    if known(&judge.metadata.purpose) == Some(OsPurpose::Generic) {
        let distribution = text(&judge.metadata.distribution)
            .unwrap_or_default()
            .to_owned();
        let version = text(&judge.metadata.version).unwrap_or_default().to_owned();
        source(judge, Levels::V2_ERROR, &distribution, &version);
    }
    if is_cluster_api(&name) {
        cluster_api(judge);
    }
}

fn source(judge: &mut Judge<'_>, levels: Levels, distribution: &str, version: &str) {
    let source = judge.record.get("image_source").unwrap_or_default();
    if let Some((rule, why)) = problem(distribution, version, source) {
        // Version 1 goes by the name, and version 2 by the purpose.
        let or = match levels == Levels::V2_ERROR {
            true => "another purpose than `generic`",
            false => "another name",
        };
        judge.report(levels, rule, "image_source", format!("{why}, or {or}"));
    }
}

/// What is wrong with the source of a standard image.
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
            "a standard image of {distribution} comes from below `{}` or `{}`: give the vendor's URL \
             there, also if the bytes come from a mirror",
            directories[0], directories[1]
        );
        return Some((Rule::StandardSource, why));
    };
    let mut known = CODENAMES.iter();
    let (.., wanted) = known.find(|(d, v, _)| (*d, *v) == (distribution, version))?;
    let why = format!("the directory of {distribution} {version} is `{wanted}`");
    (found != *wanted).then_some((Rule::Codename, why))
}

fn cluster_api(judge: &mut Judge<'_>) {
    let rule = Rule::ClusterApi;
    let source = judge.record.get("image_source").unwrap_or_default();
    if !source.starts_with(CLUSTER_API) && !source.starts_with(CLUSTER_API_BEFORE) {
        let why = format!("Cluster API images come from below `{CLUSTER_API}`");
        judge.report(Levels::ERROR, rule, "image_source", why);
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

/// `ubuntu-capi-image v1.30` or `ubuntu-capi-image-v1.30.4`.
fn is_cluster_api(name: &str) -> bool {
    let version = name
        .strip_prefix("ubuntu-capi-image")
        .and_then(|rest| rest.strip_prefix([' ', '-']))
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
