//! Armor (RFC 9580, 6), cut and bounded before rpgp reads it.
//!
//! rpgp looks for the next header in all that is left, and for the end anew whenever some more has
//! come. Headers without end, or line ends and `=` without end, would keep it busy for hours.

use super::kind_of;

const END: &[u8] = b"-----END PGP ";
/// Each header has one, and base64 has none; times and URLs in comments have some more.
const MAX_COLONS: usize = 64;
/// Between the base64 and the last line are three `=` and two line ends at most.
const MAX_RUN: usize = 64;

/// What begins with such a header each, up to the next one; the file as a whole if nothing does.
pub(super) fn blocks<'a>(file: &'a [u8], header: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let windows = file.windows(header.len()).enumerate();
    let starts = windows.filter(|(_, window)| *window == header);
    let mut starts: Vec<_> = starts.map(|(start, _)| start).collect();
    if starts.is_empty() {
        starts.push(0);
    }
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([file.len()]).collect();
    let ranges = starts.into_iter().zip(ends);
    ranges.filter_map(|(start, end)| file.get(start..end))
}

/// A block up to its last line; what follows is not read, so it can't be taken for a header.
pub(super) fn block(file: &[u8]) -> Result<&[u8], String> {
    let mut places = file.windows(END.len());
    let end = places.position(|window| window == END);
    let last = end.and_then(|end| file.get(end..)).unwrap_or_default();
    let last = last.split_inclusive(|byte| *byte == b'\n').next();
    let length = end.unwrap_or(file.len()) + last.map_or(0, <[u8]>::len);
    let block = file.get(..length).unwrap_or(file);
    let refused = |reason: String| match kind_of(file) {
        "OpenPGP data" => Err(reason),
        kind => Err(format!("it is {kind}")),
    };

    let colons = block.iter().filter(|byte| **byte == b':').count();
    if colons > MAX_COLONS {
        return refused(format!(
            "its armor has {colons} colons, and no armor has so many headers"
        ));
    }
    let runs = block.split(|byte| !matches!(byte, b'=' | b'\r' | b'\n'));
    let longest = runs.map(<[u8]>::len).max().unwrap_or_default();
    if longest > MAX_RUN {
        return refused(format!(
            "its armor has {longest} line ends and `=` in a row, and none ends so"
        ));
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::super::{certificates, detached_signatures};

    const KEY: &str = include_str!("../keys/RPM-GPG-KEY-Rocky-9.asc");

    fn refusal(file: &str) -> String {
        certificates(file.as_bytes(), |_| true).unwrap_err()
    }

    #[test]
    fn a_key_is_read_with_headers_and_with_text_behind_it() {
        let headers = "Version: 1\nComment: at 12:30:00, see https://vendor.test/\n\n";
        let with_headers = KEY.replacen("\n\n", &format!("\n{headers}"), 1);
        let before = format!("Key: of a vendor\n\n{KEY}");
        let behind = format!("{KEY}\nSee also: https://vendor.test/\n");
        let far_behind = format!("{KEY}{}", "a: b\n=\n".repeat(1000));
        for file in [KEY, &with_headers, &before, &behind, &far_behind] {
            let (certificates, unreadable) = certificates(file.as_bytes(), |_| true).unwrap();
            assert_eq!((certificates.len(), unreadable), (1, None));
        }
    }

    /// A mebibyte took ten minutes.
    #[test]
    fn headers_without_end_are_refused_before_they_are_read() {
        let headers = "a: b\n".repeat(1 << 18);
        for file in [
            KEY.replacen("\n\n", &format!("\n{headers}\n"), 1),
            KEY.replacen("\n\n", &format!("\n\n{headers}"), 1),
            format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n{headers}"),
        ] {
            assert!(refusal(&file).contains("colons"), "{}", refusal(&file));
        }
        let signature = format!("-----BEGIN PGP SIGNATURE-----\n{headers}");
        let error = detached_signatures(signature.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("colons"), "{error}");
    }

    #[test]
    fn what_is_larger_than_a_signature_is_none() {
        for file in [
            format!("{}-----BEGIN PGP SIGNATURE-----\n\n", " ".repeat(70_000)),
            format!("-----BEGIN PGP SIGNATURE-----\n{}", " ".repeat(70_000)),
            format!("-----BEGIN PGP SIGNATURE-----\n\n{}", "A".repeat(70_000)),
        ] {
            assert!(detached_signatures(file.as_bytes()).is_err());
        }
        let mut binary = vec![b'a'; 70_000];
        binary[0] = 0xC2;
        let error = detached_signatures(&binary).unwrap_err().to_string();
        assert!(error.contains("70000 bytes"), "{error}");
        let page = format!("<html>{}", "a: b\n".repeat(20_000));
        let error = detached_signatures(page.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains("it is an HTML page"), "{error}");
    }

    #[test]
    fn an_end_that_does_not_come_is_refused_before_it_is_looked_for() {
        let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
        for run in ["=".repeat(1 << 20), "\r\n".repeat(1 << 20)] {
            for file in [
                format!("{begin}{run}"),
                format!("{begin}AAAA\n=AAAA{run}"),
                KEY.replacen("-----END", &format!("{run}-----END"), 1),
            ] {
                assert!(refusal(&file).contains("in a row"), "{}", refusal(&file));
            }
        }
    }
}
