//! What goes wrong on the way to a vendor.

use std::path::Path;
use std::time::Duration;

use url::Url;

/// Why a URL could not be fetched whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The body ended before its announced end.
    #[error("{url} was cut short: {received} of {announced} bytes arrived; try again")]
    CutShort {
        /// What was fetched.
        url: Url,
        /// The announced length.
        announced: u64,
        /// How many bytes came.
        received: u64,
    },
    /// The client could not be set up.
    #[error("the HTTP client can't be set up: {reason}")]
    Client {
        /// What is wrong, for example with a certificate file.
        reason: String,
    },
    /// No connection, or none that is secure.
    #[error("{url} can't be reached")]
    Connect {
        /// What should be fetched.
        url: Url,
        /// Why not: name look-up, connection or TLS.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A redirect away from https: whoever answers there could be anybody.
    #[error("{url} redirects to `{target}`, which is not https; refused")]
    InsecureRedirect {
        /// What was asked for.
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
        /// What was asked for.
        url: Url,
        /// The file that stands for it.
        path: Box<Path>,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// More bytes than announced.
    #[error("{url} is longer than announced: {announced} bytes were announced, more came")]
    LongerThanAnnounced {
        /// What was fetched.
        url: Url,
        /// The announced length.
        announced: u64,
    },
    /// A directory, pipe or device where a file is needed: only a file has a size that is known before
    /// it is read.
    #[error("`{}` is a directory, pipe or device; give a file for {url}", path.display())]
    NotAFile {
        /// What was asked for.
        url: Url,
        /// What is there.
        path: Box<Path>,
    },
    /// The server has no such file.
    #[error("{url} does not exist{}", whose(url))]
    NotFound {
        /// What was asked for.
        url: Url,
    },
    /// The last of several tries.
    #[error("{} (tried {tries} times)", causes(error))]
    Repeated {
        /// How often it was tried.
        tries: u32,
        /// What went wrong the last time.
        error: Box<FetchError>,
    },
    /// Another host answered than the one that was asked, since that one redirects: to a mirror, most
    /// likely.
    #[error(
        "{} (answered by {to}, where {} redirects to)",
        causes(error),
        host(asked)
    )]
    Redirected {
        /// What was asked for.
        asked: Box<Url>,
        /// Who answered, without user information and query.
        to: Box<Url>,
        /// What went wrong there.
        error: Box<FetchError>,
    },
    /// The temporary directory does not take what was fetched.
    #[error(
        "{url} can't be kept in `{}`; make room there, or set TMPDIR to a directory with more",
        directory.display()
    )]
    DownloadCache {
        /// What was fetched.
        url: Url,
        /// The temporary directory.
        directory: Box<Path>,
        /// Why not, and how many bytes were kept before.
        #[source]
        source: std::io::Error,
    },
    /// No byte came for too long.
    #[error("{url} stalled: no byte for {} s; try again", idle.as_secs_f32())]
    Stalled {
        /// What was fetched.
        url: Url,
        /// The idle timeout.
        idle: Duration,
    },
    /// Any other answer than 200.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The HTTP status.
        status: u16,
        /// When the server wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// A small file that is not small.
    #[error("{url} is larger than the {limit} bytes that such a file may have")]
    TooLarge {
        /// What was fetched.
        url: Url,
        /// The limit in bytes.
        limit: u64,
    },
    /// A small file that does not end in time.
    #[error("{url} did not arrive whole within {} s; try again", deadline.as_secs())]
    TooSlow {
        /// What was fetched.
        url: Url,
        /// The limit in time.
        deadline: Duration,
    },
    /// The connection broke.
    #[error("{url} broke off")]
    Transport {
        /// What was fetched.
        url: Url,
        /// How.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A path that a directory can't hold.
    #[error("{url} has a path that can't be that of a file; give one without escapes and `..`")]
    UnsafePath {
        /// The URL.
        url: Url,
    },
    /// A URL with a user name or a password, which would show where it must not.
    #[error(
        "the URL of {url} has a user name or password, which reports would show; give it without"
    )]
    UserInformation {
        /// The URL without it.
        url: Url,
    },
}

