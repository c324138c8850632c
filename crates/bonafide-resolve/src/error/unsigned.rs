//! Where a signature was looked for, and whether its absence is news.

use bonafide_sources::Signing;
use url::Url;

/// All places; after the first one only the name if it is in the same directory.
pub(super) fn places(looked: &[Url]) -> String {
    let split = |url: &Url| -> Option<(String, String)> {
        let (directory, name) = url.as_str().rsplit_once('/')?;
        Some((directory.to_owned(), name.to_owned()))
    };
    let mut text = String::new();
    let mut last = None;
    for (place, url) in looked.iter().enumerate() {
        let parts = split(url);
        let shown = match (&last, &parts) {
            (Some((before, _)), Some((directory, name))) if before == directory => {
                format!("`{name}`")
            }
            _ => url.to_string(),
        };
        text.push_str(match place {
            0 => "",
            _ if place + 1 == looked.len() => " or ",
            _ => ", ",
        });
        text.push_str(&shown);
        last = parts;
    }
    text
}

/// Whether the absence is expected.
pub(super) fn known(looked: &[Url], signing: Signing) -> &'static str {
    let on_disk = looked.first().is_some_and(|url| url.scheme() == "file");
    match signing {
        _ if on_disk => ": no such file",
        Signing::Signed => " (404), and this vendor has signed before: look into it",
        Signing::Unsigned => " (404), and none of this vendor has been found there before",
    }
}
