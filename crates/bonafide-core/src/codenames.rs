//! Versions and code names of Debian and Ubuntu, which name directories by one and files by the
//! other.

/// Distribution as `os_distro` has it, version, and code name. Debian's since version 9, Ubuntu's
/// versions with long-term support since 14.04.
pub const ALL: [(&str, &str, &str); 13] = [
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

/// The code name of a distribution's version, if it is listed.
///
/// ```
/// use bonafide_core::codenames;
///
/// assert_eq!(codenames::of("ubuntu", "24.04"), Some("noble"));
/// assert_eq!(codenames::of("fedora", "44"), None);
/// ```
#[must_use]
pub fn of(distribution: &str, version: &str) -> Option<&'static str> {
    let mut all = ALL.into_iter();
    let found = all.find(|(of, numbered, _)| *of == distribution && *numbered == version);
    found.map(|(_, _, codename)| codename)
}

/// The version that has this code name, if it is listed.
///
/// ```
/// use bonafide_core::codenames;
///
/// assert_eq!(codenames::version("debian", "trixie"), Some("13"));
/// ```
#[must_use]
pub fn version(distribution: &str, codename: &str) -> Option<&'static str> {
    let mut all = ALL.into_iter();
    let found = all.find(|(of, _, named)| *of == distribution && *named == codename);
    found.map(|(_, version, _)| version)
}
