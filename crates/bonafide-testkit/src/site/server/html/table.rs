//! Pages as Debian's servers make them: a table, below the vendor's own words.

use std::fmt::Write as _;

use crate::site::place::Place;
use crate::site::store::Entry;

/// A directory page with a row an entry, odd and even in turn.
pub(crate) fn directory(place: &Place, title: Option<&str>, entries: &[Entry]) -> String {
    let path = place.path().trim_end_matches('/');
    let mut page = head(path, title);
    let up = Row {
        icon: ("go-previous", "[PARENTDIR]"),
        link: parent(place.path()),
        shown: "Parent Directory",
        modified: "&nbsp;",
        size: "  - ",
    };
    up.write(&mut page, 0);
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_cached_key(|entry| parts(&entry.name));
    for (index, entry) in entries.into_iter().enumerate() {
        let icon = match entry.size {
            None => ("folder", "[DIR]"),
            Some(_) => ("unknown", "[   ]"),
        };
        let modified = entry.modified.strftime("%Y-%m-%d %H:%M  ").to_string();
        let size = entry.size.map_or_else(|| "  - ".to_owned(), short_size);
        let row = Row {
            icon,
            link: &entry.name,
            shown: &entry.name,
            modified: &modified,
            size: &size,
        };
        row.write(&mut page, index + 1);
    }
    let host = place.host();
    let _ = writeln!(
        page,
        r#"   <tr class="indexbreakrow"><th colspan="4"><hr></th></tr>
</table>
<address>Apache Server at {host} Port 443</address>
</body></html>"#
    );
    page
}

/// A piece of a name; these servers sort `9.12.0/` before `10.3.0/`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(String),
}

fn parts(name: &str) -> Vec<Part> {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let kind = is_digit(first);
        let end = rest.find(|other| is_digit(other) != kind);
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(match part.parse() {
            Ok(number) => Part::Number(number),
            Err(_) => Part::Text(part.to_owned()),
        });
        rest = after;
    }
    parts
}

/// A row of the table.
#[derive(Debug)]
struct Row<'a> {
    /// The picture, and what stands for it.
    icon: (&'a str, &'a str),
    link: &'a str,
    shown: &'a str,
    modified: &'a str,
    size: &'a str,
}

impl Row<'_> {
    fn write(&self, page: &mut String, index: usize) {
        let class = if index.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        let Self {
            icon: (icon, alt),
            link,
            shown,
            modified,
            size,
        } = self;
        let _ = writeln!(
            page,
            r#"   <tr class="{class}"><td class="indexcolicon"><a href="{link}"><img src="/icons2/{icon}.png" alt="{alt}"></a></td><td class="indexcolname"><a href="{link}">{shown}</a></td><td class="indexcollastmod">{modified}</td><td class="indexcolsize">{size}</td></tr>"#
        );
    }
}

/// With a title come a second `title` element and links that have nothing to do with the directory.
fn head(path: &str, title: Option<&str>) -> String {
    let words = match title {
        None => format!("  <h1 id=\"indextitle\">Index of {path}</h1>"),
        Some(title) => format!(
            r#"<title>{title} -- www.debian.org</title>
<div id="header">
    <a href="https://www.debian.org/" title="Debian Home"><img src="https://www.debian.org/Pics/openlogo-50.png" alt="Debian"></a>
    <h1>{title}</h1>
    <p>How to check them is in the <a href="https://www.debian.org/CD/verify">guide</a>.</p>
</div>"#
        ),
    };
    format!(
        r#"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of {path}</title>
  <link rel="stylesheet" href="/layout/autoindex.css" type="text/css">
 </head>
 <body>
{words}
  <table id="indexlist">
   <tr class="indexhead"><th class="indexcolicon"><img src="/icons2/blank.png" alt="[ICO]"></th><th class="indexcolname"><a href="?C=N;O=D">Name</a></th><th class="indexcollastmod"><a href="?C=M;O=A">Last modified</a></th><th class="indexcolsize"><a href="?C=S;O=A">Size</a></th></tr>
   <tr class="indexbreakrow"><th colspan="4"><hr></th></tr>
"#
    )
}

/// Three digits and a unit, like `7.4K` and ` 66M`.
pub(super) fn short_size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = ' ';
    for next in ['K', 'M', 'G', 'T'] {
        if value < 973.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit != ' ' && value < 9.95 {
        format!("{value:.1}{unit}")
    } else {
        format!("{value:3.0}{unit}")
    }
}

pub(super) fn parent(path: &str) -> &str {
    let inner = path.trim_end_matches('/');
    inner.rfind('/').map_or("/", |slash| &inner[..=slash])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_their_numbers() {
        let sorted = [
            "9.12.0/",
            "10.3.0/",
            "archive/",
            "current-9/",
            "current-10/",
            "current/",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| parts(name));
        assert_eq!(names, sorted);
    }
}
