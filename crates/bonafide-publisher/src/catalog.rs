//! The operator's catalog as data.

use std::collections::BTreeSet;
use std::path::Path;

mod entry;
mod error;
mod file;
mod place;
mod source;

pub use entry::ChannelConfig;
pub use error::{CatalogError, CatalogProblem};

use entry::Reading;
use file::File;
use place::Place;

/// The built-in catalog: the operator's table, and what other vendors sign.
/// The built-in one has some ten kilobytes.
const MAX_SIZE: u64 = 4 * 1024 * 1024;
const BUILTIN: &str = include_str!("../catalog.toml");

/// Which channels are published, and how: a TOML file, checked completely when it is read.
///
/// ```
/// use bonafide_publisher::Catalog;
///
/// let catalog = Catalog::parse(
///     r#"
/// [[channel]]
/// source.ubuntu = { version = "28.04", codename = "zesty" }
/// lifecycle = { replace_frequency = "weekly", uuid_validity = "last-5" }
/// "#,
/// )?;
/// assert_eq!(catalog.entries()[0].name(), "ubuntu-28.04");
///
/// let error = Catalog::parse("[[channel]]\nsource.ubuntu = { version = \"28.04\" }\n");
/// assert!(error.unwrap_err().to_string().contains("line 2"));
/// # Ok::<(), bonafide_publisher::CatalogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Catalog {
    entries: Vec<ChannelConfig>,
}

impl Catalog {
    /// The built-in catalog: the images of the operator's table.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    #[must_use]
    pub fn builtin() -> Self {
        match Self::parse(BUILTIN) {
            Ok(catalog) => catalog,
            Err(error) => unreachable!("{error}"),
        }
    }

    /// The text of the built-in catalog, to start one of your own from.
    ///
    /// Its comments explain the most important keys.
    #[must_use]
    pub const fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// Reads a catalog's file. Paths in it start at its directory.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] with the line and column of every mistake.
    pub fn load(path: &Path) -> Result<Self, CatalogError> {
        let failed = |source| CatalogError::Io {
            path: path.to_owned(),
            source,
        };
        let text = bonafide_files::read_text(path, MAX_SIZE).map_err(|error| match error {
            bonafide_files::Error::Io { source, .. } => failed(source),
            other => CatalogError::File(other),
        })?;
        let place = Place::of(path).map_err(failed)?;
        Self::read(&text, &place).map_err(|error| match error {
            CatalogError::Invalid { problems, .. } => CatalogError::Invalid {
                path: Some(path.to_owned()),
                problems,
            },
            other => other,
        })
    }

    /// Reads a catalog from its text. Paths in it start at the current directory.
    ///
    /// # Errors
    ///
    /// As [`Catalog::load`].
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::read(text, &Place::default())
    }

    fn read(text: &str, place: &Place) -> Result<Self, CatalogError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let problem = CatalogProblem::at(text, at, error.message());
            CatalogError::Invalid {
                path: None,
                problems: vec![problem],
            }
        })?;
        let mut reading = Reading {
            text,
            file: &file,
            place,
            problems: Vec::new(),
        };
        let mut entries: Vec<ChannelConfig> = Vec::new();
        let (mut names, mut titles) = (BTreeSet::new(), BTreeSet::new());
        // A run may use those, whatever the file says.
        let mut scs_titles = BTreeSet::new();
        for channel in &file.channels {
            let Some(entry) = reading.entry(channel) else {
                continue;
            };
            if !names.insert(entry.name().to_owned()) {
                let reason = format!("there are two channels `{}`", entry.name());
                let at = channel.source.span().start;
                reading.problems.push(CatalogProblem::at(text, at, reason));
            } else {
                let scs = entry.clone().with_profile(crate::Profile::Scs).title();
                let title = entry.title();
                let (is_new, is_new_scs) =
                    (titles.insert(title.clone()), scs_titles.insert(scs.clone()));
                if !is_new || !is_new_scs {
                    let title = if is_new { scs } else { title };
                    let reason = format!(
                        "two channels would name their images `{title}`: give this one a `naming`"
                    );
                    let at = channel.source.span().start;
                    reading.problems.push(CatalogProblem::at(text, at, reason));
                }
            }
            entries.push(entry);
        }
        let used = |name: &str| entries.iter().any(|entry| entry.product().keyring == name);
        for name in file.trust.keys().filter(|name| !used(name.get_ref())) {
            let reason = format!("no channel is signed by the keys of `{}`", name.get_ref());
            let at = name.span().start;
            reading.problems.push(CatalogProblem::at(text, at, reason));
        }
        if file.channels.is_empty() {
            let reason = "there is no [[channel]]: nothing would be published";
            reading.problems.push(CatalogProblem::at(text, 0, reason));
        }
        let mut problems = reading.problems;
        if problems.is_empty() {
            return Ok(Self { entries });
        }
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        Err(CatalogError::Invalid {
            path: None,
            problems,
        })
    }

    /// The channels, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[ChannelConfig] {
        &self.entries
    }

    /// The channel of this name.
    ///
    /// `None` if the catalog has no such channel.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&ChannelConfig> {
        self.entries.iter().find(|entry| entry.name() == name)
    }
}

/// The JSON schema of a catalog's file, for editors that know TOML.
#[cfg(feature = "schema")]
#[must_use]
pub fn catalog_schema() -> serde_json::Value {
    schemars::schema_for!(File).into()
}

#[cfg(test)]
mod tests;
