//! Rust's tokens, as far as paths need them: without comments, literals and test code.

/// An identifier, `::`, or one other sign.
pub(crate) type Token = String;

/// The tokens of a file that are compiled into the library.
pub(crate) fn of_library(text: &str) -> Vec<Token> {
    without_tests(tokens(text))
}

fn tokens(text: &str) -> Vec<Token> {
    let signs: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&sign) = signs.get(at) {
        let next = signs.get(at + 1).copied();
        if sign.is_whitespace() {
            at += 1;
        } else if sign == '/' && next == Some('/') {
            at += signs[at..].iter().take_while(|sign| **sign != '\n').count();
        } else if sign == '/' && next == Some('*') {
            at = after_comment(&signs, at);
        } else if let Some(end) = after_raw_string(&signs, at) {
            at = end;
        } else if sign == '"' {
            at = after_quoted(&signs, at + 1, '"');
        } else if sign == '\'' {
            at = after_quote(&signs, at);
        } else if sign.is_alphanumeric() || sign == '_' {
            let word: String = signs[at..]
                .iter()
                .take_while(|sign| sign.is_alphanumeric() || **sign == '_')
                .collect();
            at += word.chars().count();
            tokens.push(word);
        } else if sign == ':' && next == Some(':') {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            tokens.push(sign.to_string());
            at += 1;
        }
    }
    tokens
}

/// Block comments nest.
fn after_comment(signs: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(&sign) = signs.get(at) {
        match (sign, signs.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// `r"…"`, `r#"…"#`, `br"…"`; none if something else begins here.
fn after_raw_string(signs: &[char], start: usize) -> Option<usize> {
    let before = start.checked_sub(1).and_then(|before| signs.get(before));
    if before.is_some_and(|sign| sign.is_alphanumeric() || *sign == '_') {
        return None;
    }
    let mut at = start;
    if matches!(signs.get(at), Some('b' | 'c')) {
        at += 1;
    }
    if signs.get(at) != Some(&'r') {
        return None;
    }
    at += 1;
    let hashes = signs[at..].iter().take_while(|sign| **sign == '#').count();
    at += hashes;
    if signs.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    loop {
        let sign = signs.get(at)?;
        at += 1;
        let closing = signs[at..].iter().take_while(|sign| **sign == '#').count();
        if *sign == '"' && closing >= hashes {
            return Some(at + hashes);
        }
    }
}

fn after_quoted(signs: &[char], start: usize, quote: char) -> usize {
    let mut at = start;
    while let Some(&sign) = signs.get(at) {
        at += 1;
        if sign == '\\' {
            at += 1;
        } else if sign == quote {
            break;
        }
    }
    at
}

/// A character or a lifetime.
fn after_quote(signs: &[char], start: usize) -> usize {
    let is_character = signs.get(start + 1) == Some(&'\\') || signs.get(start + 2) == Some(&'\'');
    if is_character {
        after_quoted(signs, start + 1, '\'')
    } else {
        start + 1
    }
}

/// Without each item behind `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().take(TEST.len()).eq(TEST.iter()) {
            at = after_item(&tokens, at + TEST.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where an item ends: behind its block, or behind its semicolon.
fn after_item(tokens: &[Token], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token == "}" && tokens.get(at).is_none_or(|next| next != ";") {
                    break;
                }
            }
            ";" if depth == 0 => break,
            _ => {}
        }
    }
    at
}

#[test]
fn comments_literals_and_tests_have_no_tokens() {
    let text = r##"
        // use a::b;
        /* use /* a */ b; */
        use c::{d, e}; const F: &str = r#"use "g"::h"#; fn i<'j>() { '\''; 'k'; "\"use l;" }
        #[cfg(test)]
        mod tests { use super::*; }
        #[cfg(test)]
        use m::{n, o};
        mod p;
    "##;
    assert_eq!(
        of_library(text).join(" "),
        "use c :: { d , e } ; const F : & str = ; fn i < j > ( ) { ; ; } mod p ;"
    );
}
