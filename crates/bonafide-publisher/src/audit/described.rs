//! What the name of a vendor's file says about the image, and properties that contradict it.

use bonafide_glance::Image;
use bonafide_verify::Keyring;
use url::Url;

use super::links::Stop;
use crate::channel::OPERATOR;
use crate::ledger::keys;

/// How vendors write architectures in names, and how Glance writes them.
const ARCHITECTURES: [(&str, &str); 10] = [
    ("aarch64", "aarch64"),
    ("amd64", "x86_64"),
    ("arm64", "aarch64"),
    ("armhf", "armv7l"),
    ("i386", "i686"),
    ("ppc64el", "ppc64le"),
    ("ppc64le", "ppc64le"),
    ("riscv64", "riscv64"),
    ("s390x", "s390x"),
    ("x86_64", "x86_64"),
];
/// Code names of versions, which vendors use in names of files and in `os_version`.
const CODENAMES: [(&str, &str, &str); 13] = [
    ("debian", "stretch", "9"),
    ("debian", "buster", "10"),
    ("debian", "bullseye", "11"),
    ("debian", "bookworm", "12"),
    ("debian", "trixie", "13"),
    ("debian", "forky", "14"),
    ("ubuntu", "trusty", "14.04"),
    ("ubuntu", "xenial", "16.04"),
    ("ubuntu", "bionic", "18.04"),
    ("ubuntu", "focal", "20.04"),
    ("ubuntu", "jammy", "22.04"),
    ("ubuntu", "noble", "24.04"),
    ("ubuntu", "resolute", "26.04"),
];
/// Vendors whose files have the version in their names, all of which are Linux and have the names
/// that Glance uses. Flatcar's files have the same name in each build.
const VENDORS: [&str; 8] = [
    "almalinux",
    "centos",
    "debian",
    "fedora",
    "flatcar",
    "opensuse",
    "rocky",
    "ubuntu",
];

/// What a vendor's file contains, as far as its name and its vendor are unambiguous.
#[derive(Debug, PartialEq, Eq)]
struct Described {
    distribution: &'static str,
    version: Option<String>,
    architecture: Option<&'static str>,
}

/// Properties of the image must not contradict the verified file.
pub(super) fn contradictions(image: &Image, vendor: &str, file: &str) -> Result<(), Stop> {
    let Some(described) = Described::of(image, vendor, file) else {
        return Ok(());
    };
    let found = described.contradicted_by(image, file);
    match found.is_empty() {
        true => Ok(()),
        false => Err(Stop::Broken(format!(
            "its bytes are those of `{file}`, but {}",
            found.join(", ")
        ))),
    }
}

impl Described {
    fn of(image: &Image, vendor: &str, file: &str) -> Option<Self> {
        // A vendor's channel that is published under another key still has the name of that
        // channel.
        let keyring = image.properties.get(keys::KEYRING);
        let keyring = keyring.and_then(|name| Keyring::embedded(name));
        let vendor = match vendor {
            OPERATOR => keyring.as_ref()?.vendor(),
            vendor => vendor,
        };
        let distribution = VENDORS.into_iter().find(|known| *known == vendor)?;
        Some(Self {
            distribution,
            version: version(distribution, last(file)),
            architecture: architecture(last(file)),
        })
    }

