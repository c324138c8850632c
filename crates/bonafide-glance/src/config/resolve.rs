//! From a parsed cloud to a usable configuration.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::authentication::Login;
use super::cloud_config::{Certificates, CloudConfig, Endpoints, ServicePlace};
use super::keys::NOT_BUILT_IN;
use super::methods;
use super::settled::{Settled, Written, missing, texts};
use super::tree::Node;
use crate::endpoint::{Interface, Service, service_url};
use crate::{Error, RetryPolicy};

impl CloudConfig {
    /// Settles a cloud for the requested region, else for its configured one.
    pub(crate) fn new(written: Written, region: Option<&str>) -> Result<Self, Error> {
        let settled = written.settle(region)?;
        let nothing = written.cloud.is_empty();
        for (key, reason) in NOT_BUILT_IN {
            if settled.setting(key).is_some() {
                return Err(settled.invalid(key, reason));
            }
        }
        check_version(&settled, "identity_api_version", "3")?;
        let place = Endpoints {
            auth_url: auth_url(&settled, nothing)?,
            block_storage: service_place(&settled, Service::BlockStorage)?,
            compute: service_place(&settled, Service::Compute)?,
            image: service_place(&settled, Service::Image)?,
        };
        Ok(Self {
            certificates: certificates(&settled)?,
            login: Login::new(methods::authentication(&settled)?, &settled)?,
            place,
            request_deadline: deadline(&settled)?,
            retry_policy: RetryPolicy::default(),
            idle_timeout: Self::DEFAULT_IDLE_TIMEOUT,
            written,
        })
    }
}

/// Keystone's URL with its version: a missing `/v3` is appended, which saves the request for the
/// list of versions.
fn auth_url(settled: &Settled, nothing: bool) -> Result<Url, Error> {
    let Some(text) = settled.auth("auth_url") else {
        let hint = if nothing {
            "the cloud has no keys at all; write at least `auth` with its `auth_url`"
        } else {
            "set it, or OS_AUTH_URL, to Keystone's address, which ends in /v3"
        };
        return Err(missing(settled, "`auth.auth_url`", hint));
    };
    let mut url = service_url(text).map_err(|reason| settled.invalid("auth.auth_url", reason))?;
    let path = url.path().trim_end_matches('/').to_owned();
    if path.ends_with("/v2.0") {
        let reason = "version 2.0 of the Identity API is gone; write the address that ends in /v3";
        return Err(settled.invalid("auth.auth_url", reason));
    }
    if path.ends_with("/v3") {
        url.set_path(&path);
    } else {
        url.set_path(&format!("{path}/v3"));
    }
    Ok(url)
}

/// The endpoint settings of a service: its own ones by its name or an older one, else those of the
/// cloud.
fn service_place(settled: &Settled, service: Service) -> Result<ServicePlace, Error> {
    // The older key is read first: openstacksdk treats it as the newer one, and prefers it.
    let find = |setting: &str| {
        let mut keys = service
            .prefixes()
            .iter()
            .map(|prefix| format!("{prefix}_{setting}"));
        keys.find(|key| settled.setting(key).is_some())
    };
    for setting in ["service_name", "service_type"] {
        let Some(key) = find(setting) else { continue };
        let text = settled.text(&key)?.unwrap_or_default();
        if setting == "service_name" || !service.types().contains(&text.as_str()) {
            let reason = "services are chosen by their official type; remove it";
            return Err(settled.invalid(&key, reason));
        }
    }
    if let Some(key) = find("api_version") {
        check_version(settled, &key, service.version())?;
    }
    let mut endpoint_override = None;
    for setting in ["endpoint_override", "endpoint"] {
        if let Some(key) = find(setting)
            && endpoint_override.is_none()
            && let Some(text) = settled.text(&key)?
        {
            let url = service_url(&text).map_err(|reason| settled.invalid(&key, reason))?;
            endpoint_override = Some(url);
        }
    }
    let key = find("endpoint_type").or_else(|| find("interface"));
    let common = ["endpoint_type", "interface"].map(str::to_owned);
    let key = key.or_else(|| {
        common
            .into_iter()
            .find(|key| settled.setting(key).is_some())
    });
    let region = match find("region_name") {
        Some(key) => settled.text(&key)?,
        None => settled.region.clone(),
    };
    Ok(ServicePlace {
        endpoint_override,
        interfaces: match key {
            Some(key) => interfaces(settled, &key)?,
            None => vec![Interface::Public],
        },
        region,
    })
}

