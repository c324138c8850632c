//! Directories in which the builds of a system lie side by side, under one list.

use super::sums::Listed;
use super::version::numbers;
use crate::site::content::Content;
use crate::site::place::Place;
use crate::site::publication::Publication;

/// Such a directory. What is in the list follows from the images that are there.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) directory: Place,
    /// The images that are really there.
    pub(crate) image: Kind,
    /// What the vendor builds beside them; these are names in the list only.
    pub(crate) siblings: Vec<Kind>,
    /// What the newest is called instead of by its version.
    pub(crate) newest: &'static str,
    /// Which versions may be called the newest.
    pub(crate) counts: fn(&[u64]) -> bool,
}

/// Names like `AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2`.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    stem: String,
    suffix: &'static str,
}

impl Kind {
    pub(crate) fn new(stem: impl Into<String>, suffix: &'static str) -> Self {
        Self {
            stem: stem.into(),
            suffix,
        }
    }

    /// The name of the file of this version.
    pub(crate) fn of(&self, version: &str) -> String {
        self.called(&format!("-{version}"))
    }

    /// The name with this in place of the version and the dash before it.
    pub(crate) fn called(&self, version: &str) -> String {
        format!("{}{version}{}", self.stem, self.suffix)
    }

    /// The version in the name of such a file.
    fn version<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.stem)?
            .strip_prefix('-')?
            .strip_suffix(self.suffix)
            .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
    }
}

impl Directory {
    /// Puts the publication's image under this version, points the newest's name to the newest, and
    /// gives the lines of the list, in the order of the names.
    pub(crate) fn put(&self, publication: &mut Publication<'_>, version: &str) -> Vec<Listed> {
        let name = self.image.of(version);
        publication.put(self.directory.join(&name), publication.image());
        let mut images = self.images(publication);
        images.sort_by_key(|(version, _)| numbers(version));
        let mut listed = Vec::new();
        for (version, content) in &images {
            listed.push(Listed::new(&self.image.of(version), content));
            listed.extend(
                self.siblings
                    .iter()
                    .map(|kind| Listed::made_up(&kind.of(version))),
            );
        }
        let newest = images
            .iter()
            .rfind(|(version, _)| (self.counts)(&numbers(version)));
        if let Some((version, content)) = newest {
            let (name, image) = (self.image.called(self.newest), self.image.of(version));
            listed.push(Listed::new(&name, content));
            publication.link(self.directory.join(&name), self.directory.join(&image));
            for kind in &self.siblings {
                let sibling = Listed::made_up(&kind.of(version));
                listed.push(sibling.also_as(&kind.called(self.newest)));
            }
        }
        listed.sort_by(|one, other| one.name().cmp(other.name()));
        listed
    }

    /// The images that are there with their versions.
    fn images(&self, publication: &Publication<'_>) -> Vec<(String, Content)> {
        let files = publication.files(&self.directory).into_iter();
        files
            .filter_map(|(name, content)| Some((self.image.version(&name)?.to_owned(), content)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kinds_names_are_told_from_its_neighbours() {
        let kind = Kind::new("AlmaLinux-9-GenericCloud", ".x86_64.qcow2");
        let name = kind.of("9.8-20260526");
        assert_eq!(name, "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2");
        assert_eq!(kind.version(&name), Some("9.8-20260526"));
        for other in [
            "AlmaLinux-9-GenericCloud-ext4-9.8-20260526.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2",
            "AlmaLinux-9-GenericCloud-9.8-20260526.x86_64.qcow2.xz",
            "CHECKSUM",
        ] {
            assert_eq!(kind.version(other), None, "{other}");
        }
    }
}
