//! From the words of a cloud to a configuration that can be used.

use std::env;
use std::path::{Path, PathBuf};

use url::Url;

use super::authentication::Login;
use super::entry::{Entry, Region, Settings};
use super::{Certificates, CloudConfig, Interface, Place};
use crate::Error;

impl CloudConfig {
    pub(super) fn new(mut entry: Entry, origin: &str) -> Result<Self, Error> {
        let origin = Origin(origin);
        let settings = &entry.settings;
        if let Some(version) = &settings.identity_api_version
            && version.trim_start_matches('v').split('.').next() != Some("3")
        {
            let reason = "only version 3 of the Identity API is left; write 3";
            return Err(origin.invalid("identity_api_version", reason));
        }
        let address = |key, text: &Option<String>| {
            let url = text.as_deref().map(service_url).transpose();
            url.map_err(|reason| origin.invalid(key, reason))
        };
        let place = Place {
            auth_url: auth_url(&entry, origin)?,
            block_storage_endpoint_override: address(
                "block_storage_endpoint_override",
                &settings.block_storage_endpoint_override,
            )?,
            compute_endpoint_override: address(
                "compute_endpoint_override",
                &settings.compute_endpoint_override,
            )?,
            image_endpoint_override: address(
                "image_endpoint_override",
                &settings.image_endpoint_override,
            )?,
            interface: interface(settings, origin)?,
            region: region(&entry, origin)?,
        };
        let certificates = certificates(settings, origin)?;
        let auth_type = settings.auth_type.as_deref();
        Ok(Self {
            certificates,
            login: Login::new(&mut entry.auth, auth_type, origin.0)?,
            place,
            request_deadline: Self::DEFAULT_REQUEST_DEADLINE,
            idle_timeout: Self::DEFAULT_IDLE_TIMEOUT,
        })
    }
}

/// Where the words are from.
#[derive(Clone, Copy)]
struct Origin<'a>(&'a str);

impl Origin<'_> {
    fn invalid(self, key: &str, reason: &str) -> Error {
        Error::InvalidConfig {
            key: key.to_owned(),
            origin: self.0.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// Keystone's address with its version: `/v3` is appended where it lacks, which spares the
/// request for the list of versions.
fn auth_url(entry: &Entry, origin: Origin<'_>) -> Result<Url, Error> {
    let Some(text) = &entry.auth.auth_url else {
        return Err(Error::MissingConfig {
            key: "`auth.auth_url`",
            origin: origin.0.to_owned(),
            hint: match entry.settings.profile {
                Some(_) => "vendors' profiles are not read, so write it into the cloud",
                None => "set it, or OS_AUTH_URL, to Keystone's address, which ends in /v3",
            },
        });
    };
    let mut url = service_url(text).map_err(|reason| origin.invalid("auth.auth_url", reason))?;
    let path = url.path().trim_end_matches('/').to_owned();
    if path.ends_with("/v2.0") {
        let reason = "version 2.0 of the Identity API is gone; write the address that ends in /v3";
        return Err(origin.invalid("auth.auth_url", reason));
    }
    if path.ends_with("/v3") {
        url.set_path(&path);
    } else {
        url.set_path(&format!("{path}/v3"));
    }
    Ok(url)
}

fn interface(settings: &Settings, origin: Origin<'_>) -> Result<Interface, Error> {
    let stated = settings
        .interface
        .as_ref()
        .or(settings.endpoint_type.as_ref());
    match stated.map(|text| text.trim_end_matches("URL")) {
        None | Some("public") => Ok(Interface::Public),
        Some("internal") => Ok(Interface::Internal),
        Some("admin") => Ok(Interface::Admin),
        Some(_) => Err(origin.invalid("interface", "write public, internal or admin")),
    }
}

/// The region that is named, else the first of the list, as openstacksdk has it.
fn region(entry: &Entry, origin: Origin<'_>) -> Result<Option<String>, Error> {
    match (&entry.settings.region_name, entry.regions.first()) {
        (Some(name), _)
        | (None, Some(Region::Name(name) | Region::Detailed { name, values: None })) => {
            Ok(Some(name.clone()))
        }
        (None, Some(Region::Detailed { .. })) => Err(origin.invalid(
            "regions",
            "the values of a region are not read; write them into the cloud and set `region_name`",
        )),
        (None, None) => Ok(None),
    }
}

fn certificates(settings: &Settings, origin: Origin<'_>) -> Result<Certificates, Error> {
    let flag = |key, value: &Option<String>| match value.as_deref().map(boolean) {
        None => Ok(None),
        Some(Some(flag)) => Ok(Some(flag)),
        Some(None) => Err(origin.invalid(key, "write true or false")),
    };
    let insecure = flag("insecure", &settings.insecure)?;
    let verify = flag("verify", &settings.verify)?;
    let path = |text: &Option<String>| text.as_deref().map(expanded);
    Ok(Certificates {
        verify: insecure != Some(true) && verify != Some(false),
        authorities: path(&settings.cacert),
        certificate: path(&settings.cert),
        key: path(&settings.key),
    })
}

/// The address of a service, which must not carry a password.
pub(crate) fn service_url(text: &str) -> Result<Url, &'static str> {
    let Ok(mut url) = Url::parse(text) else {
        return Err("not a URL; write http:// or https:// and the host");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("not an address of the Web; write http:// or https:// and the host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user or password in it is not used");
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
        "false" | "no" | "off" | "0" | "f" | "n" => Some(false),
        _ => None,
    }
}

/// `~/` is the home directory, as openstacksdk has it.
fn expanded(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Service;

    #[test]
    fn the_address_of_every_service_can_be_set_by_file_and_by_variable() {
        for (key, service) in [
            ("block_storage_endpoint_override", Service::BlockStorage),
            ("compute_endpoint_override", Service::Compute),
            ("image_endpoint_override", Service::Image),
        ] {
            let config = |url: &str| {
                let auth = "auth: {auth_url: 'http://k', token: t}";
                let text = format!("clouds: {{a: {{{key}: '{url}', {auth}}}}}");
                CloudConfig::from_yaml(&text, "a")
            };
            let (place, _) = config("http://service/v9").unwrap().into_parts();
            for other in [Service::BlockStorage, Service::Compute, Service::Image] {
                let url = place.endpoint_override(other).map(Url::as_str);
                assert_eq!(url, (other == service).then_some("http://service/v9"));
            }
            let error = config("service").unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")), "{error}");

            let variable = format!("OS_{}", key.to_ascii_uppercase());
            let config = CloudConfig::from_variables(|name| match name {
                "OS_AUTH_URL" => Some("http://k".to_owned()),
                "OS_TOKEN" => Some("t".to_owned()),
                _ => (name == variable).then(|| "http://service".to_owned()),
            });
            let (place, _) = config.unwrap().into_parts();
            assert!(place.endpoint_override(service).is_some());
        }
    }
}
