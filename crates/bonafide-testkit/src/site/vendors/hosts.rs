//! The hosts that the vendors publish on.

pub(super) const ALMALINUX: &str = "repo.almalinux.org";
pub(super) const CENTOS: &str = "cloud.centos.org";
pub(super) const DEBIAN_CD: &str = "cdimage.debian.org";
pub(super) const DEBIAN_CLOUD: &str = "cloud.debian.org";
pub(super) const FEDORA: &str = "dl.fedoraproject.org";
pub(super) const FEDORA_ARCHIVE: &str = "archives.fedoraproject.org";
/// It has nothing itself.
pub(super) const FEDORA_REDIRECTOR: &str = "download.fedoraproject.org";
pub(super) const FLATCAR: &str = "stable.release.flatcar-linux.net";
pub(super) const OPENSUSE: &str = "download.opensuse.org";
pub(super) const OPENSUSE_STABLE: &str = "downloadcontent.opensuse.org";
pub(super) const OPERATOR: &str = "images.operator.test";
pub(super) const ROCKY: &str = "dl.rockylinux.org";
pub(super) const UBUNTU: &str = "cloud-images.ubuntu.com";

/// What every site serves.
pub(super) const ALL: [&str; 13] = [
    ALMALINUX,
    CENTOS,
    DEBIAN_CD,
    DEBIAN_CLOUD,
    FEDORA,
    FEDORA_ARCHIVE,
    FEDORA_REDIRECTOR,
    FLATCAR,
    OPENSUSE,
    OPENSUSE_STABLE,
    OPERATOR,
    ROCKY,
    UBUNTU,
];
