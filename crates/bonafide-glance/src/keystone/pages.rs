//! Lists in pages.

use std::collections::HashSet;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::api_error::redacted;
use crate::http::request::ApiRequest;
use crate::http::response::{ApiResponse, decode, is_too_long};
use crate::{Error, Session};

const LIMIT: &str = "limit";

/// One page of a list.
pub(crate) trait Page: DeserializeOwned {
    /// The end of the path of such a list.
    const ENDING: &str;
    /// Whether a link to another host is an error. Services behind a proxy may have another name
    /// internally; only the marker of the link is used.
    const SAME_HOST: bool;

    /// The link to the next page.
    fn next(&self) -> Option<&str>;
}

/// A link of Nova or Cinder.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    rel: String,
    href: String,
}

impl Link {
    pub(crate) fn next(links: &[Self]) -> Option<&str> {
        let next = links.iter().find(|link| link.rel == "next");
        next.map(|link| link.href.as_str())
    }
}

/// A list that is read page by page.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    session: &'a Session,
    first: ApiRequest,
    /// A link that can't be followed is an error only after its page was returned.
    next: Option<Result<ApiRequest, Error>>,
    markers: HashSet<String>,
    most: usize,
}

impl<'a> Pages<'a> {
    /// The list that begins with the answer to `first`, with at most this many pages.
    pub(crate) fn new(session: &'a Session, first: ApiRequest, most: usize) -> Self {
        Self {
            session,
            next: Some(Ok(first.clone())),
            first,
            markers: HashSet::new(),
            most,
        }
    }

    /// Fetches the next page; `None` after the last one or after an error.
    pub(crate) async fn next<P: Page>(&mut self) -> Result<Option<(P, HeaderMap)>, Error> {
        let Some(call) = self.next.take().transpose()? else {
            return Ok(None);
        };
        let (call, answer) = self.answered(call).await?;
        let page: P = answer.json()?;
        if let Some(link) = page.next() {
            self.next = Some(self.following::<P>(&call, link));
        }
        Ok(Some((page, answer.headers)))
    }

    /// The answer. A page that is too long is requested again with fewer elements: other tenants
    /// must not be able to prevent the list from being read.
    async fn answered(&mut self, mut call: ApiRequest) -> Result<(ApiRequest, ApiResponse), Error> {
        loop {
            match self.session.send(&call).await {
                Err(error) if is_too_long(&error) => {
                    let Some(url) = with_shorter_pages(&call.url) else {
                        return Err(error);
                    };
                    call.url = url;
                    if let Some(first) = with_shorter_pages(&self.first.url) {
                        self.first.url = first;
                    }
                }
                answered => return Ok((call, answered?)),
            }
        }
    }

    /// The request for the page of `link`: the first one with the link's marker. So neither a
    /// filter nor `all_projects` can get lost.
    fn following<P: Page>(&mut self, call: &ApiRequest, link: &str) -> Result<ApiRequest, Error> {
        let refused = |reason| decode(call.verb, &call.url, reason);
        let marker = marker::<P>(&self.first.url, link).map_err(refused)?;
        if self.markers.contains(&marker) {
            return Err(refused(format!(
                "the pages form a circle: marker `{marker}` occurred before"
            )));
        }
        if self.markers.len() + 1 >= self.most {
            return Err(refused(format!("more than {} pages", self.most)));
        }
        let mut next = self.first.clone();
        next.url.query_pairs_mut().append_pair("marker", &marker);
        self.markers.insert(marker);
        Ok(next)
    }
}

/// The same list with an eighth of the elements a page, if it has a limit.
fn with_shorter_pages(url: &Url) -> Option<Url> {
    let limit = url.query_pairs().find(|(name, _)| name == LIMIT)?;
    let limit: u32 = limit.1.parse().ok()?;
    let shorter = limit.checked_div(8).filter(|limit| *limit > 0)?;
    let others: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| name != LIMIT)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    let mut pairs = url.query_pairs_mut();
    pairs.clear().extend_pairs(others);
    pairs.append_pair(LIMIT, &shorter.to_string());
    drop(pairs);
    Some(url)
}

/// The element after which the next page begins. The link's path lacks a prefix that a proxy put
/// before it, but it must be that of such a list.
fn marker<P: Page>(first: &Url, link: &str) -> Result<String, String> {
    let Ok(link) = first.join(link) else {
        return Err("the link to the next page is not a URL".to_owned());
    };
    if P::SAME_HOST && link.origin() != first.origin() {
        return Err(format!("the next page is elsewhere: {}", redacted(&link)));
    }
    let marker = link.query_pairs().find(|(name, _)| name == "marker");
    match marker {
        Some((_, marker)) if !marker.is_empty() && link.path().ends_with(P::ENDING) => {
            Ok(marker.into_owned())
        }
        _ => Err(format!(
            "the next page is not a page of `{}`: {}",
            P::ENDING,
            redacted(&link)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Images;

    impl Page for Images {
        const ENDING: &str = "/images";
        const SAME_HOST: bool = true;

        fn next(&self) -> Option<&str> {
            None
        }
    }

    #[derive(Deserialize)]
    struct Servers;

    impl Page for Servers {
        const ENDING: &str = "/servers/detail";
        const SAME_HOST: bool = false;

        fn next(&self) -> Option<&str> {
            None
        }
    }

    fn next<P: Page>(link: &str) -> Result<String, String> {
        marker::<P>(&Url::parse("https://cloud/image/v2/images").unwrap(), link)
    }

    #[test]
    fn the_next_page_keeps_the_prefix_of_a_proxy() {
        for link in [
            "/v2/images?limit=2&marker=a",
            "https://cloud/image/v2/images?marker=a",
        ] {
            assert_eq!(next::<Images>(link).unwrap(), "a");
        }
    }

    #[test]
    fn the_next_page_does_not_lead_elsewhere() {
        for link in [
            "https://evil/v2/images?marker=a",
            "//evil/v2/images?marker=a",
            "http://cloud/v2/images?marker=a",
            "https://cloud:444/v2/images?marker=a",
            "/v2/tasks?marker=a",
            "/v2/images",
            "/v2/images?marker=",
            "http://[",
        ] {
            assert!(next::<Images>(link).is_err(), "{link}");
        }
    }

    #[test]
    fn a_service_may_know_itself_by_another_name_if_that_is_allowed() {
        let link = "http://inside:8774/v2.1/servers/detail?all_tenants=1&marker=a";
        assert_eq!(next::<Servers>(link).unwrap(), "a");
        for link in [
            "http://inside:8774/v2.1/servers?marker=a",
            "http://inside:8774/v2.1/servers/detail?all_tenants=1",
        ] {
            assert!(next::<Servers>(link).is_err(), "{link}");
        }
    }
}
