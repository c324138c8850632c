//! Reasons why a request to the cloud failed.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

pub use self::api_error::ApiError;

use crate::endpoint::Interface;

pub(crate) mod api_error;

/// The source of an error that another crate made.
///
/// Streams of an upload use it for their errors, too.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request to the cloud failed, or was not sent.
///
/// No message holds a token, a password or the user part of a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream of an upload's body failed. The connection was cut, so the cloud does not accept
    /// a part as the whole image. The source is the stream's own error.
    #[error("the upload to `{url}` was cut after {sent} bytes because its body failed")]
    BodyFailed {
        /// The URL of the upload.
        url: String,
        /// How many bytes were passed to the connection.
        sent: u64,
        /// The stream's error.
        #[source]
        source: BoxError,
    },
    /// The body of an upload was not as long as announced. The connection was cut before its
    /// last bytes.
    #[error(
        "the upload to `{url}` was cut: {declared} bytes were announced, but the body {}",
        length_problem(*declared, *yielded)
    )]
    BodyLength {
        /// The URL of the upload.
        url: String,
        /// The announced length.
        declared: u64,
        /// How many bytes the stream had yielded when the difference was noticed.
        yielded: u64,
    },
    /// A file that the configuration names can't be used.
    #[error("{what} `{}` can't be used", path.display())]
    ConfigFile {
        /// What the file is for: `clouds.yaml`, `cacert`, `cert`, `key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// 409: the state of the image forbids it, or the id is taken, possibly by a deleted image.
    #[error("{0}; look at the image's current state before the next step")]
    Conflict(Box<ApiError>),
    /// The answer ends within its JSON, although the connection was closed properly.
    #[error(
        "the answer to `{method} {url}` ends within the JSON after {bytes} bytes: the service, or a \
         proxy before it, cut it off; try again"
    )]
    CutOff {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// The number of bytes.
        bytes: usize,
    },
    /// The answer does not have the form that the API specifies.
    #[error(
        "the answer to `{method} {url}` is not understood: {reason}; is this URL really an \
         OpenStack API?"
    )]
    Decode {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// The difference.
        reason: String,
    },
    /// An update without a single operation.
    #[error("nothing to change in image `{id}`: the patch is empty")]
    EmptyPatch {
        /// The image.
        id: Uuid,
    },
    /// An identity provider refuses the log-in, or Keystone does not trust it.
    #[error("{rejection}; {hint}")]
    FederationRefused {
        /// The refusal.
        rejection: Box<ApiError>,
        /// What to check.
        hint: &'static str,
    },
    /// 403: the policy of the cloud forbids it, the image is protected, or the attribute is
    /// read-only.
    #[error("{0}; the role in this project does not suffice, or the image is protected")]
    Forbidden(Box<ApiError>),
    /// 410: the image was deleted while it was being uploaded.
    #[error("{0}; the image was deleted meanwhile")]
    Gone(Box<ApiError>),
    /// The TLS material or the options of the connection are not usable.
    #[error("this configuration can't be used for an HTTP client")]
    HttpClient(#[source] BoxError),
    /// A value of the configuration can't be used.
    #[error("`{key}` of {origin} can't be used: {reason}")]
    InvalidConfig {
        /// The key, such as `auth.auth_url`.
        key: String,
        /// Where it comes from: the cloud's name and file, or the environment.
        origin: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// A text that can't be the id of a project.
    #[error("`{project}` is not the id of a project")]
    InvalidProject {
        /// The text.
        project: String,
    },
    /// A token that a header can't contain.
    #[error("the token has characters that `X-Auth-Token` can't have")]
    InvalidToken,
    /// Keystone requires more factors than the configuration has.
    #[error(
        "`{url}` requires more factors of this user than {}; it accepts {}; set `auth_type: \
         v3multifactor`, `auth_methods` (such as [v3password, v3totp]) and OS_PASSCODE, or use an \
         application credential",
        list(given),
        required.iter().map(|methods| methods.join(" with ")).collect::<Vec<_>>().join(", or ")
    )]
    MissingFactors {
        /// The URL of the log-in.
        url: String,
        /// The methods that were accepted.
        given: Vec<String>,
        /// The sets of methods of which one is sufficient.
        required: Vec<Vec<String>>,
    },
    /// A missing value of the configuration.
    #[error("no {key} in {origin}; {hint}")]
    MissingConfig {
        /// The missing key, or several to choose from.
        key: &'static str,
        /// Where it was searched.
        origin: String,
        /// What to write.
        hint: &'static str,
    },
    /// The machine has no certification authorities, and the configuration names none.
    #[error(
        "`{url}` can't be reached: this machine has no certification authorities; install its CA \
         bundle (on Debian: ca-certificates), or set `cacert`, or SSL_CERT_FILE"
    )]
    NoAuthorities {
        /// The URL.
        url: String,
    },
    /// No configuration file has this cloud.
    #[error(
        "cloud `{cloud}` is not in clouds.yaml: add it to a file that is searched, or give the name of one \
         that was found; searched: {}; clouds found: {}",
        list(searched),
        list(found)
    )]
    NoCloud {
        /// The requested cloud.
        cloud: String,
        /// The searched files, with a mark on those that do not exist.
        searched: Vec<String>,
        /// The names that were found.
        found: Vec<String>,
    },
    /// No cloud is named.
    #[error(
        "no cloud is configured: name one of clouds.yaml, or set OS_CLOUD, or set OS_AUTH_URL and \
         the other OS_* variables; searched: {}; clouds found: {}",
        list(searched),
        list(found)
    )]
    NoConfig {
        /// The searched files.
        searched: Vec<String>,
        /// The names that were found.
        found: Vec<String>,
    },
    /// A download of an image that has no bytes yet.
    #[error("image `{id}` has no data: it is queued, or its upload failed")]
    NoData {
        /// The image.
        id: Uuid,
    },
    /// The token's service catalog has no single endpoint of the service.
    #[error(
        "the service catalog has no single endpoint of type `{service}` with interface {} in {}; it has: \
         {}; set `region_name`, `interface` or `{}_endpoint_override`",
        interfaces.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "),
        region.as_ref().map_or_else(|| "any region".to_owned(), |name| format!("region `{name}`")),
        list(available),
        service.replace('-', "_")
    )]
    NoEndpoint {
        /// The service type, such as `image`.
        service: &'static str,
        /// The wanted interfaces, best first.
        interfaces: Vec<Interface>,
        /// The wanted region, if one was named.
        region: Option<String>,
        /// What the service catalog has of this type, or all its types if it has none.
        available: Vec<String>,
    },
    /// A second log-in by a passcode, which is valid once.
    #[error(
        "{0}; a passcode is valid for one log-in, and the token had to be renewed; runs that \
         outlive a token need an application credential"
    )]
    PasscodeUsed(Box<ApiError>),
    /// 404: it does not exist, or this project may not see it.
    #[error("{0}; it does not exist, or this project may not see it")]
    NotFound(Box<ApiError>),
    /// The token is not for a project.
    #[error("the token of `{auth_url}` is not for a project; set `project_name` or `project_id`")]
    NoProject {
        /// The identity service.
        auth_url: String,
    },
    /// Any other refusal.
    #[error("{0}")]
    Rejected(Box<ApiError>),
    /// A property with the name of an attribute of the Image API.
    #[error(
        "`{name}` is an attribute of every image and can't be set as a property; use the setter \
         of that name"
    )]
    ReservedProperty {
        /// The name.
        name: String,
    },
    /// There was no progress for the whole idle time, so the connection was cut.
    #[error(
        "`{method} {url}` made no progress for {} s waiting for {waiting_for}; the connection was cut",
        idle.as_secs_f32()
    )]
    Stalled {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// The idle time.
        idle: Duration,
        /// What was missing.
        waiting_for: &'static str,
    },
    /// 413: too large for a limit of the cloud or of a proxy before it.
    #[error("{rejection}; {limit}", rejection = .0, limit = .0.size_limit())]
    TooLarge(Box<ApiError>),
    /// The connection failed: name resolution, TCP, TLS, or an answer cut short.
    #[error("the connection for `{method} {url}` failed")]
    Transport {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// 401 of a service, to a new token: the log-in succeeded, and this request is not allowed.
    #[error(
        "{0}; the log-in succeeded, so user, password and project are right: the access rules of an \
         application credential may not allow this request, or the service does not accept the token, \
         because it belongs to another cloud or its clock is wrong"
    )]
    TokenRefused(Box<ApiError>),
    /// 401 of Keystone: the credentials are wrong.
    #[error(
        "{0}; check user, password, project and their domains (a wrong password and an unknown \
         project get the same answer)"
    )]
    Unauthorized(Box<ApiError>),
    /// A login that is not built in.
    #[error(
        "auth_type `{0}` is not built in (built in: password, v3password, token, v3token, \
         v3applicationcredential, v3totp, v3multifactor, v3oidcclientcredentials, \
         v3oidcaccesstoken); use an application credential, or give the session a `TokenProvider` \
         of your own"
    )]
    UnsupportedAuthType(String),
    /// 415: the bytes are not of the declared disk format or not safe, or the media type is wrong.
    #[error("{0}; the bytes must be of the image's `disk_format`")]
    UnsupportedContent(Box<ApiError>),
}

