//! The servers, and the cells in which they live.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use crate::cloud::control::timeline::Timeline;

/// The cell of every server that isn't put elsewhere.
pub(crate) const CELL: &str = "cell1";

/// The cell of servers that never got a host: it has none.
const CELL_WITHOUT_HOSTS: &str = "cell0";

/// What a server runs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Image(Uuid),
    /// A volume; Nova doesn't say what image that was made from.
    Volume(Uuid),
}

/// Where a server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Active,
    Failed,
    Shelved,
    /// Deleted, but to be restored for a while.
    SoftDeleted,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// The number in its name.
    pub(crate) number: usize,
    pub(crate) project: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) cell: Arc<str>,
    pub(crate) phase: Phase,
    pub(crate) updated_at: Timestamp,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) servers: Timeline<Server>,
    /// Whether each cell is up.
    cells: BTreeMap<Arc<str>, bool>,
    /// How many servers there have been.
    booted: usize,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            servers: Timeline::default(),
            cells: BTreeMap::from([(Arc::from(CELL), true)]),
            booted: 0,
        }
    }
}

impl Fleet {
    pub(crate) fn boot(
        &mut self,
        cell: &str,
        project: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Uuid {
        self.booted += 1;
        let server = Server {
            number: self.booted,
            project: Arc::from(project),
            origin,
            cell: self.cell(cell),
            phase: Phase::Active,
            updated_at: now,
        };
        self.servers.add(now, server)
    }

    pub(crate) fn server(&self, id: Uuid) -> Option<&Server> {
        self.servers.find(id)
    }

    pub(crate) fn set_phase(&mut self, id: Uuid, phase: Phase, now: Timestamp) {
        if let Some(server) = self.servers.find_mut(id) {
            server.phase = phase;
            server.updated_at = now;
        }
    }

    pub(crate) fn delete(&mut self, id: Uuid) -> Option<Server> {
        self.servers.remove(id)
    }

    pub(crate) fn set_up(&mut self, cell: &str, is_up: bool) {
        let cell = self.cell(cell);
        self.cells.insert(cell, is_up);
    }

    pub(crate) fn is_up(&self, cell: &str) -> bool {
        self.cells.get(cell).copied().unwrap_or(true)
    }

    /// The cells that have hosts, and whether each is up.
    pub(crate) fn cells_with_hosts(&self) -> impl Iterator<Item = (&str, bool)> {
        let cells = self.cells.iter();
        let cells = cells.filter(|(name, _)| &***name != CELL_WITHOUT_HOSTS);
        cells.map(|(name, is_up)| (name.as_ref(), *is_up))
    }

    /// The cell with this name; it is made when there is none.
    fn cell(&mut self, name: &str) -> Arc<str> {
        if let Some((name, _)) = self.cells.get_key_value(name) {
            return Arc::clone(name);
        }
        let name: Arc<str> = Arc::from(name);
        self.cells.insert(Arc::clone(&name), true);
        name
    }
}

/// The compute service: its servers and cells.
#[derive(Debug, Default)]
pub(crate) struct Compute(Mutex<Fleet>);

impl Compute {
    pub(crate) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
