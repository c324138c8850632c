//! Builds in the layout of `download.opensuse.org`.

use jiff::Timestamp;

use super::build::{Build, Layout};
use super::content::Content;
use super::hosts::{OPENSUSE, OPENSUSE_STABLE};
use super::place::Place;
use super::publication::Publication;
use super::sums::{self, Algorithm, Listed};
use super::{PublishedBuild, SiteError, version};
use crate::keys::SignatureOptions;

/// A build of openSUSE.
pub type OpenSuseBuild = Build<OpenSuse>;

/// openSUSE's layout.
#[derive(Clone, Debug)]
pub struct OpenSuse {
    release: String,
    build: String,
}

/// What a file has beside itself.
const BESIDE: [&str; 3] = ["", ".sha256", ".sha256.asc"];

impl OpenSuseBuild {
    /// A build of Leap, like `16.0` and `18.7`, beside all others in
    /// `/distribution/leap/16.0/appliances/`. Each image has a list of its own, `.sha256`, which
    /// always calls it by its build, and a version 3 signature of that, `.sha256.asc`.
    pub fn leap(release: &str, build: &str) -> Self {
        Self::of(OpenSuse {
            release: release.to_owned(),
            build: build.to_owned(),
        })
    }
}

impl Layout for OpenSuse {
    fn name(&self) -> String {
        format!("openSUSE Leap {} Build{}", self.release, self.build)
    }

    fn made_at(&self) -> Option<Timestamp> {
        None
    }

    fn signature(&self, at: Timestamp) -> SignatureOptions {
        SignatureOptions::at(at).version_3()
    }

    fn lay_out(&self, publication: &mut Publication<'_>) -> Result<PublishedBuild, SiteError> {
        version::expect_like(&self.release, &["16.0"])?;
        version::expect_like(&self.build, &["18.7", "18"])?;
        let path = format!("/distribution/leap/{}/appliances", self.release);
        let directory = Place::new(OPENSUSE, &path);
        let flavours: [(&str, &str, Content); 3] = [
            ("VMware", ".vmdk", "no disk of VMware's\n".into()),
            ("kvm-and-xen", ".qcow2", "no disk for KVM and Xen\n".into()),
            ("Cloud", ".qcow2", publication.image()),
        ];
        for (flavour, suffix, content) in flavours {
            let stem = format!("Leap-{}-Minimal-VM.x86_64-{flavour}", self.release);
            let name = format!("{stem}-Build{}{suffix}", self.build);
            let file = Listed::new(&name, &content);
            let list = publication.edited(sums::gnu(&[file], Algorithm::Sha256));
            let signature = directory.join(&format!("{name}.sha256.asc"));
            publication.put_armored(signature, list.as_bytes())?;
            let stable = Place::new(OPENSUSE_STABLE, &path);
            let signature = stable.join(&format!("{name}.sha256.asc"));
            publication.put_armored(signature, list.as_bytes())?;
            publication.put(stable.join(&format!("{name}.sha256")), list.clone());
            publication.put(directory.join(&format!("{name}.sha256")), list);
            publication.put(directory.join(&name), content.clone());
            // The host that redirects nothing has the same.
            publication.put(Place::new(OPENSUSE_STABLE, &path).join(&name), content);
            call_newest(publication, &directory, &stem, suffix);
        }
        let image = format!(
            "Leap-{}-Minimal-VM.x86_64-Cloud-Build{}.qcow2",
            self.release, self.build
        );
        let (list, signature) = (format!("{image}.sha256"), format!("{image}.sha256.asc"));
        Ok(publication.published(&directory, &image, &list, &signature))
    }
}

/// Points the names without a build to the newest one's.
fn call_newest(publication: &mut Publication<'_>, directory: &Place, stem: &str, suffix: &str) {
    let files = publication.files(directory);
    let names = files.keys().filter_map(|name| {
        let build = name.strip_prefix(stem)?.strip_prefix("-Build")?;
        Some((version::numbers(build.strip_suffix(suffix)?), name))
    });
    let Some((_, newest)) = names.max() else {
        return;
    };
    for beside in BESIDE {
        let name = directory.join(&format!("{stem}{suffix}{beside}"));
        publication.link(name, directory.join(&format!("{newest}{beside}")));
    }
}