/// The interfaces that a key lists, the best one first.
fn interfaces(settled: &Settled, key: &str) -> Result<Vec<Interface>, Error> {
    let texts = match settled.setting(key) {
        Some(list @ Node::List(_)) => texts(list, key, &settled.origin)?,
        _ => settled.text(key)?.into_iter().collect(),
    };
    let mut interfaces = Vec::new();
    for text in texts {
        let interface = match text.trim_end_matches("URL") {
            "public" => Interface::Public,
            "internal" => Interface::Internal,
            "admin" => Interface::Admin,
            _ => {
                let reason = "write public, internal or admin, or a list of them, best first";
                return Err(settled.invalid(key, reason));
            }
        };
        if !interfaces.contains(&interface) {
            interfaces.push(interface);
        }
    }
    if interfaces.is_empty() {
        interfaces.push(Interface::Public);
    }
    Ok(interfaces)
}

/// Whether a version of an API is the supported one, with or without a minor number.
fn check_version(settled: &Settled, key: &str, spoken: &str) -> Result<(), Error> {
    let Some(version) = settled.text(key)? else {
        return Ok(());
    };
    if version.trim_start_matches('v').split('.').next() == Some(spoken) {
        return Ok(());
    }
    let reason = format!("only version {spoken} of this API is supported; write {spoken}");
    Err(settled.invalid(key, &reason))
}

/// The deadline of a request. Like in openstacksdk, every other key that ends in `timeout` has the
/// same meaning: there is one deadline for all services.
fn deadline(settled: &Settled) -> Result<Duration, Error> {
    let other = settled.settings().filter(|(key, node)| {
        key.ends_with("timeout")
            && !["api_timeout", "timeout"].contains(key)
            && **node != Node::Null
    });
    let key = other.last().map_or("api_timeout", |(key, _)| key);
    let Some(text) = settled.text(key)? else {
        return Ok(CloudConfig::DEFAULT_REQUEST_DEADLINE);
    };
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| settled.invalid(key, "write a number of seconds above 0"))
}

fn certificates(settled: &Settled) -> Result<Certificates, Error> {
    let insecure = match settled.setting("insecure") {
        None => false,
        Some(node) => {
            flag(node).ok_or_else(|| settled.invalid("insecure", "write true or false"))?
        }
    };
    let mut authorities = settled.text("cacert")?.as_deref().map(expanded);
    let verify = match settled.setting("verify") {
        None => true,
        Some(node) => match (flag(node), settled.text("verify")?) {
            (Some(flag), _) => flag,
            (None, Some(text)) if looks_boolean(&text) => {
                return Err(settled.invalid("verify", "write true or false"));
            }
            // As in openstacksdk, this may be the path of the authorities.
            (None, Some(text)) => {
                authorities = authorities.or_else(|| Some(expanded(&text)));
                true
            }
            (None, None) => true,
        },
    };
    let path = |key| -> Result<_, Error> { Ok(settled.text(key)?.as_deref().map(expanded)) };
    Ok(Certificates {
        verify: verify && !insecure,
        authorities,
        certificate: path("cert")?,
        key: path("key")?,
    })
}

/// A boolean of YAML, or the text `true` or `false`.
fn flag(node: &Node) -> Option<bool> {
    match node {
        Node::Flag { value, .. } => Some(*value),
        Node::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Node::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Texts that some programs read as a boolean and others do not.
fn looks_boolean(text: &str) -> bool {
    let words = [
        "yes", "no", "on", "off", "1", "0", "t", "f", "y", "n", "none",
    ];
    words.contains(&text.to_ascii_lowercase().as_str())
}

/// `~/` is the home directory, as in openstacksdk.
fn expanded(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                let url = place.of(other).endpoint_override.as_ref().map(Url::as_str);
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
            assert!(place.of(service).endpoint_override.is_some());
        }
    }
}
