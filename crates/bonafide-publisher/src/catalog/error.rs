//! The mistakes in a catalog, and where they are.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a catalog can't be used.
///
/// `Display` lists all mistakes, one on each line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The file is larger than any catalog, or is not text.
    #[error("the catalog can't be read")]
    File(#[source] bonafide_files::Error),
    /// The file has mistakes; all of them are reported.
    #[error("the catalog{} can't be used:{}", named(path.as_deref()), list(problems))]
    Invalid {
        /// The file, if it came from one.
        path: Option<PathBuf>,
        /// The problems, in the order of the file.
        problems: Vec<CatalogProblem>,
    },
    /// The file can't be read.
    #[error("the catalog `{}` can't be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// One mistake.
///
/// `Display` prints it as `line 3, column 24: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogProblem {
    /// The line, starting at 1.
    pub line: usize,
    /// The column, starting at 1, in characters.
    pub column: usize,
    /// What is wrong, and what would be correct.
    pub reason: String,
}

impl CatalogProblem {
    /// At this byte of the text.
    pub(super) fn at(text: &str, byte: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for CatalogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.reason
        )
    }
}

fn named(path: Option<&Path>) -> String {
    path.map(|path| format!(" `{}`", path.display()))
        .unwrap_or_default()
}

fn list(problems: &[CatalogProblem]) -> String {
    let lines = problems.iter().map(|problem| format!("\n  {problem}"));
    lines.collect()
}
