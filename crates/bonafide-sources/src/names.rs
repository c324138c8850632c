//! Names and lists, for all vendors.

use url::Url;

use crate::listing::linked_names;
use crate::{
    Fetch, ImageFile, Product, Release, Serial, SignatureLocation, SignedList, SourceError,
    VerifiedNames,
};

/// The real pages have some kilobytes.
const MAX_PAGE: u64 = 1024 * 1024;

/// A URL below a directory.
pub(crate) fn below(directory: &Url, name: &str) -> Url {
    let mut url = directory.clone();
    url.set_path(&format!("{}{name}", directory.path()));
    url
}

/// Refuses text that can't be part of a path or of a channel's name, or that would change the path.
pub(crate) fn word(what: &'static str, text: &str) -> Result<(), SourceError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(SourceError::NotAWord {
        what,
        text: text.chars().take(80).collect(),
    })
}

/// Refuses versions that are not a whole number from `least` on: their images have other names.
pub(crate) fn major(
    vendor: &'static str,
    version: &str,
    least: u32,
    served: &'static str,
) -> Result<u32, SourceError> {
    word("version", version)?;
    let number: Option<u32> = version.parse().ok();
    match number {
        Some(number) if number >= least && number.to_string() == version => Ok(number),
        _ => Err(not_served(vendor, version, served)),
    }
}

/// The error for a version that a source does not support.
pub(crate) fn not_served(vendor: &'static str, version: &str, served: &'static str) -> SourceError {
    SourceError::NotServed {
        vendor,
        version: version.to_owned(),
        served,
    }
}

