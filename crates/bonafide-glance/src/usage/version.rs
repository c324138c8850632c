//! The requested version of Nova's API.

use reqwest::header::HeaderMap;

use super::findings::reason;
use crate::Error;
use crate::http::request::ApiRequest;

const HEADER: &str = "openstack-api-version";
/// The first version that shows servers of a database (a cell) that is down. Older versions
/// silently omit them.
const VERSION: &str = "compute 2.69";
const LEAST: (u32, u32) = (2, 69);

/// Requests the version that shows cells that are down.
pub(crate) fn versioned(call: ApiRequest) -> ApiRequest {
    call.header(HEADER, VERSION)
}

/// Why an answer is not of the requested version. A Nova that does not know of versions states
/// none.
pub(crate) fn too_old(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(HEADER).iter();
    let served = values
        .filter_map(|value| value.to_str().ok())
        .find_map(|text| {
            let mut words = text.split(',').map(str::split_whitespace);
            words.find_map(|mut words| match (words.next(), words.next()) {
                (Some("compute"), Some(version)) => Some(version.to_owned()),
                _ => None,
            })
        });
    let Some(served) = served else {
        return Some(format!(
            "the answer does not state version `{VERSION}`, and an older one omits \
             servers of a cell that is down"
        ));
    };
    let number = served.split_once('.');
    let number = number.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    if number.is_some_and(|number: (u32, u32)| number >= LEAST) {
        return None;
    }
    Some(format!(
        "the answer has version `{served}` instead of `{VERSION}`, and omits servers of \
         a cell that is down"
    ))
}

/// Why a list could not be read.
pub(crate) fn refusal(error: &Error) -> String {
    let reason = reason(error);
    if error.status() == Some(406) {
        return format!(
            "{reason}; this Nova does not support `{VERSION}`, and an older version omits servers \
             of a cell that is down"
        );
    }
    reason
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn served(text: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
        too_old(&headers)
    }

    #[test]
    fn an_older_version_than_asked_for_is_noticed() {
        assert_eq!(served("compute 2.69"), None);
        assert_eq!(served("compute 2.104"), None);
        assert_eq!(served("identity 3.1, compute 2.96"), None);
        for old in [
            "compute 2.1",
            "compute 2.68",
            "compute",
            "volume 3.71",
            "compute latest",
        ] {
            assert!(served(old).is_some(), "{old}");
        }
        assert!(too_old(&HeaderMap::new()).is_some());
    }
}
