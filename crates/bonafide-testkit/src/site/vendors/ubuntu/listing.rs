//! Checksum lists with the names of the real ones.

use crate::site::content::Content;
use crate::site::vendors::sums::Algorithm;

/// What Ubuntu builds for each architecture. `{changes}` is two serials.
const KINDS: [&str; 10] = [
    "-lxd.tar.xz",
    "-root.manifest",
    "-root.tar.xz",
    ".daily.{changes}.image_changelog.json",
    ".img",
    ".manifest",
    ".release.{changes}.image_changelog.json",
    ".squashfs",
    ".squashfs.manifest",
    ".tar.gz",
];
const ARCHITECTURES: [&str; 6] = ["amd64", "arm64", "armhf", "ppc64el", "riscv64", "s390x"];
/// What only some architectures have.
const MORE: [(&str, &str); 6] = [
    ("amd64", "-azure.vhd.manifest"),
    ("amd64", "-azure.vhd.tar.gz"),
    ("amd64", ".ova"),
    ("amd64", ".vmdk"),
    ("arm64", "-azure.vhd.manifest"),
    ("arm64", "-azure.vhd.tar.gz"),
];

/// The names in a build's lists; `stem` is like `ubuntu-24.04-server-cloudimg`.
#[derive(Debug)]
pub(crate) struct Listing<'a> {
    pub(crate) stem: &'a str,
    pub(crate) serial: &'a str,
    pub(crate) previous: &'a str,
}

impl Listing<'_> {
    /// The real files with their digests, the others with made-up ones: GNU's form with a star, in
    /// the order of the digests, as the real lists are.
    pub(crate) fn list(&self, algorithm: Algorithm, real: &[(String, Content)]) -> String {
        let is_real = |name: &String| real.iter().any(|(other, _)| other == name);
        let names = self.names().into_iter().filter(|name| !is_real(name));
        let mut lines: Vec<String> = names
            .map(|name| format!("{} *{name}\n", algorithm.of(&self.made_up(&name))))
            .collect();
        lines.extend(
            real.iter()
                .map(|(name, content)| format!("{} *{name}\n", algorithm.of(content))),
        );
        lines.sort_unstable();
        lines.concat()
    }

    /// What digests are made of for a name that has no file.
    pub(crate) fn made_up(&self, name: &str) -> Content {
        // The two manifests are the same file, in the real lists too.
        let name = name.replace(".squashfs.manifest", "-root.manifest");
        format!("{} {name}", self.serial).into()
    }

    fn names(&self) -> Vec<String> {
        let changes = format!("{}.{}", self.previous, self.serial);
        let common = ARCHITECTURES
            .into_iter()
            .flat_map(|architecture| KINDS.map(|kind| (architecture, kind)));
        common
            .chain(MORE)
            .map(|(architecture, kind)| {
                format!(
                    "{}-{architecture}{}",
                    self.stem,
                    kind.replace("{changes}", &changes)
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_as_many_lines_as_the_real_one() {
        let listing = Listing {
            stem: "ubuntu-24.04-server-cloudimg",
            serial: "20260725",
            previous: "20260705",
        };
        let image = "ubuntu-24.04-server-cloudimg-amd64.img".to_owned();
        let list = listing.list(Algorithm::Sha256, &[(image, "an image".into())]);
        assert_eq!(list.lines().count(), 66);
        assert!(list.contains(
            " *ubuntu-24.04-server-cloudimg-amd64.release.20260705.20260725.image_changelog.json\n"
        ));
        assert_eq!(list.matches("-amd64.img\n").count(), 1);
    }
}
