//! What is refused, by name and without a secret.

use super::files::{Files, text};
use super::*;

#[test]
fn a_parse_error_names_the_line_and_never_quotes_it() {
    for text in [
        "clouds:\n  a:\n    auth: {password: hunter2]\n",
        "clouds:\n  a:\n    - hunter2\n   b: [\n",
        "clouds:\n  a: !!int hunter2\n",
    ] {
        let error = CloudConfig::from_yaml(text, "a").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("line "), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn what_is_of_the_wrong_kind_is_refused_by_its_key() {
    for (settings, key) in [
        ("image_endpoint_override: [a]", "`image_endpoint_override`"),
        ("region_name: {a: b}", "`region_name`"),
        ("regions: R1", "`regions`"),
        ("regions: [{name: one, interface: admin}]", "`interface`"),
        ("regions: [{values: {}}]", "lacks its `name`"),
        ("regions: [{name: a, values: [b]}]", "values of region `a`"),
        ("api_timeout: soon", "`api_timeout`"),
        ("api_timeout: -1", "`api_timeout`"),
        ("image_timeout: never", "`image_timeout`"),
        ("image_api_version: 1", "`image_api_version`"),
        ("volume_api_version: 2", "`volume_api_version`"),
        ("image_service_type: picture", "`image_service_type`"),
        ("volumev3_service_name: cinder", "`volumev3_service_name`"),
        ("vendor_hook: 'a:b'", "`vendor_hook`"),
        ("endpoint_override: 'http://k'", "`image_endpoint_override`"),
        ("profile: [a]", "`profile`"),
        ("region_name: R1\n    region-name: R2", "written twice"),
        ("region_name: R1\n    region_name: R2", "written twice"),
        ("image_endpoint_override: 'http://{no}'", "under `no`"),
        ("image_endpoint_override: 'http://{no'", "no counterpart"),
        ("auth_type: v3multifactor", "`auth_methods`"),
        ("auth_methods: [v3password, v3password]", "named twice"),
        ("auth_methods: [v3password, v3kerberos]", "`v3kerberos`"),
    ] {
        let error = refused(USER, settings);
        assert!(error.contains(key), "{settings}: {error}");
    }
}

#[test]
fn keys_of_auth_that_the_log_in_does_not_take_are_refused() {
    for (auth, settings, key) in [
        ("projectname: p", "", "`auth.projectname`"),
        ("token: hunter2", "auth_type: password", "`auth.token`"),
        (
            "username: u, password: hunter2",
            "auth_type: token",
            "`auth.password`",
        ),
        ("trust_id: t, project_id: p", "", "`trust_id`"),
        ("system_scope: all, project_id: p", "", "`system_scope`"),
        ("system_scope: some", "", "`system_scope`"),
        ("project_id: [p]", "", "`auth.project_id`"),
    ] {
        let auth = format!("username: u, password: hunter2, {auth}").replace(
            "username: u, password: hunter2, username: u, password: hunter2",
            "username: u, token: hunter2, password: hunter2",
        );
        let error = refused(&auth, settings);
        assert!(error.contains(key), "{auth}: {error}");
    }
    // Outside of it there may be those of another log-in.
    assert!(cloud(USER, "passcode_of_yesterday: 1").is_ok());
}

#[test]
fn a_profile_that_is_not_known_is_refused_by_its_name() {
    for (name, wanted) in [
        ("ovh", "built into openstacksdk"),
        ("shop", "there is no clouds-public.yaml"),
        ("'https://u:hunter2@shop'", "not fetched"),
    ] {
        for key in ["profile", "cloud"] {
            let error = refused(USER, &format!("{key}: {name}"));
            assert!(error.contains(&format!("`{key}`")), "{error}");
            assert!(error.contains(wanted), "{error}");
        }
    }
}

#[test]
fn a_profile_of_a_profile_is_refused() {
    let public = "public-clouds: {shop: {profile: other}}";
    let files = Files::new(&[
        ("home/clouds.yaml", "clouds: {a: {profile: shop}}"),
        ("home/clouds-public.yaml", public),
    ]);
    let error = files.load(Some("a"), &[]).unwrap_err().to_string();
    assert!(
        error.contains("profile `shop` refers to another"),
        "{error}"
    );
}

#[test]
fn a_variable_that_contradicts_the_file_about_who_logs_in_is_refused() {
    let yaml = "clouds: {a: {auth: {auth_url: 'http://k', username: u, password: hunter2, \
                project_id: p}}}";
    let files = Files::new(&[("home/clouds.yaml", yaml)]);
    for (variable, value) in [
        ("OS_USERNAME", "hunter2"),
        ("OS_PASSWORD", "hunter2 as well"),
        ("OS_AUTH_URL", "http://u:hunter2@elsewhere"),
        ("OS_PROJECT_NAME", "other"),
        ("OS_TENANT_NAME", "other"),
        ("OS_ENDPOINT_OVERRIDE", "http://k"),
        ("OS_IMAGE_API_VERSION", "1"),
        ("OS_IDENTITY_API_VERSION", "2.0"),
        ("OS_INTERFACE", "private"),
        ("OS_VERIFY", "no"),
    ] {
        let error = files.load(Some("a"), &[(variable, value)]).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(&format!("`{variable}`")), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    for (variable, value) in [("OS_USERNAME", "u"), ("OS_PROJECT_ID", "other")] {
        assert!(
            files.load(Some("a"), &[(variable, value)]).is_ok(),
            "{variable}"
        );
    }
}

#[test]
fn a_file_without_end_is_refused() {
    let files = Files::new(&[]);
    let endless = [("OS_CLIENT_CONFIG_FILE", "/dev/zero")];
    let error = files.load(Some("a"), &endless).unwrap_err();
    assert!(matches!(error, Error::ConfigFile { .. }), "{error}");
}

#[test]
fn a_broken_file_is_refused_and_the_next_one_is_not_read() {
    let files = Files::new(&[
        ("here/clouds.yaml", "clouds: ["),
        ("home/clouds.yaml", &text("a", "home")),
    ]);
    let error = files.load(Some("a"), &[]).unwrap_err().to_string();
    assert!(error.contains("here/clouds.yaml"), "{error}");
}
