//! Projects by image.

use std::collections::BTreeMap;

use super::gap::UsageSource;
use serde::Serialize;
use uuid::Uuid;

/// Who uses images: projects by image, with the numbers of their uses.
///
/// ```
/// use bonafide_glance::Uses;
/// use uuid::Uuid;
///
/// let image = Uuid::nil();
/// assert!(!Uses::new().is_used(image));
/// assert_eq!(Uses::new().projects(image).count(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Uses(BTreeMap<Uuid, BTreeMap<String, UseCounts>>);

/// The uses of an image by a project.
///
/// Servers, volumes and snapshots are counted separately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct UseCounts {
    /// Servers that were made of it, including soft-deleted ones that could be restored.
    pub servers: u64,
    /// Volumes that were made of it.
    pub volumes: u64,
    /// Snapshots of such volumes.
    pub volume_snapshots: u64,
    /// Images that were made of such servers.
    pub server_snapshots: u64,
}

impl Uses {
    /// No uses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one use of an image by a project.
    pub fn add(&mut self, image: Uuid, project: &str, what: UsageSource) {
        let projects = self.0.entry(image).or_default();
        match projects.get_mut(project) {
            Some(counts) => counts.count(what),
            None => {
                let counts = projects.entry(project.to_owned()).or_default();
                counts.count(what);
            }
        }
    }

    /// The ids of the projects that use an image, in alphabetical order.
    pub fn projects(&self, image: Uuid) -> impl Iterator<Item = &str> {
        let projects = self.0.get(&image).into_iter();
        projects.flat_map(|projects| projects.keys().map(String::as_str))
    }

    /// The images that are used, in order of their ids.
    pub fn images(&self) -> impl Iterator<Item = Uuid> {
        self.0.keys().copied()
    }

    /// Whether any project uses an image.
    #[must_use]
    pub fn is_used(&self, image: Uuid) -> bool {
        self.0.contains_key(&image)
    }

    /// The uses of an image by a project; zero of everything if it does not use it.
    #[must_use]
    pub fn counts(&self, image: Uuid, project: &str) -> UseCounts {
        let counts = self.0.get(&image).and_then(|found| found.get(project));
        counts.copied().unwrap_or_default()
    }

    /// Adds other findings.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (image, projects) in other.0 {
            let known = self.0.entry(image).or_default();
            for (project, counts) in projects {
                known.entry(project).or_default().absorb(counts);
            }
        }
    }
}

impl UseCounts {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        let snapshots = self.volume_snapshots.saturating_add(self.server_snapshots);
        let others = self.servers.saturating_add(self.volumes);
        others.saturating_add(snapshots)
    }

    fn count(&mut self, what: UsageSource) {
        let count = match what {
            UsageSource::ServerSnapshots => &mut self.server_snapshots,
            UsageSource::Servers => &mut self.servers,
            UsageSource::VolumeSnapshots => &mut self.volume_snapshots,
            UsageSource::Volumes => &mut self.volumes,
        };
        *count = count.saturating_add(1);
    }

    fn absorb(&mut self, other: Self) {
        self.servers = self.servers.saturating_add(other.servers);
        self.volumes = self.volumes.saturating_add(other.volumes);
        self.volume_snapshots = self.volume_snapshots.saturating_add(other.volume_snapshots);
        self.server_snapshots = self.server_snapshots.saturating_add(other.server_snapshots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_counted_by_image_and_project() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut uses = Uses::new();
        for what in UsageSource::ALL {
            uses.add(one, "b", what);
        }
        uses.add(one, "b", UsageSource::Servers);
        let mut others = Uses::new();
        others.add(one, "b", UsageSource::Servers);
        others.add(one, "a", UsageSource::Volumes);
        uses.absorb(others);
        assert_eq!(uses.projects(one).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(uses.images().collect::<Vec<_>>(), [one]);
        assert_eq!(uses.counts(one, "b").servers, 3);
        assert_eq!(uses.counts(one, "b").total(), 6);
        assert_eq!(uses.counts(one, "a").volumes, 1);
        assert_eq!(uses.counts(one, "c"), UseCounts::default());
        assert!(uses.is_used(one));
        assert!(!uses.is_used(two));
        assert_eq!(uses.projects(two).count(), 0);
    }
}
