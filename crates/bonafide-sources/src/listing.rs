//! Directory pages of web servers.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};

/// The names that a page links to directly below itself: `20260705/` and `SHA256SUMS`, but not
/// `/`, `?C=N;O=D`, `../` or another site.
pub(crate) fn linked_names(page: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for Ok(token) in Tokenizer::new(page) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        if *tag.name != *b"a" {
            continue;
        }
        let Some(target) = tag.attributes.get(&b"href"[..]) else {
            continue;
        };
        let target = String::from_utf8_lossy(target);
        let name = target.strip_prefix("./").unwrap_or(&target);
        let body = name.strip_suffix('/').unwrap_or(name);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '~');
        if !body.is_empty() && body != "." && body != ".." && body.chars().all(plain) {
            names.insert(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_names_directly_below_count() {
        let page = r#"<a href="?C=N;O=D">Name</a> <a href="/">up</a> <a href='../'>up</a>
            <a href="20260705/">20260705/</a> <A HREF="SHA256SUMS">x</A> <a href="./current/">c</a>
            <a href="https://example.org/20270101/">elsewhere</a> <a href="a/20270101/">deep</a>
            <a href="..">up</a> <a name="20270101/">no link</a> <!-- <a href="20270102/"> -->"#;
        let names: Vec<_> = linked_names(page).into_iter().collect();
        assert_eq!(names, ["20260705/", "SHA256SUMS", "current/"]);
    }

    proptest! {
        #[test]
        fn reading_never_panics(page in ".{0,600}") {
            let _ = linked_names(&page);
        }
    }
}
