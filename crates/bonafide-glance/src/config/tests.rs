//! What a configuration becomes, and what it is refused for.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;

const USER: &str = "username: u, password: hunter2";

fn cloud(auth: &str, settings: &str) -> Result<CloudConfig, Error> {
    let text = format!(
        "clouds:\n  a:\n    auth: {{auth_url: 'http://keystone:5000', {auth}}}\n    {settings}\n"
    );
    CloudConfig::from_yaml(&text, "a")
}

fn login(auth: &str, settings: &str) -> Value {
    let (_, login) = cloud(auth, settings).unwrap().into_parts();
    login.request().unwrap()["auth"].clone()
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
fn one_domain_may_stand_for_both_and_a_default_may_be_named() {
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
    assert_eq!(scope("region: r"), None);
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
    let (_, login) = cloud(USER, "auth_type: v3totp").unwrap().into_parts();
    let error = login.request().unwrap_err();
    assert!(matches!(&error, Error::UnsupportedAuthType(name) if name == "v3totp"));
}

#[test]
fn what_lacks_is_named_with_its_origin() {
    assert!(refused("username: u", "").starts_with("no `auth.password` in cloud `a`; set it"));
    assert!(refused("password: hunter2", "").contains("`auth.username`"));
    assert!(refused("", "auth_type: token").contains("`auth.token`"));
    let error = CloudConfig::from_yaml("clouds: {a: {profile: vendor}}", "a").unwrap_err();
    assert!(
        error.to_string().contains("profiles are not read"),
        "{error}"
    );
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
    let interface = |settings| cloud(USER, settings).map(|config| config.interface());
    assert_eq!(interface("").unwrap(), Interface::Public);
    assert_eq!(
        interface("interface: publicURL").unwrap(),
        Interface::Public
    );
    assert_eq!(
        interface("interface: internal").unwrap(),
        Interface::Internal
    );
    assert_eq!(
        interface("endpoint_type: adminURL").unwrap(),
        Interface::Admin
    );
    assert!(interface("interface: private").is_err());
}

#[test]
fn the_first_region_of_a_list_counts_if_none_is_named() {
    let region = |settings| {
        let config = cloud(USER, settings)?;
        Ok::<_, Error>(config.region().map(str::to_owned))
    };
    assert_eq!(region("").unwrap(), None);
    assert_eq!(region("regions: [one, two]").unwrap().unwrap(), "one");
    assert_eq!(region("regions: [{name: one}]").unwrap().unwrap(), "one");
    let both = "regions: [one, two]\n    region_name: two";
    assert_eq!(region(both).unwrap().unwrap(), "two");
    assert!(region("regions: [{name: one, values: {interface: internal}}]").is_err());
}

#[test]
fn certificates_are_checked_unless_it_is_said_clearly() {
    let verify = |settings| cloud(USER, settings).map(|config| config.certificates.verify);
    assert!(verify("").unwrap());
    assert!(verify("insecure: false").unwrap());
    assert!(!verify("verify: no").unwrap());
    assert!(!verify("insecure: 'True'").unwrap());
    assert!(verify("verify: maybe").is_err());
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

fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let pairs: BTreeMap<String, String> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    move |name| pairs.get(name).cloned()
}

#[test]
fn variables_describe_a_cloud() {
    let config = CloudConfig::from_variables(variables(&[
        ("OS_AUTH_URL", "http://k"),
        ("OS_USERNAME", "u"),
        ("OS_PASSWORD", "hunter2"),
        ("OS_PROJECT_NAME", "p"),
        ("OS_USER_DOMAIN_NAME", "Default"),
        ("OS_PROJECT_DOMAIN_ID", ""),
        ("OS_REGION_NAME", "r"),
        ("OS_INTERFACE", "internal"),
        ("OS_IDENTITY_API_VERSION", "3"),
        ("OS_IMAGE_ENDPOINT_OVERRIDE", "http://glance/prefix"),
    ]))
    .unwrap();
    assert_eq!(config.project(), Some("p"));
    assert_eq!(config.region(), Some("r"));
    assert_eq!(config.interface(), Interface::Internal);
    let error = CloudConfig::from_variables(|_| None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no `auth.auth_url` in the OS_* variables"),
        "{error}"
    );
}

struct Files {
    root: tempfile::TempDir,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { root }
    }

    fn path(&self, path: &str) -> String {
        self.root.path().join(path).display().to_string()
    }

    fn load(&self, cloud: Option<&str>, pairs: &[(&str, &str)]) -> Result<CloudConfig, Error> {
        let directories: Vec<PathBuf> = ["here", "home", "etc"]
            .map(|name| self.root.path().join(name))
            .into();
        CloudConfig::load_with(cloud, &variables(pairs), &directories)
    }
}