impl FetchError {
    /// What went wrong, whoever answered.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Redirected { error, .. } | Self::Repeated { error, .. } => error.root(),
            other => other,
        }
    }

    /// Whether the server answered that there is no such file.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.root(), Self::NotFound { .. })
    }

    /// Whether the host that was asked redirected to another, which did not give the file; or to none that
    /// may be asked.
    #[must_use]
    pub fn is_by_redirect(&self) -> bool {
        match self {
            Self::InsecureRedirect { .. } | Self::Redirected { .. } => true,
            Self::Repeated { error, .. } => error.is_by_redirect(),
            _ => false,
        }
    }

    /// The same error, answered by this URL instead of the one that was asked.
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

    /// What was asked for.
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

/// What is not there is either the vendor's or one's own.
fn whose(url: &Url) -> &'static str {
    match url.scheme() {
        "file" => ": no such file",
        _ => " there (404): it was moved or removed, or is not there yet",
    }
}

/// Why a vendor's newest build could not be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The list and its directory speak of different builds.
    #[error(
        "{list} is in the directory of build {serial}, but the vendor signed it for build \
         {signed}: an old list was put into a new directory"
    )]
    ForeignList {
        /// The list.
        list: Box<Url>,
        /// The build that the directory is named after.
        serial: String,
        /// The build that the signed list names.
        signed: String,
    },
    /// A page or file could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What the source follows is at none of its places.
    #[error(
        "{product} is at none of its vendor's places: {} (404); it was removed, or is not published yet",
        join(looked)
    )]
    Gone {
        /// The title and the version.
        product: String,
        /// Where it was looked for.
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
        /// The name that was expected.
        expected: String,
        /// How many names it has.
        listed: usize,
    },
    /// A code name that is known to be another version's.
    #[error("{vendor} {version} is `{known}`, not `{given}`")]
    Codename {
        /// The vendor.
        vendor: &'static str,
        /// The version.
        version: String,
        /// Its code name.
        known: &'static str,
        /// What was given.
        given: String,
    },
    /// A URL that other URLs can't be below.
    #[error("`{url}` is not a directory: it must end with `/` and have no query")]
    NotADirectory {
        /// The URL.
        url: Box<Url>,
    },
    /// A word of a channel that can't stand in a URL.
    #[error("`{text}` is no {what}: letters, digits, `.`, `-` and `_` are allowed")]
    NotAWord {
        /// What it should be.
        what: &'static str,
        /// What was given.
        text: String,
    },
    /// A version whose images this source can't find: they are named in another way, or lie elsewhere.
    #[error("{vendor} `{version}` can't be served: {served}")]
    NotServed {
        /// The vendor.
        vendor: &'static str,
        /// What was given.
        version: String,
        /// What can be served.
        served: &'static str,
    },
    /// The page lists no build.
    #[error(
        "{page} lists no build: {expected} were expected; the vendor may have changed the page"
    )]
    NoBuild {
        /// The page.
        page: Box<Url>,
        /// What such a page has.
        expected: String,
    },
    /// A URL that would tell a secret, since it stands on the image.
    #[error(
        "a URL at `{host}` has user information, a query or a fragment, and would become public with them"
    )]
    SecretsInUrl {
        /// The host.
        host: String,
    },
    /// A file of the vendor's that does not say what it should.
    #[error("{url} does not say {expected}; the vendor may have changed it")]
    Unreadable {
        /// The file.
        url: Box<Url>,
        /// What it should say.
        expected: String,
    },
}

impl SourceError {
    /// Whether a page or file is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_not_found())
    }
}

fn join(urls: &[Url]) -> String {
    let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
    urls.join(", ")
}
