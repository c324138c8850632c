//! The words of one cloud as they stand in `clouds.yaml`, `secure.yaml` or `OS_*`, before they
//! mean anything.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::Error;

/// Defines a struct of optional texts whose field names are the keys in the file and, with `OS_`
/// before them, the names of the variables.
macro_rules! texts {
    ($(#[$meta:meta])* $name:ident { $($field:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Default, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            $(pub(super) $field: Option<String>,)*
        }

        impl $name {
            /// Values of `over` win.
            pub(super) fn merged(self, over: Self) -> Self {
                Self { $($field: stated(over.$field).or(stated(self.$field)),)* }
            }

            pub(super) fn from_variables(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
                Self {
                    $($field: stated(lookup(
                        &format!("OS_{}", stringify!($field).to_ascii_uppercase()),
                    )),)*
                }
            }
        }
    };
}

texts! {
    /// What identifies the user, and for what.
    Auth {
        application_credential_id, application_credential_name, application_credential_secret,
        auth_url, default_domain, default_domain_id, default_domain_name, domain_id, domain_name,
        password, project_domain_id, project_domain_name, project_id, project_name, system_scope,
        tenant_id, tenant_name, token, trust_id, user_domain_id, user_domain_name, user_id,
        username,
    }
}

texts! {
    /// How to talk to the cloud.
    Settings {
        auth_type, block_storage_endpoint_override, cacert, cert, compute_endpoint_override,
        endpoint_type, identity_api_version, image_endpoint_override, insecure, interface, key,
        profile, region_name, verify,
    }
}

/// One cloud.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) auth: Auth,
    pub(super) settings: Settings,
    pub(super) regions: Vec<Region>,
}

/// An element of `regions`: a name, or a name with values of its own.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Region {
    Name(String),
    Detailed {
        name: String,
        #[serde(default)]
        values: Option<IgnoredAny>,
    },
}

#[derive(Deserialize)]
struct Document<T> {
    #[serde(default = "BTreeMap::new")]
    clouds: BTreeMap<String, Option<T>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rest {
    auth: Option<Auth>,
    regions: Vec<Region>,
}

impl Entry {
    pub(super) fn from_variables(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            auth: Auth::from_variables(lookup),
            settings: Settings::from_variables(lookup),
            regions: Vec::new(),
        }
    }

    pub(super) fn merged(self, over: Self) -> Self {
        Self {
            auth: self.auth.merged(over.auth),
            settings: self.settings.merged(over.settings),
            regions: if over.regions.is_empty() {
                self.regions
            } else {
                over.regions
            },
        }
    }
}

/// Reads every cloud of a document. As in openstacksdk, keys of `auth` may also stand outside of
/// it, where they count less.
///
/// The same text is read once for each struct rather than with `#[serde(flatten)]`, which would
/// make numbers of unquoted passwords like `0123`.
pub(super) fn read(text: &str, origin: &str) -> Result<BTreeMap<String, Entry>, Error> {
    let outside: Document<Auth> = parse(text, origin)?;
    let mut settings: Document<Settings> = parse(text, origin)?;
    let mut rest: Document<Rest> = parse(text, origin)?;
    let entries = outside.clouds.into_iter().map(|(name, outside)| {
        let settings = settings.clouds.remove(&name).flatten();
        let rest = rest.clouds.remove(&name).flatten().unwrap_or_default();
        let auth = outside
            .unwrap_or_default()
            .merged(rest.auth.unwrap_or_default());
        let entry = Entry {
            auth,
            settings: Settings::default().merged(settings.unwrap_or_default()),
            regions: rest.regions,
        };
        (name, entry)
    });
    Ok(entries.collect())
}

fn parse<T: DeserializeOwned>(text: &str, origin: &str) -> Result<Document<T>, Error> {
    serde_saphyr::from_str(text).map_err(|error| Error::InvalidConfig {
        key: "clouds".to_owned(),
        origin: origin.to_owned(),
        // The parser's own words may quote the line, and with it a password.
        reason: match error.location() {
            Some(place) => format!(
                "not a YAML mapping of clouds, see line {} column {}",
                place.line(),
                place.column()
            ),
            None => "not a YAML mapping of clouds".to_owned(),
        },
    })
}

fn stated(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Entry {
        read(text, "test").unwrap().remove("a").unwrap()
    }

    #[test]
    fn unquoted_secrets_stay_as_they_are_written() {
        for password in [
            "0123456",
            "1e5",
            "0x10",
            "true",
            "no",
            "12345678901234567890",
            "1_000",
        ] {
            let text = format!("clouds:\n  a:\n    auth:\n      password: {password}\n");
            assert_eq!(one(&text).auth.password.as_deref(), Some(password));
        }
    }

    #[test]
    fn empty_values_are_not_stated() {
        let entry = one("clouds:\n  a:\n    auth:\n      password:\n      username: ''\n");
        assert!(entry.auth.password.is_none());
        assert!(entry.auth.username.is_none());
    }

    #[test]
    fn keys_of_auth_may_stand_outside_and_then_count_less() {
        let entry = one(
            "clouds:\n  a:\n    project_name: outer\n    username: u\n    auth:\n      project_name: inner\n",
        );
        assert_eq!(entry.auth.project_name.as_deref(), Some("inner"));
        assert_eq!(entry.auth.username.as_deref(), Some("u"));
    }

    #[test]
    fn a_parse_error_names_the_line_and_never_quotes_it() {
        let text = "clouds:\n  a:\n    auth: hunter2\n";
        let Err(error) = read(text, "clouds.yaml") else {
            panic!("`auth` must be a mapping")
        };
        let text = format!("{error} {error:?}");
        assert!(text.contains("line 3"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn json_is_read_too() {
        let entry =
            one(r#"{"clouds": {"a": {"auth": {"auth_url": "http://k"}, "verify": false}}}"#);
        assert_eq!(entry.auth.auth_url.as_deref(), Some("http://k"));
        assert_eq!(entry.settings.verify.as_deref(), Some("false"));
    }

    #[test]
    fn a_document_without_clouds_has_none() {
        assert!(read("public-clouds: {}\n", "test").unwrap().is_empty());
        assert!(read("clouds:\n  a:\n", "test").unwrap().contains_key("a"));
    }
}
