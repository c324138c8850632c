//! The service catalog of a token: the endpoints of each service.

use std::collections::BTreeSet;

use serde::Deserialize;
use url::Url;

use crate::endpoint::{Service, service_url};
use crate::{Error, Interface};

/// The service catalog that Keystone sends with a token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ServiceCatalog {
    services: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
struct Entry {
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

impl ServiceCatalog {
    /// Whether there is no service at all, as in an unscoped token.
    pub(crate) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// Whether there is an endpoint of such a service, whatever its interface and region.
    pub(crate) fn has(&self, service: Service) -> bool {
        self.endpoints(service).next().is_some()
    }

    /// The URL of a service by type, interface and region; names of services are ignored. Of
    /// several interfaces the first one that the service has there is used.
    ///
    /// # Errors
    /// [`Error::NoEndpoint`] if there is none, or if no region is named and the regions differ.
    pub(crate) fn endpoint(
        &self,
        service: Service,
        interfaces: &[Interface],
        region: Option<&str>,
    ) -> Result<Url, Error> {
        let urls = |interface: &Interface| {
            let mut urls: Vec<&str> = self
                .endpoints(service)
                .filter(|endpoint| endpoint.interface == interface.to_string())
                .filter(|endpoint| region.is_none_or(|name| endpoint.is_in(name)))
                .map(|endpoint| endpoint.url.trim_end_matches('/'))
                .collect();
            urls.sort_unstable();
            urls.dedup();
            urls
        };
        let mut lists = interfaces.iter().map(urls);
        if let Some(urls) = lists.find(|urls| !urls.is_empty())
            && let [url] = urls[..]
            && let Ok(url) = service_url(url)
        {
            return Ok(url);
        }
        let mut available: Vec<String> = self.endpoints(service).map(Endpoint::place).collect();
        if available.is_empty() {
            let types = self.services.iter().map(|entry| entry.kind.as_str());
            available.extend(types.map(|kind| format!("service type {kind}")));
        }
        Err(Error::NoEndpoint {
            service: service.name(),
            interfaces: interfaces.to_vec(),
            region: region.map(str::to_owned),
            available,
        })
    }

    /// The URLs of a service in all regions that have this image service.
    pub(crate) fn beside(
        &self,
        image: &Url,
        service: Service,
        interfaces: &[Interface],
    ) -> BTreeSet<String> {
        let image = unversioned(image.as_str());
        let regions: BTreeSet<_> = self
            .endpoints(Service::Image)
            .filter(|endpoint| unversioned(&endpoint.address()) == image)
            .map(Endpoint::region)
            .collect();
        let in_region = |region| {
            let of = |interface: &Interface| -> Vec<String> {
                let wanted = interface.to_string();
                self.endpoints(service)
                    .filter(|endpoint| endpoint.interface == wanted && endpoint.region() == region)
                    .map(Endpoint::address)
                    .collect()
            };
            let mut lists = interfaces.iter().map(of);
            lists.find(|list| !list.is_empty()).unwrap_or_default()
        };
        regions.into_iter().flat_map(in_region).collect()
    }

    /// The endpoints of the first type that has any: a type is not skipped because its regions
    /// differ.
    fn endpoints(&self, service: Service) -> impl Iterator<Item = &Endpoint> {
        let of_type = move |kind: &'static str| {
            let services = self.services.iter().filter(move |entry| entry.kind == kind);
            services.flat_map(|entry| &entry.endpoints)
        };
        let kinds = service.types().iter();
        let kind = kinds.copied().find(|kind| of_type(kind).next().is_some());
        kind.into_iter().flat_map(of_type)
    }
}

impl Endpoint {
    fn is_in(&self, region: &str) -> bool {
        self.region_id.as_deref() == Some(region) || self.region.as_deref() == Some(region)
    }

    fn region(&self) -> Option<&str> {
        self.region_id.as_deref().or(self.region.as_deref())
    }

    /// Without a slash at its end.
    fn address(&self) -> String {
        match service_url(&self.url) {
            Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
            Err(_) => "a URL that can't be used".to_owned(),
        }
    }

    fn place(&self) -> String {
        let region = self.region().unwrap_or("without region");
        let url = if service_url(&self.url).is_ok() {
            self.url.as_str()
        } else {
            "a URL that can't be used"
        };
        format!("{} {region}: {url}", self.interface)
    }
}

/// The URL of an image service without the version, which a service catalog may include or not.
fn unversioned(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    address.strip_suffix("/v2").unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog() -> ServiceCatalog {
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
        match catalog().endpoint(Service::Image, &[interface], region) {
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
    fn of_several_interfaces_the_first_is_taken_that_the_region_has() {
        let address = |interfaces: &[Interface], region| {
            let url = catalog().endpoint(Service::Image, interfaces, Some(region));
            url.map(|url| url.to_string())
        };
        let both = [Interface::Internal, Interface::Public];
        assert_eq!(address(&both, "one").unwrap(), "http://inside/");
        assert_eq!(address(&both, "two").unwrap(), "http://two/");
        let error = address(&[Interface::Internal, Interface::Admin], "three").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("interface `internal` or `admin`"), "{text}");
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
        let error = catalog().endpoint(Service::BlockStorage, &[Interface::Public], None);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`service type compute`"), "{error}");
    }

    #[test]
    fn an_older_type_counts_where_the_official_one_is_missing() {
        let catalog = |kinds: &[&str]| -> ServiceCatalog {
            let entries = kinds.iter().map(|kind| {
                let url = format!("http://{kind}");
                json!({"type": kind, "endpoints": [{"interface": "public", "url": url}]})
            });
            serde_json::from_value(entries.collect()).unwrap()
        };
        let storage = Service::BlockStorage;
        let address = |kinds| catalog(kinds).endpoint(storage, &[Interface::Public], None);
        assert_eq!(
            address(&["volumev3", "block-storage"]).unwrap().as_str(),
            "http://block-storage/"
        );
        assert_eq!(address(&["volumev3"]).unwrap().as_str(), "http://volumev3/");
        assert!(catalog(&["volumev3"]).has(storage));
        let error = address(&["volumev2"]).unwrap_err().to_string();
        assert!(
            error.contains("`block_storage_endpoint_override`"),
            "{error}"
        );
        assert!(!catalog(&["volumev2"]).has(storage));
    }

    #[test]
    fn regions_that_share_an_image_service_are_seen_together() {
        let endpoint = |region: &str, url: &str| json!({"interface": "public", "region_id": region, "url": url});
        let catalog: ServiceCatalog = serde_json::from_value(json!([
            {"type": "image", "endpoints": [
                endpoint("a", "http://image/v2/"), endpoint("b", "http://image"),
                endpoint("c", "http://image-c")]},
            {"type": "compute", "endpoints": [
                endpoint("a", "http://nova-a"), endpoint("b", "http://nova-b"),
                endpoint("c", "http://nova-c")]},
        ]))
        .unwrap();
        let beside = |image| {
            let image = Url::parse(image).unwrap();
            let addresses = catalog.beside(&image, Service::Compute, &[Interface::Public]);
            addresses.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(
            beside("http://image/v2"),
            ["http://nova-a", "http://nova-b"]
        );
        assert_eq!(beside("http://image-c/v2"), ["http://nova-c"]);
        assert!(beside("http://elsewhere/v2").is_empty());
    }
}
