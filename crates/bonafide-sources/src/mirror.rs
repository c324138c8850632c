//! Another place for a vendor's files.

use url::Url;

use crate::SourceError;

/// Another place for the files below one URL.
///
/// A mirror is used for images only. Lists and signatures come from the vendor, so a mirror's file
/// is either the vendor's image or refused.
///
/// ```
/// use bonafide_sources::Mirror;
///
/// let vendor = "https://cloud-images.ubuntu.com/".parse()?;
/// let mirror = Mirror::new(vendor, "https://mirror.example.org/ubuntu-cloud/".parse()?)?;
/// let image = "https://cloud-images.ubuntu.com/releases/noble/x.img".parse()?;
/// assert_eq!(
///     mirror.url(&image).unwrap().as_str(),
///     "https://mirror.example.org/ubuntu-cloud/releases/noble/x.img",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    of: Url,
    at: Url,
}

impl Mirror {
    /// The files below `of` are also below `at`; both end with a slash and have neither query nor
    /// fragment.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotADirectory`] if either URL does not end with `/` or has a query or
    /// fragment.
    pub fn new(of: Url, at: Url) -> Result<Self, SourceError> {
        for url in [&of, &at] {
            let bare = url.query().is_none() && url.fragment().is_none();
            if !url.path().ends_with('/') || !bare {
                return Err(SourceError::NotADirectory {
                    url: Box::new(url.clone()),
                });
            }
        }
        Ok(Self { of, at })
    }

    /// The URL that is mirrored.
    #[must_use]
    pub const fn of(&self) -> &Url {
        &self.of
    }

    /// The URL at the mirror, if this one is below the mirrored URL.
    ///
    /// `None` if it is not below it.
    #[must_use]
    pub fn url(&self, vendor: &Url) -> Option<Url> {
        let rest = vendor.as_str().strip_prefix(self.of.as_str())?;
        // The URL parser has already removed every `..`.
        format!("{}{rest}", self.at).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn only_what_is_below_is_mirrored() {
        let mirror = Mirror::new(url("https://a.test/x/"), url("https://b.test/")).unwrap();
        assert_eq!(
            mirror.url(&url("https://a.test/x/y/z")),
            Some(url("https://b.test/y/z"))
        );
        for other in [
            "https://a.test/xy/z",
            "https://a.test/x/../y/z",
            "https://a.test.evil.test/x/y",
            "http://a.test/x/y",
        ] {
            assert_eq!(mirror.url(&url(other)), None, "{other}");
        }
    }

    #[test]
    fn both_ends_are_directories() {
        for wrong in [
            "https://b.test/x",
            "https://b.test/?x/",
            "https://b.test/#/",
        ] {
            let refused = Mirror::new(url("https://a.test/"), url(wrong));
            assert!(refused.unwrap_err().to_string().contains(wrong));
        }
    }
}
