//! An answer, read to its end, and the errors of requests.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use url::Url;

use super::request::Verb;
use crate::error::api_error::redacted;
use crate::{ApiError, Error};

/// The largest answer that is not an image, in bytes: a page of a thousand images with every
/// property that quotas allow stays far below.
const ANSWER_LIMIT: usize = 64 << 20;

const TOO_LONG: &str = "longer than";

/// Whether an answer was rejected because it is too long.
pub(crate) fn is_too_long(error: &Error) -> bool {
    matches!(error, Error::Decode { reason, .. } if reason.starts_with(TOO_LONG))
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the request was sent before, and may have been executed then.
    pub(crate) doubt: bool,
}

impl ApiResponse {
    pub(crate) async fn read(verb: Verb, url: &Url, mut response: Response) -> Result<Self, Error> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| transport(verb, url, error))?
        {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(decode(
                    verb,
                    url,
                    format!("{TOO_LONG} {ANSWER_LIMIT} bytes"),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            verb,
            url: url.clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.freeze(),
            doubt: false,
        })
    }

    /// Accepts any successful status.
    pub(crate) fn accepted(self) -> Result<Self, Error> {
        match self.status {
            200..=299 => Ok(self),
            _ => Err(self.refusal()),
        }
    }

    /// The answer as an error.
    pub(crate) fn refusal(&self) -> Error {
        let (verb, headers) = (self.verb.as_str(), &self.headers);
        ApiError::new(verb, &self.url, self.status, headers, &self.body).into()
    }

    /// Like [`ApiResponse::accepted`] after a deletion: an image that an earlier attempt has
    /// deleted is deleted.
    pub(crate) fn removed(self) -> Result<(), Error> {
        if self.doubt && self.status == 404 {
            return Ok(());
        }
        self.accepted().map(drop)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.not_read(&error))
    }

    /// Why the JSON of the answer was not read. A cut answer is not another API.
    pub(crate) fn not_read(&self, error: &serde_json::Error) -> Error {
        if !error.is_eof() || self.body.is_empty() {
            return self.not_understood(&error.to_string());
        }
        Error::CutOff {
            method: self.verb.as_str(),
            url: redacted(&self.url),
            bytes: self.body.len(),
        }
    }

    pub(crate) fn not_understood(&self, reason: &str) -> Error {
        decode(self.verb, &self.url, reason.to_owned())
    }
}

pub(crate) fn decode(verb: Verb, url: &Url, reason: String) -> Error {
    Error::Decode {
        method: verb.as_str(),
        url: redacted(url),
        reason,
    }
}

pub(crate) fn stalled(verb: Verb, url: &Url, idle: Duration, waiting_for: &'static str) -> Error {
    Error::Stalled {
        method: verb.as_str(),
        url: redacted(url),
        idle,
        waiting_for,
    }
}

pub(crate) fn transport(verb: Verb, url: &Url, error: reqwest::Error) -> Error {
    Error::Transport {
        method: verb.as_str(),
        url: redacted(url),
        source: Box::new(error.without_url()),
    }
}
