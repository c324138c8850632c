//! What the examples share.

#![expect(
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::print_stderr,
    reason = "a part of programs, which talk to people"
)]

pub mod named;
pub mod outcome;
pub mod proof;
pub mod rehearsal;
pub mod show;
pub mod signals;
pub mod table;

mod row;

use std::path::PathBuf;
use std::sync::Arc;

use bonafide::publisher::{Catalog, ChannelConfig, NoEvents, Profile};
use bonafide::{CloudConfig, DirectoryFetch, Fetch, HttpFetch, LocalFiles, Publisher, Session};
use clap::Args;
use jiff::Timestamp;

use crate::rehearsal::Rehearsal;

/// What ends a program.
pub type AnyError = Box<dyn std::error::Error>;

/// Which channels, and where their vendors are.
#[derive(Debug, Default, Args)]
pub struct Selection {
    /// The catalog of channels; a built-in one by default
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Only this channel, for example ubuntu-24.04; may be given again
    #[arg(long, value_name = "CHANNEL")]
    pub only: Vec<String>,
    /// Name and date images as the SCS standards do, whatever the catalog says
    #[arg(long)]
    pub scs: bool,
    /// Read the vendors' files from DIR/HOST/PATH instead of the network
    #[arg(long, value_name = "DIR")]
    pub from_directory: Option<PathBuf>,
}

impl Selection {
    /// The selected channels of the catalog.
    pub fn entries(&self, catalog: &Catalog) -> Result<Vec<ChannelConfig>, AnyError> {
        let mut entries = Vec::new();
        for name in &self.only {
            entries.push(find(catalog, name)?.clone());
        }
        if self.only.is_empty() {
            entries = catalog.entries().to_vec();
        }
        let scs = self.scs;
        let profiled = entries.into_iter().map(|entry| match scs {
            true => entry.with_profile(Profile::Scs),
            false => entry,
        });
        Ok(profiled.collect())
    }

    /// The catalog, read.
    pub fn catalog(&self) -> Result<Catalog, AnyError> {
        Ok(match &self.catalog {
            Some(path) => Catalog::load(path)?,
            None => Catalog::builtin(),
        })
    }

    /// The vendors on the network, or on disk.
    pub fn fetch(&self) -> Result<Arc<dyn Fetch>, AnyError> {
        let vendors: Arc<dyn Fetch> = match &self.from_directory {
            Some(directory) if !directory.is_dir() => {
                return Err(format!("there is no directory `{}`", directory.display()).into());
            }
            Some(directory) => Arc::new(DirectoryFetch::new(directory)),
            None => Arc::new(HttpFetch::new()?),
        };
        Ok(Arc::new(LocalFiles::and(vendors)))
    }
}

/// The channel of this name.
pub fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a ChannelConfig, AnyError> {
    catalog.entry(name).ok_or_else(|| {
        let known: Vec<_> = catalog.entries().iter().map(ChannelConfig::name).collect();
        format!(
            "there is no channel `{name}`; there are {}",
            known.join(", ")
        )
        .into()
    })
}

/// Where images come from and, in a rehearsal, where they go to.
pub struct World {
    /// The vendors.
    pub fetch: Arc<dyn Fetch>,
    /// The selected channels.
    pub entries: Vec<ChannelConfig>,
    /// Keeps the embedded servers running.
    pub rehearsal: Option<Rehearsal>,
}

impl World {
    /// The real vendors.
    pub fn real(selection: &Selection) -> Result<Self, AnyError> {
        Ok(Self {
            fetch: selection.fetch()?,
            entries: selection.entries(&selection.catalog()?)?,
            rehearsal: None,
        })
    }

    /// Vendor site and cloud inside this process, signed by throw-away keys.
    pub async fn rehearsed(selection: &Selection) -> Result<Self, AnyError> {
        eprintln!("rehearsal: an embedded vendor site and cloud; nothing leaves this machine");
        let mut rehearsal = Rehearsal::start(now()).await?;
        let catalog = match &selection.catalog {
            Some(path) => Catalog::load(path)?,
            None => rehearsal.catalog()?,
        };
        let entries = selection.entries(&catalog)?;
        Ok(Self {
            entries: rehearsal.publish(entries)?,
            fetch: Arc::new(LocalFiles::and(Arc::new(rehearsal.fetch()?))),
            rehearsal: Some(rehearsal),
        })
    }

    /// The steps of the rehearsal's operator before the customer's.
    pub async fn publish_all(&self) -> Result<(), AnyError> {
        let publisher = Publisher::new(self.fetch.clone(), self.session(None, "admin")?, now);
        for entry in &self.entries {
            let channel = entry.channel(self.fetch.as_ref()).await?;
            match publisher.publish_newest(&channel, &NoEvents).await {
                Err(error) if !error.is_expected() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// A session with this cloud of `clouds.yaml`, `NAME` or `NAME@REGION`, or with the
    /// rehearsal's.
    pub fn session(&self, cloud: Option<&str>, user: &str) -> Result<Session, AnyError> {
        let config = match (&self.rehearsal, cloud) {
            (Some(rehearsal), _) => rehearsal.cloud(user)?,
            (None, None | Some("")) => CloudConfig::load(None)?,
            (None, Some(name)) => match (CloudConfig::load(Some(name)), name.rsplit_once('@')) {
                // The name of a cloud may contain an @ too.
                (Err(_), Some((name, region))) => {
                    CloudConfig::load(Some(name))?.with_region(region)?
                }
                (config, _) => config?,
            },
        };
        Ok(Session::new(config, now)?)
    }
}

/// An error and all its causes, in one line.
pub fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

/// What the clock of this machine shows.
#[expect(
    clippy::disallowed_methods,
    reason = "a program starts here: this is its clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
