//! What a configuration becomes, and what it is refused for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::config::authentication::Authentication;

mod as_openstacksdk;
mod files;
mod refusals;

const USER: &str = "username: u, password: hunter2";

fn cloud(auth: &str, settings: &str) -> Result<CloudConfig, Error> {
    let text = format!(
        "clouds:\n  a:\n    auth: {{auth_url: 'http://keystone:5000', {auth}}}\n    {settings}\n"
    );
    CloudConfig::from_yaml(&text, "a")
}

fn login(auth: &str, settings: &str) -> Value {
    request(cloud(auth, settings).unwrap())["auth"].clone()
}

/// The body of the request that a cloud logs in with.
fn request(config: CloudConfig) -> Value {
    let (_, login) = config.into_parts();
    match &login.authentication {
        Authentication::Methods { methods, .. } => login.request(methods),
        other => panic!("{other:?}"),
    }
}

fn refused(auth: &str, settings: &str) -> String {
    let error = cloud(auth, settings).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter2"), "{text}");
    error.to_string()
}

#[test]
fn a_user_and_a_project_without_domains_are_of_the_default_domain() {
    assert_eq!(
        login(&format!("{USER}, project_name: p"), ""),
        json!({
            "identity": {"methods": ["password"], "password": {"user": {
                "name": "u", "domain": {"id": "default"}, "password": "hunter2"}}},
            "scope": {"project": {"name": "p", "domain": {"id": "default"}}},
        })
    );
}

#[test]
fn domains_are_taken_by_id_or_name() {
    let auth = format!("{USER}, project_name: p, user_domain_name: U, project_domain_id: d1");
    let body = login(&auth, "");
    let user = &body["identity"]["password"]["user"];
    assert_eq!(user["domain"], json!({"name": "U"}));
    assert_eq!(body["scope"]["project"]["domain"], json!({"id": "d1"}));
}

#[test]
fn one_domain_may_be_used_for_both_and_a_default_may_be_named() {
    for key in ["domain_id", "default_domain_id", "default_domain"] {
        let body = login(&format!("{USER}, project_name: p, {key}: d1"), "");
        let user = &body["identity"]["password"]["user"];
        assert_eq!(user["domain"], json!({"id": "d1"}), "{key}");
        assert_eq!(body["scope"]["project"]["domain"], json!({"id": "d1"}));
    }
}

#[test]
fn ids_need_no_domain() {
    let body = login(
        "user_id: u1, password: x, project_id: p1",
        "auth_type: v3password",
    );
    let user = &body["identity"]["password"]["user"];
    assert_eq!(*user, json!({"id": "u1", "password": "x"}));
    assert_eq!(body["scope"], json!({"project": {"id": "p1"}}));
}

#[test]
fn other_scopes() {
    let scope = |auth: &str| login(&format!("{USER}, {auth}"), "").get("scope").cloned();
    assert_eq!(
        scope("system_scope: all"),
        Some(json!({"system": {"all": true}}))
    );
    assert_eq!(
        scope("domain_name: d"),
        Some(json!({"domain": {"name": "d"}}))
    );
    assert_eq!(
        scope("trust_id: t"),
        Some(json!({"OS-TRUST:trust": {"id": "t"}}))
    );
    assert_eq!(scope("user_domain_id: d"), None);
}

#[test]
fn an_application_credential_sends_no_scope() {
    let auth = "application_credential_id: i, application_credential_secret: s, project_name: p";
    for settings in ["", "auth_type: v3applicationcredential"] {
        assert_eq!(
            login(auth, settings),
            json!({"identity": {"methods": ["application_credential"],
                "application_credential": {"id": "i", "secret": "s"}}})
        );
    }
    assert_eq!(cloud(auth, "").unwrap().project(), None);
}

#[test]
fn an_application_credential_by_name_needs_its_user() {
    let auth = "application_credential_name: n, application_credential_secret: hunter2";
    let body = login(&format!("{auth}, username: u"), "");
    assert_eq!(
        body["identity"]["application_credential"]["user"],
        json!({"name": "u", "domain": {"id": "default"}})
    );
    assert!(refused(auth, "").contains("application_credential_id"));
}

#[test]
fn a_token_is_a_login_too() {
    for settings in ["", "auth_type: token", "auth_type: v3token"] {
        let body = login("token: t, project_id: p1", settings);
        assert_eq!(
            body["identity"],
            json!({"methods": ["token"], "token": {"id": "t"}})
        );
    }
}

