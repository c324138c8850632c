//! Lists with one line for each file. Their forms may be mixed, and must not contradict each other.

use bonafide_core::text::excerpt;

use super::algorithm::{self, Named, Said};
use super::{ChecksumList, bsd, digests, gnu};
use crate::{Error, text};

/// What one line states.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// A statement about a name.
    File(&'a str, Said<'a>),
    /// Nothing relevant.
    Nothing,
    /// From here on all digests are of this algorithm.
    Section(Named<'a>),
    /// The size of a file in bytes.
    Size(&'a str, u64),
}

/// Reads a list line by line.
pub(super) fn parse(said: &str) -> Result<ChecksumList, Error> {
    let mut list = ChecksumList::empty();
    let mut sizes = Vec::new();
    let mut section = None;
    for (number, line) in numbered(said) {
        let Some(said) = read(line, section.as_ref()) else {
            return Err(Error::NotAChecksumList {
                line: number,
                text: excerpt(line),
            });
        };
        check_unbroken(number, line)?;
        match said {
            Line::File(name, Said::Digest(digest)) => {
                let added = list.entry(name).add_digest(digest);
                added.map_err(|conflict| conflict.into_error(name))?;
            }
            Line::File(name, Said::Nothing(algorithm)) => list.add_weak(name, &algorithm),
            Line::Nothing => {}
            Line::Section(algorithm) => section = Some(algorithm),
            Line::Size(name, size) => sizes.push((name, size)),
        }
    }
    // A size may be above or below the line of its file, and proves nothing without one.
    for (name, size) in sizes {
        if let Some(entry) = list.entries.get_mut(name) {
            let added = entry.add_size(size);
            added.map_err(|conflict| conflict.into_error(name))?;
        }
    }
    Ok(list)
}

/// A reader of the list in another program must see the same lines.
pub(super) fn unbroken(list: &str) -> Result<(), Error> {
    numbered(list).try_for_each(|(number, line)| check_unbroken(number, line))
}

fn check_unbroken(number: usize, line: &str) -> Result<(), Error> {
    match text::breaks(line) {
        Some(character) => Err(Error::BrokenLine {
            line: number,
            character: text::code_point(character),
        }),
        None => Ok(()),
    }
}

/// The lines that are neither empty nor a comment.
pub(super) fn carrying(text: &str) -> impl Iterator<Item = &str> {
    numbered(text)
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The lines with their numbers from 1, without the blanks and carriage returns at their ends.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.map(|(index, line)| (index + 1, line.trim_end_matches(['\r', ' ', '\t'])))
}

fn read<'a>(line: &'a str, section: Option<&Named<'a>>) -> Option<Line<'a>> {
    if line.is_empty() {
        return Some(Line::Nothing);
    }
    if line.starts_with('#') {
        let header = digests::header(line).map(Line::Section);
        let size = || bsd::size(line).map(|(name, size)| Line::Size(name, size));
        return header.or_else(size).or(Some(Line::Nothing));
    }
    if let Some((digest, name)) = gnu::split(line) {
        let said = match section {
            None => match digest.parse() {
                Ok(digest) => Some(Said::Digest(digest)),
                Err(_) => algorithm::of_length(digest).map(|name| Said::Nothing(name.into())),
            },
            Some(algorithm) => algorithm.read(digest),
        };
        if let Some(said) = said {
            return Some(Line::File(name, said));
        }
    }
    if section.is_some() {
        return None;
    }
    let (algorithm, name, digest) = bsd::split(line)?;
    Some(Line::File(name, algorithm.read(digest)?))
}

#[cfg(test)]
mod tests;
