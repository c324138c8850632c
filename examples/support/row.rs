//! One row of a report.

use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) how: &'static str,
    /// Empty if it is about all of them.
    pub(crate) cloud: String,
    pub(crate) channel: String,
    /// The channel's title, or the image's name.
    pub(crate) name: String,
    /// The reason, for programs.
    pub(crate) code: &'static str,
    pub(crate) what: String,
    pub(crate) details: String,
}

/// The subject of a row.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    cloud: &'a str,
    channel: &'a str,
    name: &'a str,
}

impl<'a> Of<'a> {
    pub(crate) const fn new(cloud: &'a str, channel: &'a str, name: &'a str) -> Self {
        Self {
            cloud,
            channel,
            name,
        }
    }

    /// All channels of a cloud.
    pub(crate) const fn all(cloud: &'a str) -> Self {
        Self::new(cloud, "-", "-")
    }
}

impl Row {
    pub(crate) fn new(how: &'static str, of: Of<'_>, code: &'static str, what: String) -> Self {
        Self {
            how,
            cloud: of.cloud.to_owned(),
            channel: of.channel.to_owned(),
            name: of.name.to_owned(),
            code,
            what,
            details: String::new(),
        }
    }

    /// Once for each cloud of the run if it is about all of them.
    pub(crate) fn to_json(&self, clouds: &[String]) -> Vec<Value> {
        let clouds = match self.cloud.is_empty() {
            true => clouds,
            false => std::slice::from_ref(&self.cloud),
        };
        let each = clouds.iter().map(|cloud| {
            json!({
                "cloud": cloud,
                "channel": self.channel,
                "title": self.name,
                "code": self.code,
                "reason": self.what,
            })
        });
        each.collect()
    }
}
