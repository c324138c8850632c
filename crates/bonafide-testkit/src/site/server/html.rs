//! Pages as the vendors' servers make them.

use std::fmt::Write as _;

use hyper::StatusCode;

use crate::site::place::Place;
use crate::site::store::Entry;
use crate::site::vendors::hosts::{DEBIAN_CD, DEBIAN_CLOUD};

mod table;

use table::{parent, short_size};

/// Apache cuts longer names on the page (never in the link).
const NAME_WIDTH: usize = 23;
const ICON: &str = r#"width="22" height="22""#;

/// A directory page in the manner of the host, with the vendor's heading if it has one.
pub(crate) fn directory(place: &Place, title: Option<&str>, entries: &[Entry]) -> String {
    match place.host() {
        DEBIAN_CD | DEBIAN_CLOUD => table::directory(place, title, entries),
        _ => preformatted(place, title, entries),
    }
}

/// In the manner of `mod_autoindex`.
fn preformatted(place: &Place, title: Option<&str>, entries: &[Entry]) -> String {
    let mut page = match title {
        Some(title) => vendor_head(title),
        None => plain_head(place.path()),
    };
    let name = "Name".to_owned() + &" ".repeat(NAME_WIDTH - 3);
    let _ = write!(
        page,
        r#"<pre><img src="/icons/blank.gif" alt="Icon " {ICON}> <a href="?C=N;O=D">{}</a>{}<a href="?C=M;O=A">Last modified</a>      <a href="?C=S;O=A">Size</a>  <a href="?C=D;O=A">Description</a><hr>"#,
        name.trim_end(),
        &name[4..],
    );
    let parent = parent(place.path());
    let _ = writeln!(
        page,
        r#"<img src="/icons/back.gif" alt="[PARENTDIR]" {ICON}> <a href="{parent}">Parent Directory</a>                             -   "#
    );
    for entry in entries {
        row(&mut page, entry);
    }
    page.push_str("<hr></pre>\n");
    page.push_str(if title.is_some() {
        "</div></div></body></html>\n"
    } else {
        "</body></html>\n"
    });
    page
}

fn row(page: &mut String, entry: &Entry) {
    let (icon, alt) = match entry.size {
        None => ("folder", "[DIR]"),
        Some(_) => ("unknown", "[   ]"),
    };
    let modified = entry.modified.strftime("%Y-%m-%d %H:%M");
    let size = entry.size.map_or_else(|| "  - ".to_owned(), short_size);
    let shown = shown(&entry.name);
    let padding = " ".repeat((NAME_WIDTH + 1).saturating_sub(entry.name.len()).max(1));
    let _ = writeln!(
        page,
        r#"<img src="/icons/{icon}.gif" alt="{alt}" {ICON}> <a href="{}">{shown}</a>{padding}{modified}  {size}  "#,
        entry.name,
    );
}

fn shown(name: &str) -> String {
    match name.get(..NAME_WIDTH - 3) {
        Some(start) if name.len() > NAME_WIDTH => format!("{start}..&gt;"),
        _ => name.to_owned(),
    }
}

/// The vendor's own head, with links that have nothing to do with the directory.
fn vendor_head(title: &str) -> String {
    format!(
        r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"
 "http://www.w3.org/TR/html4/strict.dtd">
<html>
 <head>
  <title>Ubuntu Cloud Images</title>
  <style type="text/css" media="screen">
  pre {{ background: none; }}
  </style>
 </head>
 <body><div id="pageWrapper">
<div id="header"><a href="http://www.ubuntu.com/"></a></div>

<div id="main">
<h1>{title}</h1>

<p>For more information, please see the following:</p>
<ul>
<li><a href="http://cloud.ubuntu.com">Ubuntu Cloud Portal</a></li>
<li><a href="https://help.ubuntu.com/community/UEC/Images">Community Help Page</a></li>
</ul>
Bugs go to the <a class="http" href="https://bugs.launchpad.net/cloud-images/+filebug">cloud-images</a> project.

"#
    )
}

fn plain_head(path: &str) -> String {
    format!(
        r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of {path}</title>
 </head>
 <body>
<h1>Index of {path}</h1>
"#
    )
}

/// What a server says when it does not answer with a file.
pub(crate) fn error(status: StatusCode) -> String {
    let (code, reason) = (
        status.as_u16(),
        status.canonical_reason().unwrap_or("Unknown"),
    );
    let said = match code {
        200 => "Please sign in to use this network.",
        301 | 302 => "The document has moved.",
        404 => "The requested URL was not found on this server.",
        503 => "The server is temporarily unable to service your request.",
        _ => "The request could not be served.",
    };
    let title = if code == 200 {
        "Welcome".to_owned()
    } else {
        format!("{code} {reason}")
    };
    format!(
        r#"<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>{title}</title>
</head><body>
<h1>{title}</h1>
<p>{said}</p>
</body></html>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 972, 7_381, 68_000, 629_145_600, 3_758_096_384];
        let short: Vec<_> = sizes.into_iter().map(short_size).collect();
        assert_eq!(short, ["  0 ", "972 ", "7.2K", " 66K", "600M", "3.5G"]);
    }

    #[test]
    fn long_names_are_cut_on_the_page_only() {
        assert_eq!(shown("release-20261110/"), "release-20261110/");
        assert_eq!(
            shown("ubuntu-24.04-server-cloudimg-amd64.img"),
            "ubuntu-24.04-server-..&gt;"
        );
    }

    #[test]
    fn the_parent_is_one_up() {
        assert_eq!(parent("/noble/"), "/");
        assert_eq!(parent("/releases/noble/"), "/releases/");
    }
}
