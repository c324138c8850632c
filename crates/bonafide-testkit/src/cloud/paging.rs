//! Queries, and the pages of Nova's and Cinder's lists.

use std::fmt::Write as _;

use serde::Serialize;
use uuid::Uuid;

use super::http::query_decoded;
use super::nova_error::NovaError;

/// Names and values of a query, decoded, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(query: &str) -> Self {
        Self(pairs(query))
    }

    /// The value that came last.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(known, _)| known == name)?;
        Some(found.1.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `limit`, but not more than the service gives at once.
    pub(crate) fn limit(&self, most: usize) -> Result<usize, NovaError> {
        let Some(text) = self.value("limit") else {
            return Ok(most);
        };
        let Ok(limit) = text.trim().parse::<i64>() else {
            return Err(NovaError::bad_request("limit param must be an integer"));
        };
        let Ok(limit) = usize::try_from(limit) else {
            return Err(NovaError::bad_request("limit param must be positive"));
        };
        Ok(limit.min(most))
    }

    /// The links behind a page that is full: the same query, sorted by name, with another marker.
    pub(crate) fn next(&self, url: &str, marker: Uuid) -> [Link; 1] {
        let mut pairs: Vec<(&str, &str)> = self.iter().collect();
        pairs.retain(|(name, _)| *name != "marker");
        pairs.sort_by_key(|(name, _)| *name);
        let mut href = format!("{url}?");
        for (name, value) in pairs {
            encode(&mut href, name);
            href.push('=');
            encode(&mut href, value);
            href.push('&');
        }
        // Writing to a `String` can't fail.
        let _ = write!(href, "marker={marker}");
        [Link { rel: "next", href }]
    }
}

/// A link as Nova and Cinder write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    pub(crate) rel: &'static str,
    pub(crate) href: String,
}

/// What `bool_from_string` takes for a truth value; `None` for anything else.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// The names and values of a query, decoded, in order.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (query_decoded(name), query_decoded(value))
        })
        .collect()
}

/// Appends a name or value of a query, encoded.
pub(crate) fn encode(link: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => link.push('+'),
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                link.push(char::from(byte));
            }
            // Writing to a `String` can't fail.
            _ => {
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
}