#[test]
fn an_unknown_login_is_refused_by_name_when_it_is_needed() {
    for (settings, wanted) in [
        ("auth_type: v3kerberos", "v3kerberos"),
        ("auth_type: ", "none"),
    ] {
        let config = cloud(USER, settings).unwrap();
        let error = crate::Session::new(config, || jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(matches!(&error, Error::UnsupportedAuthType(name) if name == wanted));
    }
}

#[test]
fn what_lacks_is_named_with_its_origin() {
    assert!(refused("username: u", "").starts_with("no `auth.password` in cloud `a`; set it"));
    assert!(refused("password: hunter2", "").contains("`auth.username`"));
    assert!(refused("", "auth_type: token").contains("`auth.token`"));
}

#[test]
fn the_address_of_keystone_gets_its_version() {
    let url = |text: &str| {
        let text = format!("clouds: {{a: {{auth: {{auth_url: '{text}', {USER}}}}}}}");
        CloudConfig::from_yaml(&text, "a").map(|config| config.auth_url().to_string())
    };
    assert_eq!(url("http://k:5000").unwrap(), "http://k:5000/v3");
    assert_eq!(url("http://k:5000/v3/").unwrap(), "http://k:5000/v3");
    assert_eq!(url("https://k/identity/").unwrap(), "https://k/identity/v3");
    for text in [
        "http://k/v2.0",
        "k:5000",
        "ftp://k",
        "http://u:hunter2@k/v3",
        "/v3",
    ] {
        let error = url(text).unwrap_err();
        assert!(matches!(error, Error::InvalidConfig { .. }), "{text}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn version_2_of_identity_is_refused() {
    assert!(cloud(USER, "identity_api_version: 3").is_ok());
    assert!(cloud(USER, "identity_api_version: '3.14'").is_ok());
    assert!(refused(USER, "identity_api_version: 2.0").contains("only version 3"));
}

#[test]
fn interfaces_have_two_spellings() {
    let interface = |settings| cloud(USER, settings).map(|config| config.interfaces().to_vec());
    for (settings, wanted) in [
        ("", Interface::Public),
        ("interface: publicURL", Interface::Public),
        ("interface: internal", Interface::Internal),
        ("endpoint_type: adminURL", Interface::Admin),
    ] {
        assert_eq!(interface(settings).unwrap(), [wanted], "{settings}");
    }
    let both = interface("interface: [internalURL, public, internal]").unwrap();
    assert_eq!(both, [Interface::Internal, Interface::Public]);
    for settings in [
        "interface: private",
        "interface: [internal, private]",
        "interface: {a: b}",
        "interface: [[internal]]",
        "image_interface: private",
    ] {
        assert!(interface(settings).is_err(), "{settings}");
    }
}

#[test]
fn the_first_region_of_a_list_is_used_if_none_is_named() {
    let region = |settings| {
        let config = cloud(USER, settings)?;
        Ok::<_, Error>(config.region().map(str::to_owned))
    };
    assert_eq!(region("").unwrap(), None);
    assert_eq!(region("regions: [one, two]").unwrap().unwrap(), "one");
    assert_eq!(region("regions: [{name: one}]").unwrap().unwrap(), "one");
    let both = "regions: [one, two]\n    region_name: two";
    assert_eq!(region(both).unwrap().unwrap(), "one");
    let another = |settings, name| cloud(USER, settings).unwrap().with_region(name);
    let two = another(
        "regions: [one, {name: two, values: {interface: admin}}]",
        "two",
    )
    .unwrap();
    assert_eq!(
        (two.region(), two.interfaces()),
        (Some("two"), &[Interface::Admin][..])
    );
    assert!(another("regions: [one, two]", "three").is_err());
}

#[test]
fn certificates_are_checked_unless_it_is_said_clearly() {
    let verify = |settings| cloud(USER, settings).map(|config| config.certificates.verify);
    assert!(verify("").unwrap());
    assert!(verify("insecure: false").unwrap());
    assert!(!verify("verify: no").unwrap());
    assert!(!verify("insecure: 'True'").unwrap());
    for settings in [
        "insecure: 'yes'",
        "insecure: 1",
        "verify: 'no'",
        "verify: [a]",
    ] {
        assert!(verify(settings).is_err(), "{settings}");
    }
    let authorities = cloud(USER, "verify: /ca.pem")
        .unwrap()
        .certificates
        .authorities;
    assert_eq!(authorities, Some(PathBuf::from("/ca.pem")));
}

#[test]
fn debug_shows_no_secret() {
    for auth in [
        USER,
        "token: hunter2",
        "application_credential_id: i, application_credential_secret: hunter2",
    ] {
        let text = format!("{:?}", cloud(auth, "").unwrap());
        assert!(!text.contains("hunter2"), "{text}");
    }
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
        "2024-01-01",
        ".5",
        "0o17",
    ] {
        let body = login(
            &format!("username: u, password: {password}, project_id: p"),
            "",
        );
        assert_eq!(body["identity"]["password"]["user"]["password"], password);
    }
}

#[test]
fn empty_values_are_not_stated() {
    for password in ["", "''", "~", "null"] {
        let error = refused(&format!("username: u, password: {password}"), "");
        assert!(error.contains("no `auth.password`"), "{error}");
    }
}

#[test]
fn json_is_read_too() {
    let text = "{\"clouds\": {\n\t\"a\": {\"auth\": {\"auth_url\": \"http://k\", \"token\": \"t\"}, \
                \"verify\": false}}}";
    let config = CloudConfig::from_yaml(text, "a").unwrap();
    assert!(!config.certificates.verify);
}
