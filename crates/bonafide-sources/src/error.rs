//! Errors on the way to a vendor.

use std::path::Path;
use std::time::Duration;

use url::Url;

/// Why a URL could not be fetched completely.
///
/// Every text has the URL, without user information and query. Transient failures are already
/// retried when [`HttpFetch`](crate::HttpFetch) returns one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The body ended before its announced end.
    #[error("{url} was cut short: {received} of {announced} bytes arrived; try again")]
    CutShort {
        /// The URL.
        url: Url,
        /// The announced length.
        announced: u64,
        /// The number of bytes received.
        received: u64,
    },
    /// The client could not be set up.
    #[error("the HTTP client can't be set up: {reason}")]
    Client {
        /// The cause, for example a certificate file.
        reason: String,
    },
    /// No connection, or no secure one.
    #[error("{url} can't be reached")]
    Connect {
        /// The URL.
        url: Url,
        /// The cause: name look-up, connection or TLS.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A redirect away from https: without TLS, an attacker could answer.
    #[error("{url} redirects to `{target}`, which is not https; refused")]
    InsecureRedirect {
        /// The requested URL.
        url: Url,
        /// Where the redirect points, without user information and query.
        target: String,
    },
    /// A URL that is not https.
    #[error("{url} is not https; give a URL that begins with https://")]
    InsecureUrl {
        /// The URL.
        url: Url,
    },
    /// A file of a directory could not be read.
    #[error("`{}` can't be read for {url}", path.display())]
    Io {
        /// The requested URL.
        url: Url,
        /// The file from which it is served.
        path: Box<Path>,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// More bytes than announced.
    #[error("{url} is longer than announced: {announced} bytes were announced, more came")]
    LongerThanAnnounced {
        /// The URL.
        url: Url,
        /// The announced length.
        announced: u64,
    },
    /// A directory, pipe or device where a file is needed: only a file has a size that is known
    /// before it is read.
    #[error("`{}` is a directory, pipe or device; give a file for {url}", path.display())]
    NotAFile {
        /// The requested URL.
        url: Url,
        /// The path.
        path: Box<Path>,
    },
    /// The server has no such file.
    #[error("{url} does not exist{}", whose(url))]
    NotFound {
        /// The requested URL.
        url: Url,
    },
    /// The last of several attempts.
    #[error("{} (tried {tries} times)", causes(error))]
    Repeated {
        /// The number of attempts.
        tries: u32,
        /// The error of the last attempt.
        error: Box<FetchError>,
    },
    /// Another host answered than the requested one, after a redirect, for example to a mirror.
    #[error(
        "{} (answered by {to}, where {} redirects to)",
        causes(error),
        host(asked)
    )]
    Redirected {
        /// The requested URL.
        asked: Box<Url>,
        /// The URL that answered, without user information and query.
        to: Box<Url>,
        /// The error of that host.
        error: Box<FetchError>,
    },
    /// The temporary directory can't store the file.
    #[error(
        "{url} can't be kept in `{}`; make room there, or set TMPDIR to a directory with more",
        directory.display()
    )]
    DownloadCache {
        /// The URL.
        url: Url,
        /// The temporary directory.
        directory: Box<Path>,
        /// The cause, and how many bytes were stored before.
        #[source]
        source: std::io::Error,
    },
    /// No byte was received for too long.
    #[error("{url} stalled: no byte for {} s; try again", idle.as_secs_f32())]
    Stalled {
        /// The URL.
        url: Url,
        /// The idle timeout.
        idle: Duration,
    },
    /// Any status other than 200.
    #[error("{url} answered with status {status}")]
    Status {
        /// The requested URL.
        url: Url,
        /// The HTTP status.
        status: u16,
        /// When the server wants the next request, if it says so.
        retry_after: Option<Duration>,
    },
    /// A small file that exceeds its limit.
    #[error("{url} is larger than the {limit} bytes that such a file may have")]
    TooLarge {
        /// The URL.
        url: Url,
        /// The limit in bytes.
        limit: u64,
    },
    /// A small file that does not end in time.
    #[error("{url} did not arrive whole within {} s; try again", deadline.as_secs())]
    TooSlow {
        /// The URL.
        url: Url,
        /// The limit in time.
        deadline: Duration,
    },
    /// The connection broke.
    #[error("{url} broke off")]
    Transport {
        /// The URL.
        url: Url,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A path that is not possible in a directory.
    #[error("{url} has a path that can't be that of a file; give one without escapes and `..`")]
    UnsafePath {
        /// The URL.
        url: Url,
    },
    /// A URL with a user name or a password, which reports would show.
    #[error(
        "the URL of {url} has a user name or password, which reports would show; give it without"
    )]
    UserInformation {
        /// The URL without it.
        url: Url,
    },
}

