//! How Ubuntu counts its builds.

use jiff::civil::Date;

/// The day, and the how-manieth build of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Serial {
    pub(crate) date: Date,
    respin: u32,
}

impl Serial {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (day, respin) = match text.split_once('.') {
            Some((day, respin)) => (day, respin.parse().ok()?),
            None => (text, 0),
        };
        let date = Date::strptime("%Y%m%d", day)
            .ok()
            .filter(|_| day.len() == 8)?;
        Some(Self { date, respin })
    }
}