impl Error {
    /// The answer of the cloud, if the cloud refused.
    ///
    /// `None` if the request was not sent, or its answer did not arrive.
    #[must_use]
    pub fn rejection(&self) -> Option<&ApiError> {
        match self {
            Self::Conflict(rejection)
            | Self::FederationRefused { rejection, .. }
            | Self::Forbidden(rejection)
            | Self::Gone(rejection)
            | Self::NotFound(rejection)
            | Self::PasscodeUsed(rejection)
            | Self::Rejected(rejection)
            | Self::TokenRefused(rejection)
            | Self::TooLarge(rejection)
            | Self::Unauthorized(rejection)
            | Self::UnsupportedContent(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// The HTTP status of that answer.
    ///
    /// For example 404. `None` under the same conditions as [`Error::rejection`].
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.rejection().map(|rejection| rejection.status)
    }
}

impl From<ApiError> for Error {
    fn from(rejection: ApiError) -> Self {
        let status = rejection.status;
        let rejection = Box::new(rejection);
        match status {
            // Keystone's refusal of a log-in becomes `Unauthorized` at the log-in.
            401 => Self::TokenRefused(rejection),
            403 => Self::Forbidden(rejection),
            404 => Self::NotFound(rejection),
            409 => Self::Conflict(rejection),
            410 => Self::Gone(rejection),
            413 => Self::TooLarge(rejection),
            415 => Self::UnsupportedContent(rejection),
            _ => Self::Rejected(rejection),
        }
    }
}

fn length_problem(declared: u64, yielded: u64) -> String {
    if yielded < declared {
        format!("ended after {yielded}")
    } else {
        format!("went on to {yielded} and more")
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items
        .iter()
        .map(|item| format!("`{item}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_too_long_has_another_text_than_one_that_is_too_short() {
        let error = |yielded| Error::BodyLength {
            url: "http://cloud".to_owned(),
            declared: 10,
            yielded,
        };
        assert!(error(4).to_string().ends_with("the body ended after 4"));
        assert!(error(12).to_string().ends_with("went on to 12 and more"));
    }

    #[test]
    fn an_unknown_cloud_is_answered_with_those_that_exist() {
        let error = Error::NoCloud {
            cloud: "prod".to_owned(),
            searched: vec!["./clouds.yaml (absent)".to_owned()],
            found: vec!["production".to_owned()],
        };
        assert_eq!(
            error.to_string(),
            "cloud `prod` is not in clouds.yaml: add it to a file that is searched, or give the name of \
             one that was found; searched: `./clouds.yaml (absent)`; clouds found: `production`"
        );
    }
}
