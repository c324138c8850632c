//! Which file and which variables a configuration comes from.

use super::*;

pub(crate) fn variables(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
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
    assert_eq!(config.interfaces(), [Interface::Internal]);
    let error = CloudConfig::from_variables(|_| None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no `auth.auth_url` in the OS_* variables"),
        "{error}"
    );
}

pub(crate) struct Files {
    root: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
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

    pub(crate) fn load(
        &self,
        cloud: Option<&str>,
        pairs: &[(&str, &str)],
    ) -> Result<CloudConfig, Error> {
        let directories: Vec<PathBuf> = ["here", "home", "etc"]
            .map(|name| self.root.path().join(name))
            .into();
        CloudConfig::load_with(cloud, &variables(pairs), &directories)
    }
}

pub(crate) fn text(cloud: &str, host: &str) -> String {
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
fn a_name_is_preferred_to_variables_and_variables_to_the_only_cloud() {
    let files = Files::new(&[("here/clouds.json", &text("a", "file"))]);
    let pairs = [
        ("OS_AUTH_URL", "http://variable"),
        ("OS_USERNAME", "u"),
        ("OS_PASSWORD", "x"),
    ];
    assert_eq!(host(files.load(Some("a"), &[])), "file");
    assert_eq!(host(files.load(Some("a"), &pairs[1..])), "file");
    assert_eq!(host(files.load(None, &pairs)), "variable");
    let error = files.load(Some("a"), &pairs).unwrap_err().to_string();
    assert!(error.contains("`OS_AUTH_URL`"), "{error}");
    assert_eq!(host(files.load(None, &[])), "file");
    let two = format!("{}\n  b: {{}}\n", "clouds:\n  a: {}");
    let error = Files::new(&[("here/clouds.yaml", &two)]).load(None, &[]);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("OS_AUTH_URL") && error.contains("clouds found: `a`, `b`"),
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
        let body = request(config.unwrap());
        assert_eq!(
            body["auth"]["identity"]["password"]["user"]["password"],
            "closed"
        );
    }
}

#[test]
fn user_directories_follow_the_environment() {
    let found = search::directories(&variables(&[("HOME", "/home/u")]));
    let wanted = [
        ".",
        "/home/u/.config/openstack",
        "/etc/xdg/openstack",
        "/etc/openstack",
    ];
    assert_eq!(found, wanted.map(PathBuf::from));
    let found = search::directories(&variables(&[
        ("HOME", "/home/u"),
        ("XDG_CONFIG_HOME", "/x"),
        ("XDG_CONFIG_DIRS", "/y:/z"),
    ]));
    let wanted = [
        ".",
        "/x/openstack",
        "/home/u/.config/openstack",
        "/y/openstack",
        "/z/openstack",
        "/etc/openstack",
    ];
    assert_eq!(found, wanted.map(PathBuf::from));
}