/// Refuses the code name of another version, if the version's own is known.
pub(crate) fn codename(
    vendor: &'static str,
    known: &[(&str, &'static str)],
    version: &str,
    given: &str,
) -> Result<(), SourceError> {
    let own = known.iter().find(|(known, _)| *known == version);
    match own {
        Some((_, own)) if *own != given => Err(SourceError::Codename {
            vendor,
            version: version.to_owned(),
            known: own,
            given: given.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The names that a directory page links to.
pub(crate) async fn names_on(page: &Url, fetch: &dyn Fetch) -> Result<Vec<String>, SourceError> {
    let text = fetch.read(page, MAX_PAGE).await?;
    let names = linked_names(&String::from_utf8_lossy(&text));
    Ok(names.into_iter().collect())
}

/// The names that a product's own page links to.
pub(crate) async fn listing(
    product: &Product,
    fetch: &dyn Fetch,
) -> Result<Vec<String>, SourceError> {
    let page = &product.page;
    let names = match (names_on(page, fetch).await, product.stable_url(page)) {
        (Err(SourceError::Fetch(error)), Some(stable)) if error.is_by_redirect() => {
            names_on(&stable, fetch).await
        }
        (names, _) => names,
    };
    match names {
        Err(error) if error.is_not_found() => Err(gone(product, [page.clone()])),
        names => names,
    }
}

/// Whether a serial is a day, optionally with one more number: `20260725`, `20260725.1`,
/// `20260712-2537`.
pub(crate) fn has_day(serial: &str) -> bool {
    let (day, rest) = serial.split_at_checked(8).unwrap_or((serial, ""));
    let day: Option<Serial> = day.parse().ok();
    let more = rest.is_empty() || rest.matches(['.', '-']).count() == 1;
    more && day.and_then(|day| day.date()).is_some()
}

/// The newest of the names that are a serial between this beginning and this end.
pub(crate) fn newest<'a>(
    names: impl IntoIterator<Item = &'a str>,
    prefix: &str,
    suffix: &str,
) -> Option<(Serial, &'a str)> {
    let serials = names.into_iter().filter_map(|name| {
        let serial = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
        Some((serial.parse().ok()?, name))
    });
    serials.max()
}

/// The newest of the names that contain a build.
pub(crate) fn newest_of<'a>(
    names: impl IntoIterator<Item = &'a str>,
    build: impl Fn(&str) -> Option<Serial>,
) -> Option<(Serial, &'a str)> {
    let builds = names
        .into_iter()
        .filter_map(|name| Some((build(name)?, name)));
    builds.max()
}

/// The newest of the signed images whose names are `PREFIX` `BUILD` `SUFFIX`, in the list's
/// directory.
pub(crate) fn newest_image(
    release: &Release,
    signed: &VerifiedNames<'_>,
    [prefix, example, suffix]: [&str; 3],
) -> Result<ImageFile, SourceError> {
    let Some((serial, name)) = newest(signed.names.iter().copied(), prefix, suffix) else {
        let expected = format!("{prefix}{example}{suffix}");
        return Err(not_listed(release, expected, signed.names.len()));
    };
    Ok(ImageFile::new(
        name,
        below(&release.directory, name),
        serial,
    ))
}

/// The only list of a vendor that is always in the same place, with its detached signature.
pub(crate) fn lasting_list(product: &Product, list: &str, signature: &str) -> Release {
    let page = &product.page;
    Release::new(
        product.channel.clone(),
        page.clone(),
        below(page, list),
        SignatureLocation::Detached(below(page, signature)),
    )
}

/// The suffixes that vendors use for the detached signature of a list.
pub(crate) const SIGNATURES: [&str; 4] = [".asc", ".sig", ".sign", ".gpg"];

/// Where the signature of a list may be, if its vendor is not known to sign it: in the list's
/// directory, under each name that a vendor uses, `likely` first.
pub(crate) fn beside(list: &Url, likely: &str) -> SignatureLocation {
    let others = SIGNATURES.into_iter().filter(|suffix| *suffix != likely);
    let places = std::iter::once(likely).chain(others);
    let places = places.map(|suffix| SignedList::new(list.clone(), below(list, suffix)));
    SignatureLocation::AnyOf(places.collect())
}

/// The directory above, with a slash at its end.
pub(crate) fn above(directory: &Url) -> Url {
    let mut url = directory.clone();
    let path = url.path().trim_end_matches('/');
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let parent = format!("{parent}/");
    url.set_path(&parent);
    url
}

/// The names tie a list to the directory or the name under which it was found.
pub(crate) fn of_this_build(release: &Release, file: ImageFile) -> Result<ImageFile, SourceError> {
    match (&release.serial, &file.serial) {
        (Some(expected), Some(signed)) if expected != signed => {
            Err(foreign_list(release, expected, signed.as_str()))
        }
        _ => Ok(file),
    }
}

/// The error for a product that is at none of its places.
pub(crate) fn gone(product: &Product, looked: impl Into<Vec<Url>>) -> SourceError {
    SourceError::Gone {
        product: format!("{} {}", product.title, product.version),
        looked: looked.into(),
    }
}

/// The error for a page that lists no build.
pub(crate) fn no_build(page: &Url, expected: impl Into<String>) -> SourceError {
    SourceError::NoBuild {
        page: Box::new(page.clone()),
        expected: expected.into(),
    }
}

/// The error for a signed list without an image.
pub(crate) fn not_listed(
    release: &Release,
    expected: impl Into<String>,
    listed: usize,
) -> SourceError {
    SourceError::ImageNotListed {
        list: Box::new(release.list.clone()),
        expected: expected.into(),
        listed,
    }
}

/// The error for a signed list that belongs to another build than its directory.
pub(crate) fn foreign_list(
    release: &Release,
    serial: &Serial,
    signed: impl Into<String>,
) -> SourceError {
    SourceError::ForeignList {
        list: Box::new(release.list.clone()),
        serial: serial.to_string(),
        signed: signed.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_by_number_and_other_names_are_ignored() {
        let names = [
            "a-9.qcow2",
            "a-10.qcow2",
            "a-latest.qcow2",
            "a-11.qcow2.xz",
            "b-12.qcow2",
            "a-.qcow2",
        ];
        let (serial, name) = newest(names, "a-", ".qcow2").unwrap();
        assert_eq!((serial.as_str(), name), ("10", "a-10.qcow2"));
        assert_eq!(newest(names, "c-", ".qcow2"), None);
    }

    #[test]
    fn only_real_days_are_days() {
        for serial in ["20260725", "20260725.1", "20260712-2537"] {
            assert!(has_day(serial), "{serial}");
        }
        for other in [
            "20269999",
            "99999999",
            "1.20260725",
            "20260725.1.2",
            "2026072",
            "é2026072",
        ] {
            assert!(!has_day(other), "{other}");
        }
    }

    #[test]
    fn a_major_version_is_a_whole_number_from_some_on() {
        for version in ["8", "9", "10", "123"] {
            assert!(
                major("Vendor", version, 8, "8 and later").is_ok(),
                "{version}"
            );
        }
        for other in ["7", "9.4", "09", "+9", "9-beta", "nine", "99999999999"] {
            let error = major("Vendor", other, 8, "8 and later are");
            let error = error.unwrap_err().to_string();
            assert!(error.contains("8 and later") || other == "+9", "{error}");
        }
    }

    #[test]
    fn words_lead_nowhere_else() {
        for plain in ["noble", "24.04", "9-stream", "a_b"] {
            assert!(word("version", plain).is_ok(), "{plain}");
        }
        for other in ["", "..", ".x", "a/b", "a b", "a%2e", "é", "-a", "a\\b"] {
            assert!(word("version", other).is_err(), "{other}");
        }
    }
}
