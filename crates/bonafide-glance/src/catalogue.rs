//! The catalogue of a token: which service is where.

use serde::Deserialize;
use url::Url;

use crate::config::service_url;
use crate::{Error, Interface};

/// The catalogue that Keystone sends with a token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Catalogue {
    services: Vec<Service>,
}

#[derive(Clone, Debug, Deserialize)]
struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, Deserialize)]
struct Endpoint {
    interface: String,
    #[serde(default)]
    region_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    url: String,
}

impl Catalogue {
    /// The address of a service by type, interface and region; names of services say nothing.
    ///
    /// # Errors
    /// [`Error::NoEndpoint`] if there is none, or if no region is named and the regions differ.
    pub(crate) fn endpoint(
        &self,
        service: &'static str,
        interface: Interface,
        region: Option<&str>,
    ) -> Result<Url, Error> {
        let of_type = || {
            let services = self.services.iter().filter(|entry| entry.kind == service);
            services.flat_map(|entry| &entry.endpoints)
        };
        let mut urls: Vec<&str> = of_type()
            .filter(|endpoint| endpoint.interface == interface.to_string())
            .filter(|endpoint| region.is_none_or(|name| endpoint.is_in(name)))
            .map(|endpoint| endpoint.url.trim_end_matches('/'))
            .collect();
        urls.sort_unstable();
        urls.dedup();
        if let [url] = urls[..]
            && let Ok(url) = service_url(url)
        {
            return Ok(url);
        }
        let mut available: Vec<String> = of_type().map(Endpoint::place).collect();
        if available.is_empty() {
            let types = self.services.iter().map(|entry| entry.kind.as_str());
            available.extend(types.map(|kind| format!("service type {kind}")));
        }
        Err(Error::NoEndpoint {
            service,
            interface,
            region: region.map(str::to_owned),
            available,
        })
    }
}

impl Endpoint {
    fn is_in(&self, region: &str) -> bool {
        self.region_id.as_deref() == Some(region) || self.region.as_deref() == Some(region)
    }

    fn place(&self) -> String {
        let region = self.region_id.as_ref().or(self.region.as_ref());
        let region = region.map_or("without region", String::as_str);
        let url = if service_url(&self.url).is_ok() {
            self.url.as_str()
        } else {
            "an address that can't be used"
        };
        format!("{} {region}: {url}", self.interface)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        serde_json::from_str(
            r#"[
                {"type": "identity", "name": "image", "endpoints": [
                    {"interface": "public", "region_id": "one", "url": "http://keystone/v3"}]},
                {"type": "image", "name": "whatever", "id": "1", "endpoints": [
                    {"interface": "public", "region_id": "one", "region": "one", "url": "http://one/"},
                    {"interface": "public", "region_id": "two", "region": "two", "url": "http://two"},
                    {"interface": "internal", "region_id": "one", "url": "http://inside"},
                    {"interface": "admin", "region": "two", "url": "http://u:p@admin"}]},
                {"type": "compute"}
            ]"#,
        )
        .unwrap()
    }

    fn endpoint(interface: Interface, region: Option<&str>) -> Result<String, String> {
        match catalogue().endpoint("image", interface, region) {
            Ok(url) => Ok(url.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn chosen_by_type_interface_and_region_never_by_name() {
        assert_eq!(
            endpoint(Interface::Public, Some("one")).unwrap(),
            "http://one/"
        );
        assert_eq!(
            endpoint(Interface::Public, Some("two")).unwrap(),
            "http://two/"
        );
        assert_eq!(
            endpoint(Interface::Internal, None).unwrap(),
            "http://inside/"
        );
    }

    #[test]
    fn without_a_region_several_regions_are_refused() {
        let error = endpoint(Interface::Public, None).unwrap_err();
        assert!(error.contains("`public one: http://one/`"), "{error}");
        assert!(error.contains("region_name"), "{error}");
    }

    #[test]
    fn an_unknown_region_is_answered_with_those_that_exist() {
        let error = endpoint(Interface::Public, Some("three")).unwrap_err();
        assert!(error.contains("region `three`"), "{error}");
        assert!(error.contains("public two"), "{error}");
    }

    #[test]
    fn an_address_with_user_info_is_neither_used_nor_shown() {
        let error = endpoint(Interface::Admin, None).unwrap_err();
        assert!(!error.contains("u:p"), "{error}");
    }

    #[test]
    fn a_type_that_is_not_there_is_answered_with_the_types_that_are() {
        let error = catalogue().endpoint("volume", Interface::Public, None);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`service type compute`"), "{error}");
    }
}
