//! Microversions: what a request says, what a service speaks.

use std::fmt;

use hyper::header::HeaderMap;

use super::http::{self, Answer};
use super::nova_error::NovaError;
use crate::cloud::http::header;

/// A version such as 2.96.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Microversion(pub(crate) u32, pub(crate) u32);

/// A request for a version that there is not.
#[derive(Debug)]
pub(crate) struct Unspoken {
    denial: NovaError,
    /// The version, if it could be read.
    version: Option<Microversion>,
}

/// The versions of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spoken {
    /// The name in `OpenStack-API-Version`.
    pub(crate) service: &'static str,
    /// The header of old that the service still reads, if it had one.
    pub(crate) old_header: Option<&'static str>,
    pub(crate) first: Microversion,
    pub(crate) last: Microversion,
}

impl Spoken {
    /// The version that a request wants; the first one when it says nothing, or speaks of another
    /// service only.
    pub(crate) fn wanted(&self, headers: &HeaderMap) -> Result<Microversion, Unspoken> {
        let words = header(headers, "openstack-api-version").unwrap_or_default();
        let mut words = words.split(',').map(str::trim);
        let text = words
            .find_map(|word| word.strip_prefix(self.service)?.strip_prefix(' '))
            .or_else(|| header(headers, self.old_header?));
        let text = match text.map(str::trim) {
            None => return Ok(self.first),
            Some("latest") => return Ok(self.last),
            Some(text) => text,
        };
        let Some(version) = Microversion::parse(text) else {
            let message = format!(
                "API Version String {text} is of invalid format. Must be of format \
                 MajorNum.MinorNum."
            );
            return Err(Unspoken {
                denial: NovaError::bad_request(message),
                version: None,
            });
        };
        if version < self.first || version > self.last {
            let (first, last) = (self.first, self.last);
            let message = format!(
                "Version {version} is not supported by the API. Minimum is {first} and maximum is \
                 {last}."
            );
            return Err(Unspoken {
                denial: NovaError::not_acceptable(message),
                version: Some(version),
            });
        }
        Ok(version)
    }

    /// The refusal of a version, which says that it has that version.
    pub(crate) fn refuse(&self, unspoken: Unspoken) -> Answer {
        let mut answer = unspoken.denial.into_answer();
        if let Some(version) = unspoken.version {
            self.say(&mut answer, version);
        }
        http::set_request_id(&mut answer);
        answer
    }

    /// Says in the answer which version it has.
    pub(crate) fn say(&self, answer: &mut Answer, version: Microversion) {
        let text = format!("{} {version}", self.service);
        http::set(answer, "openstack-api-version", &text);
        http::set(answer, "vary", "OpenStack-API-Version");
        if let Some(name) = self.old_header {
            http::set(answer, name, &version.to_string());
        }
    }
}

impl Microversion {
    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(major) || !is_number(minor) {
            return None;
        }
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const COMPUTE: Spoken = Spoken {
        service: "compute",
        old_header: Some("x-openstack-nova-api-version"),
        first: Microversion(2, 1),
        last: Microversion(2, 104),
    };

    #[test]
    fn the_service_that_is_named_counts() {
        for (name, value, wanted) in [
            ("openstack-api-version", "compute 2.96", Some((2, 96))),
            (
                "openstack-api-version",
                "volume 3.71, compute 2.69",
                Some((2, 69)),
            ),
            ("openstack-api-version", "compute latest", Some((2, 104))),
            ("openstack-api-version", "volume 3.71", Some((2, 1))),
            ("x-openstack-nova-api-version", "2.96", Some((2, 96))),
            ("x-other", "2.96", Some((2, 1))),
            ("openstack-api-version", "compute 2.105", None),
            ("openstack-api-version", "compute 3.1", None),
            ("openstack-api-version", "compute 2.+1", None),
            ("openstack-api-version", "compute x", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            let wanted = wanted.map(|(major, minor)| Microversion(major, minor));
            assert_eq!(COMPUTE.wanted(&headers).ok(), wanted, "{name}: {value}");
        }
    }
}
