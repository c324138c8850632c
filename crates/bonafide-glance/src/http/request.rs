//! A request whose body can be sent again.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderValue;
use url::Url;

use crate::Error;

/// A request whose body can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    /// The media type and the body.
    pub(crate) body: Option<(&'static str, Bytes)>,
    /// One more header: its name and its value.
    pub(crate) header: Option<(&'static str, &'static str)>,
    /// A header with a secret, which is never printed.
    pub(crate) proof: Option<(&'static str, HeaderValue)>,
    /// Whether it is not sent again if the first one may have been executed.
    pub(crate) once: bool,
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Delete,
    Get,
    Patch,
    Post,
    Put,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    pub(crate) fn to_method(self) -> Method {
        match self {
            Self::Delete => Method::DELETE,
            Self::Get => Method::GET,
            Self::Patch => Method::PATCH,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
        }
    }
}

impl ApiRequest {
    pub(crate) fn new(verb: Verb, url: Url) -> Self {
        Self {
            verb,
            url,
            body: None,
            header: None,
            proof: None,
            once: false,
        }
    }

    /// Its secret is valid once.
    #[must_use]
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some((media_type, body.into()));
        self
    }

    /// Adds the header with a secret.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] if a header can't contain it.
    pub(crate) fn proof(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::InvalidToken)?;
        value.set_sensitive(true);
        self.proof = Some((name, value));
        Ok(self)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }
}
