//! Builds in the layout of `download.opensuse.org`.

use jiff::Timestamp;

use super::hosts::{OPENSUSE, OPENSUSE_STABLE};
use super::sums::{self, Algorithm, Listed};
use super::version;
use crate::keys::SignatureOptions;
use crate::site::build::{Build, Layout};
use crate::site::content::Content;
use crate::site::place::Place;
use crate::site::publication::Publication;
use crate::site::{PublishedBuild, SiteError};

/// A build of openSUSE.
pub type OpenSuseBuild = Build<OpenSuse>;

/// openSUSE's layout.
#[derive(Clone, Debug)]
pub struct OpenSuse {
    system: System,
    build: String,
    algorithm: Algorithm,
}

/// Which of the vendor's systems.
#[derive(Clone, Debug)]
enum System {
    Leap(String),
    MicroOs,
    Tumbleweed,
}

impl OpenSuseBuild {
    /// A build of Leap, like `16.0` and `18.7`, beside all others in
    /// `/distribution/leap/16.0/appliances/`. Each image has a list of its own, `.sha256`, which
    /// always calls it by its build, and a version 3 signature of that, `.sha256.asc`.
    /// `downloadcontent.opensuse.org` has the same.
    pub fn leap(release: &str, build: &str) -> Self {
        Self::made(System::Leap(release.to_owned()), build)
    }

    /// A snapshot of Tumbleweed, like `20261005`, in `/tumbleweed/appliances/`.
    pub fn tumbleweed(snapshot: &str) -> Self {
        Self::made(System::Tumbleweed, snapshot)
    }

    /// A snapshot of MicroOS, like `20261005`, in `/tumbleweed/appliances/`.
    pub fn micro_os(snapshot: &str) -> Self {
        Self::made(System::MicroOs, snapshot)
    }

    fn made(system: System, build: &str) -> Self {
        Self::of(OpenSuse {
            system,
            build: build.to_owned(),
            algorithm: Algorithm::Sha256,
        })
    }

    /// Make the lists `.sha512`, as Leap 16.1 has them.
    pub const fn sha512(mut self) -> Self {
        self.layout.algorithm = Algorithm::Sha512;
        self
    }
}

impl OpenSuse {
    fn path(&self) -> String {
        match &self.system {
            System::Leap(release) => format!("/distribution/leap/{release}/appliances"),
            System::MicroOs | System::Tumbleweed => "/tumbleweed/appliances".to_owned(),
        }
    }

    /// What a flavour's names begin with, and what follows in those that tell the build.
    fn names(&self, flavour: &str) -> (String, String) {
        let build = &self.build;
        match &self.system {
            System::Leap(release) if release.starts_with("15.") => (
                format!("openSUSE-Leap-{release}-Minimal-VM.x86_64-"),
                format!("{release}.0-{flavour}-Build{build}"),
            ),
            System::Leap(release) => (
                format!("Leap-{release}-Minimal-VM.x86_64-"),
                format!("{flavour}-Build{build}"),
            ),
            System::MicroOs => (
                "openSUSE-MicroOS.x86_64-".to_owned(),
                format!("16.0.0-{flavour}-Snapshot{build}"),
            ),
            System::Tumbleweed => (
                "openSUSE-Tumbleweed-Minimal-VM.x86_64-".to_owned(),
                format!("1.0.0-{flavour}-Snapshot{build}"),
            ),
        }
    }

    fn cloud(&self) -> &'static str {
        match self.system {
            System::MicroOs => "OpenStack-Cloud",
            System::Leap(_) | System::Tumbleweed => "Cloud",
        }
    }
}

impl Layout for OpenSuse {
    fn name(&self) -> String {
        let build = &self.build;
        match &self.system {
            System::Leap(release) => format!("openSUSE Leap {release} Build{build}"),
            System::MicroOs => format!("openSUSE MicroOS {build}"),
            System::Tumbleweed => format!("openSUSE Tumbleweed {build}"),
        }
    }

    fn made_at(&self) -> Option<Timestamp> {
        version::evening(&self.build)
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).version_3()
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        match &self.system {
            System::Leap(release) => {
                version::expect_like(release, &["16.0"])?;
                version::expect_like(&self.build, &["18.7", "18"])?;
            }
            System::MicroOs | System::Tumbleweed => {
                version::expect_like(&self.build, &["20261005"])?;
            }
        }
        let digest = match self.algorithm {
            Algorithm::Sha512 => "sha512",
            _ => "sha256",
        };
        let hosts = [OPENSUSE, OPENSUSE_STABLE].map(|host| Place::new(host, &self.path()));
        let directory = &hosts[0];
        let flavours: [(&str, &str, Content); 3] = [
            ("VMware", ".vmdk", "no disk of VMware's\n".into()),
            ("kvm-and-xen", ".qcow2", "no disk for KVM and Xen\n".into()),
            (self.cloud(), ".qcow2", publication.image()),
        ];
        for (flavour, suffix, content) in flavours {
            let (stem, build) = self.names(flavour);
            let name = format!("{stem}{build}{suffix}");
            let file = Listed::new(&name, &content);
            let list = publication.edited(sums::gnu(&[file], self.algorithm));
            for host in &hosts {
                let signature = host.join(&format!("{name}.{digest}.asc"));
                publication.put_armored(signature, list.as_bytes())?;
                publication.put(host.join(&format!("{name}.{digest}")), list.clone());
                publication.put(host.join(&name), content.clone());
            }
            let beside = [
                "".to_owned(),
                format!(".{digest}"),
                format!(".{digest}.asc"),
            ];
            call_newest(publication, directory, [&stem, flavour, suffix], &beside);
        }
        let (stem, build) = self.names(self.cloud());
        let image = format!("{stem}{build}.qcow2");
        let (list, signature) = (format!("{image}.{digest}"), format!("{image}.{digest}.asc"));
        Ok(publication.published(directory, &image, &list, &signature))
    }
}

/// Points the names without a build to the newest one's.
fn call_newest(
    publication: &mut Publication<'_>,
    directory: &Place,
    [stem, flavour, suffix]: [&str; 3],
    beside: &[String],
) {
    let files = publication.files(directory);
    let marks = [format!("{flavour}-Build"), format!("{flavour}-Snapshot")];
    let names = files.keys().filter_map(|name| {
        let rest = name.strip_prefix(stem)?.strip_suffix(suffix)?;
        let build = marks.iter().find_map(|mark| {
            let (before, build) = rest.split_once(mark.as_str())?;
            // Nothing, or a version with a dash.
            let versioned = before
                .chars()
                .all(|c| c.is_ascii_digit() || ".-".contains(c));
            versioned.then_some(build)
        })?;
        Some((version::numbers(build), name))
    });
    let Some((_, newest)) = names.max() else {
        return;
    };
    for beside in beside {
        let name = directory.join(&format!("{stem}{flavour}{suffix}{beside}"));
        publication.link(name, directory.join(&format!("{newest}{beside}")));
    }
}
