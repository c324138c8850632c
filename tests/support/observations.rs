//! What a test sees of a run: its events, its errors and its memory.

use std::sync::Mutex;

use bonafide::{Event, EventSink};

/// Keeps the names of the events, in order.
#[derive(Debug, Default)]
pub struct Events(Mutex<Vec<&'static str>>);

impl Events {
    /// The events so far; repeated progress is there once.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.lock().unwrap().clone();
        names.dedup();
        names
    }
}

impl EventSink for Events {
    fn emit(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::Compared { .. } => "compared",
            Event::Created { .. } => "created",
            Event::Found { .. } => "found",
            Event::ListChanged { .. } => "moved",
            Event::Progress { .. } => "progress",
            Event::Verified { .. } => "proven",
            Event::IdTaken { .. } => "id taken",
            Event::Published { .. } => "published",
            Event::Removed { .. } => "removed",
            Event::Rereading { .. } => "rereading",
            Event::Stale { .. } => "stale",
            Event::Uploaded { .. } => "uploaded",
            _ => "other",
        });
    }
}

/// An error with all its causes.
pub fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

/// The largest resident memory of this process so far, in bytes.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
