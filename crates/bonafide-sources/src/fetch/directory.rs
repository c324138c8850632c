//! A directory instead of the vendors' sites.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use url::Url;

use super::{Download, Fetch};
use crate::FetchError;

const CHUNK: usize = 256 * 1024;

/// Reads `https://HOST/PATH` from the file `ROOT/HOST/PATH`: a mirror on disk, for machines without
/// a network and for tests.
///
/// For a URL that ends with `/` it returns a page with links to the directory's entries. No URL
/// leads out of the root; symbolic links inside are followed, since the root's owner made them.
#[derive(Clone, Debug)]
pub struct DirectoryFetch {
    root: PathBuf,
}

impl DirectoryFetch {
    /// Serves from `root`, which has one directory for each host.
    ///
    /// The root need not exist yet; a missing file is
    /// [`FetchError::NotFound`](crate::FetchError::NotFound).
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, url: &Url) -> Option<PathBuf> {
        let mut path = self.root.join(plain(url.host_str()?)?);
        for segment in url.path_segments()?.filter(|segment| !segment.is_empty()) {
            path.push(plain(segment)?);
        }
        Some(path)
    }
}

/// A name that is safe in every file system: no escapes, no parent directories.
fn plain(segment: &str) -> Option<&str> {
    let odd = |c: char| matches!(c, '%' | '/' | '\\' | '\0') || cfg!(windows) && c == ':';
    (segment != "." && segment != ".." && !segment.contains(odd)).then_some(segment)
}

#[async_trait]
impl Fetch for DirectoryFetch {
    async fn open(&self, url: &Url) -> Result<Download, FetchError> {
        let Some(path) = self.path(url) else {
            return Err(FetchError::UnsafePath { url: url.clone() });
        };
        if url.path().ends_with('/') {
            let page = index(&path).await;
            let page = Bytes::from(page.map_err(|error| failure(url, &path, error))?);
            let length = page.len() as u64;
            return Ok(Download::new(
                url.clone(),
                Some(length),
                stream::iter([Ok(page)]),
            ));
        }
        open_file(url, path).await
    }
}

/// Opens the file of a URL.
pub(super) async fn open_file(url: &Url, path: PathBuf) -> Result<Download, FetchError> {
    let failed = |source: io::Error| failure(url, &path, source);
    let metadata = tokio::fs::metadata(&path).await.map_err(failed)?;
    if !metadata.is_file() {
        return Err(FetchError::NotAFile {
            url: url.clone(),
            path: path.into(),
        });
    }
    let file = File::open(&path).await.map_err(failed)?;
    let length = metadata.len();
    let state = (file, url.clone(), path);
    let body = stream::try_unfold(state, |(mut file, url, path)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match file.read_buf(&mut chunk).await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some((chunk.freeze(), (file, url, path)))),
            Err(source) => {
                let path = path.into();
                Err(FetchError::Io { url, path, source })
            }
        }
    });
    Ok(Download::new(url.clone(), Some(length), body))
}

fn failure(url: &Url, path: &Path, source: io::Error) -> FetchError {
    match source.kind() {
        io::ErrorKind::NotFound => FetchError::NotFound { url: url.clone() },
        _ => FetchError::Io {
            url: url.clone(),
            path: path.into(),
            source,
        },
    }
}

async fn index(directory: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    let mut entries = tokio::fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        let slash = if entry.path().is_dir() { "/" } else { "" };
        names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    let mut page = String::from("<html><body><pre>\n");
    for name in names {
        let escaped = name
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        let _ = writeln!(page, "<a href=\"{escaped}\">{escaped}</a>");
    }
    page.push_str("</pre></body></html>\n");
    Ok(page)
}
