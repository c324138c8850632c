//! The hosts that the vendors publish on.

pub(crate) const ALMALINUX: &str = "repo.almalinux.org";
pub(crate) const CENTOS: &str = "cloud.centos.org";
pub(crate) const DEBIAN_CD: &str = "cdimage.debian.org";
pub(crate) const DEBIAN_CLOUD: &str = "cloud.debian.org";
pub(crate) const FEDORA: &str = "dl.fedoraproject.org";
pub(crate) const FEDORA_ARCHIVE: &str = "archives.fedoraproject.org";
/// It has nothing itself.
pub(crate) const FEDORA_REDIRECTOR: &str = "download.fedoraproject.org";
pub(crate) const FLATCAR: &str = "stable.release.flatcar-linux.net";
pub(crate) const OPENSUSE: &str = "download.opensuse.org";
pub(crate) const OPENSUSE_STABLE: &str = "downloadcontent.opensuse.org";
pub(crate) const OPERATOR: &str = "images.operator.test";
pub(crate) const ROCKY: &str = "dl.rockylinux.org";
pub(crate) const UBUNTU: &str = "cloud-images.ubuntu.com";

/// What every site serves.
pub(crate) const ALL: [&str; 13] = [
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