    fn contradicted_by(&self, image: &Image, file: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |name: &str, is: &str, wanted: &str| {
            found.push(format!("`{name}` is `{is}` and not `{wanted}`"));
        };
        let property = |name: &str| image.properties.get(name).map(String::as_str);
        for (name, wanted) in [("os_distro", self.distribution), ("os_type", "linux")] {
            if let Some(is) = property(name).filter(|is| !is.eq_ignore_ascii_case(wanted)) {
                differs(name, is, wanted);
            }
        }
        let version = self.version.as_deref();
        if let (Some(is), Some(wanted)) = (property("os_version"), version)
            && contradicts(self.distribution, is, wanted)
        {
            differs("os_version", is, wanted);
        }
        // The names of the vendors' channels begin with the vendor.
        if let (Some(is), Some(wanted)) = (property(keys::CHANNEL), version)
            && let Some(rest) = is.strip_prefix(self.distribution)
            && let Some(of_channel) = rest.split('-').find(|part| starts_with_digit(part))
            && contradicts(self.distribution, of_channel, wanted)
        {
            differs(keys::CHANNEL, is, wanted);
        }
        for name in ["architecture", "cpu_arch", "hw_architecture"] {
            let known = |text: &str| {
                let text = text.to_ascii_lowercase().replace('-', "_");
                let known = ARCHITECTURES.iter().find(|(written, _)| *written == text);
                known.map_or(text.clone(), |(_, name)| (*name).to_owned())
            };
            if let (Some(is), Some(wanted)) = (property(name), self.architecture)
                && known(is) != wanted
            {
                differs(name, is, wanted);
            }
        }
        for name in ["image_source", "source_url"] {
            let url = property(name).and_then(|text| text.parse::<Url>().ok());
            let Some(url) = url.filter(|url| url.scheme() == "https") else {
                continue;
            };
            if !url.path().contains('%') && last(url.path()) != last(file) {
                differs(name, url.as_str(), last(file));
            }
        }
        found
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The only architecture in a name, between characters that are not part of it.
fn architecture(file: &str) -> Option<&'static str> {
    let bounded = |written: &str| {
        file.match_indices(written).any(|(at, _)| {
            let before = file[..at].chars().next_back();
            let behind = file[at + written.len()..].chars().next();
            let outside = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
            outside(before) && outside(behind)
        })
    };
    let found = ARCHITECTURES.iter().filter(|(written, _)| bounded(written));
    let mut found: Vec<_> = found.map(|(_, name)| *name).collect();
    found.dedup();
    match found[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// The version in the name of a file of this vendor.
fn version(distribution: &str, file: &str) -> Option<String> {
    let mut file = file.to_owned();
    for (written, _) in ARCHITECTURES {
        file = file.replace(written, "-");
    }
    let mut parts = file.split(['-', '_']).map(|part| part.trim_matches('.'));
    let number = |part: &&str| starts_with_digit(part) && numbers(part).len() <= 2;
    match distribution {
        "ubuntu" => {
            let first = parts.next()?;
            match codename(distribution, first) {
                Some(version) => Some(version.to_owned()),
                None => parts.next().filter(|_| first == "ubuntu").map(short),
            }
        }
        // `debian-12-generic…`, `debian-10.13.0-openstack…`.
        "debian" => {
            let second = parts.nth(1).filter(|part| starts_with_digit(part))?;
            second.split('.').next().map(str::to_owned)
        }
        // `AlmaLinux-9-GenericCloud-9.8-20261110`: the second one is more precise.
        "almalinux" | "rocky" => {
            let major = parts.nth(1).filter(|part| starts_with_digit(part))?;
            let minor =
                parts.find(|part| part.split_once('.').is_some_and(|(one, _)| one == major));
            Some(minor.map_or_else(|| major.to_owned(), short))
        }
        "centos" | "fedora" | "opensuse" => parts.find(number).map(short),
        _ => None,
    }
    .filter(|version| starts_with_digit(version))
}

/// At most two numbers of a version: `24.04` of `24.04.3`.
fn short(part: &str) -> String {
    part.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn codename(distribution: &str, word: &str) -> Option<&'static str> {
    let mut known = CODENAMES.iter();
    let (.., version) = known.find(|(of, name, _)| *of == distribution && *name == word)?;
    Some(version)
}

/// Whether two versions differ. `9` and `9.8` do not, and an unknown name does not differ from any
/// version.
fn contradicts(distribution: &str, said: &str, wanted: &str) -> bool {
    let lower = said.to_ascii_lowercase();
    let said = codename(distribution, &lower).unwrap_or(said);
    let (said, wanted) = (numbers(said), numbers(wanted));
    said.iter().zip(&wanted).any(|(one, other)| one != other)
}

/// The numbers at the beginning of a version.
fn numbers(version: &str) -> Vec<u64> {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let end = version.find(|c| !digits(c)).unwrap_or(version.len());
    let numbers = version[..end].split('.');
    numbers.map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_say_version_and_architecture() {
        for (distribution, file, of, on) in [
            (
                "ubuntu",
                "ubuntu-24.04-server-cloudimg-amd64.img",
                "24.04",
                "x86_64",
            ),
            (
                "ubuntu",
                "ubuntu-24.04.3-live-server-arm64.iso",
                "24.04",
                "aarch64",
            ),
            (
                "ubuntu",
                "noble-server-cloudimg-amd64.img",
                "24.04",
                "x86_64",
            ),
            (
                "ubuntu",
                "jammy-core-cloudimg-ppc64el.img",
                "22.04",
                "ppc64le",
            ),
            ("ubuntu", "later-server-cloudimg-amd64.img", "", "x86_64"),
            (
                "debian",
                "debian-12-genericcloud-amd64-20261110-2537.qcow2",
                "12",
                "x86_64",
            ),
            (
                "debian",
                "debian-10.13.22-20261110-openstack-arm64.qcow2",
                "10",
                "aarch64",
            ),
            (
                "debian",
                "debian-sid-genericcloud-amd64-daily.qcow2",
                "",
                "x86_64",
            ),
            (
                "almalinux",
                "AlmaLinux-9-GenericCloud-9.8-20261110.x86_64.qcow2",
                "9.8",
                "x86_64",
            ),
            (
                "almalinux",
                "AlmaLinux-9-GenericCloud-latest.aarch64.qcow2",
                "9",
                "aarch64",
            ),
            (
                "rocky",
                "Rocky-9-GenericCloud-Base-9.8-20261110.1.x86_64.qcow2",
                "9.8",
                "x86_64",
            ),
            (
                "rocky",
                "Rocky-10-GenericCloud.latest.s390x.qcow2",
                "10",
                "s390x",
            ),
            (
                "centos",
                "CentOS-7-x86_64-GenericCloud-2211.qcow2",
                "7",
                "x86_64",
            ),
            (
                "centos",
                "CentOS-Stream-GenericCloud-9-20261110.0.x86_64.qcow2",
                "9",
                "x86_64",
            ),
            (
                "centos",
                "CentOS-Stream-GenericCloud-x86_64-10-20261110.0.x86_64.qcow2",
                "10",
                "x86_64",
            ),
            (
                "fedora",
                "Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
                "44",
                "aarch64",
            ),
            (
                "fedora",
                "Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2",
                "40",
                "x86_64",
            ),
            (
                "opensuse",
                "Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.12.qcow2",
                "16.0",
                "x86_64",
            ),
            (
                "opensuse",
                "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2",
                "15.6",
                "x86_64",
            ),
            (
                "opensuse",
                "openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2",
                "",
                "x86_64",
            ),
            (
                "flatcar",
                "flatcar_production_openstack_image.img.bz2",
                "",
                "",
            ),
            ("ubuntu", "amd64-arm64.img", "", ""),
        ] {
            let found = version(distribution, file).unwrap_or_default();
            assert_eq!(found, of, "{file}");
            assert_eq!(architecture(file).unwrap_or_default(), on, "{file}");
        }
    }

    #[test]
    fn versions_that_say_more_or_less_are_not_others() {
        for (distribution, said, wanted, other) in [
            ("ubuntu", "24.04", "24.04", false),
            ("ubuntu", "24.04.3", "24.04", false),
            ("ubuntu", "24", "24.04", false),
            ("ubuntu", "noble", "24.04", false),
            ("ubuntu", "someday", "24.04", false),
            ("ubuntu", "", "24.04", false),
            ("rocky", "9", "9.8", false),
            ("centos", "9-stream", "9", false),
            ("ubuntu", "22.04", "24.04", true),
            ("ubuntu", "24.10", "24.04", true),
            ("ubuntu", "Jammy", "24.04", true),
            ("debian", "bookworm", "13", true),
            ("rocky", "9.7", "9.8", true),
            ("centos", "9-stream", "10", true),
        ] {
            let found = contradicts(distribution, said, wanted);
            assert_eq!(found, other, "{distribution}: {said}, {wanted}");
        }
    }
}
