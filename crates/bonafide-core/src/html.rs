//! HTML pages where another file is expected.

/// How many bytes of a file are looked at.
const HEAD: usize = 4096;

/// Whether a file begins as an HTML page does.
///
/// Servers and proxies answer with a page, and often with the status 200, for a file that they do
/// not have.
///
/// ```
/// use bonafide_core::html;
///
/// assert!(html::is_page(b"\n<!DOCTYPE html><title>Not found</title>"));
/// assert!(!html::is_page(b"d41d8cd98f00  image.qcow2"));
/// ```
#[must_use]
pub fn is_page(file: &[u8]) -> bool {
    let head = file.get(..HEAD).unwrap_or(file);
    let head = String::from_utf8_lossy(head)
        .trim_start()
        .to_ascii_lowercase();
    head.starts_with("<!doctype") || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_with_its_type_or_its_element_in_any_case() {
        for page in [
            "<!DOCTYPE HTML>",
            "<!doctype html>",
            " \r\n\t<HTML lang=\"en\">",
            "<html>",
        ] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
    }

    #[test]
    fn other_files_are_not_pages() {
        let late = format!("{}<html>", " ".repeat(HEAD));
        for other in [
            "",
            "<",
            "<?xml?>",
            "x<html>",
            "-----BEGIN PGP SIGNATURE-----",
            &late,
        ] {
            assert!(!is_page(other.as_bytes()), "{other}");
        }
        assert!(!is_page(b"QFI\xFB<html>"));
    }
}