impl FetchError {
    /// The error itself, whichever host answered.
    ///
    /// [`FetchError::Repeated`] and [`FetchError::Redirected`] wrap another one.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Redirected { error, .. } | Self::Repeated { error, .. } => error.root(),
            other => other,
        }
    }

    /// Whether the server answered that the file does not exist.
    ///
    /// That is a status of 404, or a missing file on disk.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.root(), Self::NotFound { .. })
    }

    /// Whether the requested host redirected to another one, which did not return the file, or to
    /// one that is not allowed.
    #[must_use]
    pub fn is_by_redirect(&self) -> bool {
        match self {
            Self::InsecureRedirect { .. } | Self::Redirected { .. } => true,
            Self::Repeated { error, .. } => error.is_by_redirect(),
            _ => false,
        }
    }

    /// The same error, answered by this URL instead of the requested one.
    pub(crate) fn answered_by(self, answered: Option<&Url>) -> Self {
        match (answered, self.url().cloned()) {
            (Some(to), Some(asked)) if *to != asked => Self::Redirected {
                asked: Box::new(asked),
                to: Box::new(to.clone()),
                error: Box::new(self),
            },
            _ => self,
        }
    }

    /// The requested URL.
    const fn url(&self) -> Option<&Url> {
        match self {
            Self::CutShort { url, .. }
            | Self::Connect { url, .. }
            | Self::Io { url, .. }
            | Self::LongerThanAnnounced { url, .. }
            | Self::NotAFile { url, .. }
            | Self::NotFound { url }
            | Self::DownloadCache { url, .. }
            | Self::Stalled { url, .. }
            | Self::Status { url, .. }
            | Self::TooLarge { url, .. }
            | Self::TooSlow { url, .. }
            | Self::Transport { url, .. } => Some(url),
            Self::Client { .. }
            | Self::InsecureRedirect { .. }
            | Self::InsecureUrl { .. }
            | Self::Redirected { .. }
            | Self::Repeated { .. }
            | Self::UnsafePath { .. }
            | Self::UserInformation { .. } => None,
        }
    }
}

/// An error with all its causes, in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// A missing file is either at the vendor or on this machine.
fn whose(url: &Url) -> &'static str {
    match url.scheme() {
        "file" => ": no such file",
        _ => " there (404): it was moved or removed, or is not there yet",
    }
}

/// Why a vendor's newest build could not be found.
///
/// Every text has the page or list that was read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The list and its directory name different builds.
    #[error(
        "{list} is in the directory of build {serial}, but the vendor signed it for build \
         {signed}: an old list was put into a new directory"
    )]
    ForeignList {
        /// The list.
        list: Box<Url>,
        /// The build that the directory is named after.
        serial: String,
        /// The build in the signed list.
        signed: String,
    },
    /// A page or file could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The product is at none of its vendor's places.
    #[error(
        "{product} is at none of its vendor's places: {} (404); it was removed, or is not published yet",
        join(looked)
    )]
    Gone {
        /// The title and the version.
        product: String,
        /// The URLs that were tried.
        looked: Vec<Url>,
    },
    /// The signed list has no such image.
    #[error(
        "{list} does not list `{expected}`; the vendor may have renamed it ({listed} names are \
         listed)"
    )]
    ImageNotListed {
        /// The list.
        list: Box<Url>,
        /// The expected name.
        expected: String,
        /// The number of names in the list.
        listed: usize,
    },
    /// A code name of another version.
    #[error("{vendor} {version} is `{known}`, not `{given}`")]
    Codename {
        /// The vendor.
        vendor: &'static str,
        /// The version.
        version: String,
        /// Its code name.
        known: &'static str,
        /// The given code name.
        given: String,
    },
    /// A URL that can't be the base of other URLs.
    #[error("`{url}` is not a directory: it must end with `/` and have no query")]
    NotADirectory {
        /// The URL.
        url: Box<Url>,
    },
    /// A value of a channel that can't be part of a URL.
    #[error("`{text}` is not a {what}: letters, digits, `.`, `-` and `_` are allowed")]
    NotAWord {
        /// What the value is for.
        what: &'static str,
        /// The given value.
        text: String,
    },
    /// A version whose images this source can't find: their names or places differ.
    #[error("{vendor} `{version}` is not supported: {served}")]
    NotServed {
        /// The vendor.
        vendor: &'static str,
        /// The given version.
        version: String,
        /// The supported versions.
        served: &'static str,
    },
    /// The page lists no build.
    #[error(
        "{page} lists no build: {expected} were expected; the vendor may have changed the page"
    )]
    NoBuild {
        /// The page.
        page: Box<Url>,
        /// What such a page contains.
        expected: String,
    },
    /// A URL with a secret; it would be published on the image.
    #[error(
        "a URL at `{host}` has user information, a query or a fragment, and would become public with them"
    )]
    SecretsInUrl {
        /// The host.
        host: String,
    },
    /// A vendor's file without an expected value.
    #[error("{url} does not say {expected}; the vendor may have changed it")]
    Unreadable {
        /// The file.
        url: Box<Url>,
        /// The expected value.
        expected: String,
    },
}

impl SourceError {
    /// Whether a page or file does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_not_found())
    }
}

fn join(urls: &[Url]) -> String {
    let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
    urls.join(", ")
}