fn text(cloud: &str, host: &str) -> String {
    format!(
        "clouds: {{{cloud}: {{auth: {{auth_url: 'http://{host}', username: u, password: x}}}}}}"
    )
}

fn host(config: Result<CloudConfig, Error>) -> String {
    config.unwrap().auth_url().host_str().unwrap().to_owned()
}

#[test]
fn the_first_file_counts_and_a_variable_goes_before() {
    let files = Files::new(&[
        ("home/clouds.yml", &text("a", "home")),
        ("etc/clouds.yaml", &text("a", "etc")),
        ("other/my.yaml", &text("a", "other")),
    ]);
    assert_eq!(host(files.load(Some("a"), &[])), "home");
    assert_eq!(host(files.load(None, &[("OS_CLOUD", "a")])), "home");
    let other = files.path("other/my.yaml");
    let variable = [("OS_CLIENT_CONFIG_FILE", other.as_str())];
    assert_eq!(host(files.load(Some("a"), &variable)), "other");
}

#[test]
fn a_name_counts_more_than_variables_and_variables_more_than_nothing() {
    let files = Files::new(&[("here/clouds.json", &text("a", "file"))]);
    let pairs = [
        ("OS_AUTH_URL", "http://variable"),
        ("OS_USERNAME", "u"),
        ("OS_PASSWORD", "x"),
    ];
    assert_eq!(host(files.load(Some("a"), &pairs)), "file");
    assert_eq!(host(files.load(None, &pairs)), "variable");
    let error = files.load(None, &[]).unwrap_err().to_string();
    assert!(
        error.contains("OS_AUTH_URL") && error.contains("clouds found: `a`"),
        "{error}"
    );
}

#[test]
fn an_unknown_cloud_is_answered_with_the_places_searched() {
    let files = Files::new(&[("home/clouds.yaml", &text("production", "home"))]);
    let error = files.load(Some("prod"), &[]).unwrap_err().to_string();
    for part in [
        "here/clouds.yaml (absent)",
        "home/clouds.yaml`;",
        "`production`",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let error = Files::new(&[])
        .load(Some("prod"), &[])
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("clouds found: none"), "{error}");
}

#[test]
fn a_file_that_a_variable_names_must_exist() {
    let files = Files::new(&[]);
    let path = files.path("absent.yaml");
    let error = files
        .load(Some("a"), &[("OS_CLIENT_CONFIG_FILE", &path)])
        .unwrap_err();
    assert!(matches!(
        error,
        Error::ConfigFile {
            what: "clouds.yaml",
            ..
        }
    ));
}

#[test]
fn secrets_are_merged_from_secure_yaml() {
    let open = "clouds: {a: {auth: {auth_url: 'http://k', username: u, password: open}}}";
    let secure = "clouds: {a: {auth: {password: closed}}, other: {auth: {password: x}}}";
    let files = Files::new(&[("home/clouds.yaml", open), ("home/secure.yaml", secure)]);
    let path = files.root.path().join("home/clouds.yaml");
    for config in [
        files.load(Some("a"), &[]),
        CloudConfig::from_file(&path, "a"),
    ] {
        let (_, login) = config.unwrap().into_parts();
        let body = login.request().unwrap();
        assert_eq!(
            body["auth"]["identity"]["password"]["user"]["password"],
            "closed"
        );
    }
}

#[test]
fn user_directories_follow_the_environment() {
    let found = search::directories(&variables(&[("HOME", "/home/u")]));
    assert_eq!(found[1], PathBuf::from("/home/u/.config/openstack"));
    let found = search::directories(&variables(&[
        ("HOME", "/home/u"),
        ("XDG_CONFIG_HOME", "/x"),
    ]));
    assert_eq!(found[1], PathBuf::from("/x/openstack"));
    assert_eq!(found.last().unwrap(), &PathBuf::from("/etc/openstack"));
}
