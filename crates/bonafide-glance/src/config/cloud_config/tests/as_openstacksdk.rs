//! What becomes of the cases in `tests/clouds`, compared with the real openstacksdk.
//!
//! openstacksdk is that of the environment that `tests/openstack/up` installs; without
//! `BONAFIDE_TEST_CLOUDS` the comparison is skipped and says so, and with `CI=true` it fails.

use std::collections::BTreeSet;
use std::process::Command;

use secrecy::ExposeSecret;
use serde::Deserialize;

use self::differences::DIFFERENCES;
use self::differences::Ours::{Accepts, Refuses};
use super::*;
use crate::config::authentication::Method;
use crate::config::federation::{Access, Federated, TokenEndpoint};

mod differences;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clouds/cases");
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clouds/openstacksdk.py");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    cloud: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    region: Option<String>,
}

fn cases() -> BTreeMap<String, Case> {
    let entries = fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let cases: BTreeMap<String, Case> = entries
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let case = serde_saphyr::from_str(&text);
            (
                name,
                case.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            )
        })
        .collect();
    assert!(cases.len() >= 60, "{}", cases.len());
    cases
}

fn write_files(root: &Path, cases: &BTreeMap<String, Case>) {
    for (name, case) in cases {
        let directory = root.join(name);
        fs::create_dir(&directory).unwrap();
        for (file, text) in &case.files {
            fs::write(directory.join(file), text).unwrap();
        }
    }
}

fn ours(case: &Case, directory: &Path) -> Result<CloudConfig, Error> {
    let root = directory.display().to_string();
    let lookup = |name: &str| {
        let value = case.environment.get(name)?;
        Some(value.replace("{directory}", &root))
    };
    let directories = [directory.to_path_buf()];
    let config = CloudConfig::load_with(case.cloud.as_deref(), &lookup, &directories)?;
    match &case.region {
        Some(region) => config.with_region(region),
        None => Ok(config),
    }
}

/// In the form of the driver.
fn described(config: CloudConfig) -> Result<Value, Error> {
    let certificates = &config.certificates;
    let verify = match &certificates.authorities {
        _ if !certificates.verify => json!(false),
        Some(path) => json!(path),
        None => json!(true),
    };
    let certificate = match (&certificates.certificate, &certificates.key) {
        (Some(certificate), Some(key)) => json!([certificate, key]),
        (certificate, _) => json!(certificate),
    };
    let timeout = config.request_deadline;
    let timeout = (timeout != CloudConfig::DEFAULT_REQUEST_DEADLINE).then_some(timeout.as_secs());
    let (place, login) = config.into_parts();
    let services: BTreeMap<_, _> = [Service::BlockStorage, Service::Compute, Service::Image]
        .into_iter()
        .map(|service| {
            let place = place.of(service);
            let interfaces = place.interfaces.iter().map(ToString::to_string);
            let described = json!({
                "endpoint_override": place.endpoint_override.as_ref().map(Url::as_str),
                "interfaces": interfaces.collect::<Vec<_>>(),
                "region": place.region,
            });
            (service.name(), described)
        })
        .collect();
    Ok(json!({
        "log_in": log_in(&place, &login)?,
        "services": services,
        "verify": verify,
        "certificate": certificate,
        "timeout": timeout,
    }))
}

fn log_in(place: &Endpoints, login: &Login) -> Result<Value, Error> {
    match &login.authentication {
        Authentication::Foreign(name) => Err(Error::UnsupportedAuthType(name.clone())),
        Authentication::Federated(federated) => Ok(federated_log_in(place, login, federated)),
        Authentication::Methods { methods, .. } => Ok(json!([request_of(place, login, methods)])),
    }
}

fn request_of(place: &Endpoints, login: &Login, methods: &[Method]) -> Value {
    let url = format!("{}/auth/tokens", place.auth_url);
    json!({"url": url, "body": login.request(methods)})
}

/// The requests of a log-in by way of an identity provider; the tokens are those of the driver.
fn federated_log_in(place: &Endpoints, login: &Login, federated: &Federated) -> Value {
    let mut requests = Vec::new();
    let token = match &federated.access {
        Access::Token(token) => token.expose_secret(),
        Access::Client {
            endpoint,
            id,
            secret,
            scope,
            field,
        } => {
            let url = match endpoint {
                TokenEndpoint::Given(url) => url.as_str(),
                TokenEndpoint::Discovered(url) => {
                    requests.push(json!({"url": url}));
                    "http://provider.example/token"
                }
            };
            let mut body = json!({"grant_type": "client_credentials", "scope": scope});
            requests.push(match secret {
                Some(secret) => {
                    json!({"url": url, "body": body, "client": [id, secret.expose_secret()]})
                }
                None => {
                    body["client_id"] = json!(id);
                    json!({"url": url, "body": body})
                }
            });
            match field.as_str() {
                "id_token" => "the-id-token",
                _ => "the-access-token",
            }
        }
    };
    let (provider, protocol) = (&federated.provider, &federated.protocol);
    let url = format!(
        "{}/OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth",
        place.auth_url
    );
    requests.push(json!({"url": url, "bearer": format!("Bearer {token}")}));
    if login.scope.to_json().is_some() {
        let methods = [Method::Token("the-subject-token".into())];
        requests.push(request_of(place, login, &methods));
    }
    json!(requests)
}

/// Addresses have one spelling here, and an order that Keystone does not see is no difference.
fn normalised(mut theirs: Value) -> Value {
    if let Some(services) = theirs.get_mut("services").and_then(Value::as_object_mut) {
        for service in services.values_mut() {
            let url = &mut service["endpoint_override"];
            if let Some(parsed) = url.as_str().and_then(|text| Url::parse(text).ok()) {
                *url = json!(parsed);
            }
        }
    }
    theirs
}

fn shown(error: &Error) -> String {
    let text = error.to_string();
    assert!(!text.contains("hunter2"), "{text}");
    text
}

fn openstacksdk(root: &Path) -> Option<BTreeMap<String, Value>> {
    let Some(clouds) = env::var_os("BONAFIDE_TEST_CLOUDS") else {
        let required = env::var("CI").is_ok_and(|value| value == "true");
        assert!(
            !required,
            "CI needs BONAFIDE_TEST_CLOUDS; tests/openstack/up installs openstacksdk"
        );
        return None;
    };
    let python = Path::new(&clouds).with_file_name("venv").join("bin/python");
    let output = Command::new(&python)
        .args(["-W", "ignore", DRIVER])
        .arg(root)
        .env("HOME", root)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "who runs the tests has to know that this one did not run"
)]
fn every_case_is_read_as_openstacksdk_reads_it_or_differs_for_a_reason() {
    let cases = cases();
    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), &cases);
    let Some(mut theirs) = openstacksdk(root.path()) else {
        eprintln!("skipped: BONAFIDE_TEST_CLOUDS does not name the clouds.yaml of a real cloud");
        return;
    };
    let mut wrong = Vec::new();
    for (name, case) in &cases {
        let theirs = normalised(theirs.remove(name).unwrap());
        let ours = ours(case, &root.path().join(name)).and_then(described);
        let same = match &ours {
            Ok(ours) => *ours == theirs,
            Err(_) => theirs.get("refused").is_some(),
        };
        let known = DIFFERENCES.iter().find(|(case, ..)| case == name);
        match (known, &ours) {
            (None, _) if same => {}
            (Some((_, Accepts, _)), Ok(_)) if !same => {}
            (Some((_, Refuses(words), _)), Err(error)) if !same && shown(error).contains(words) => {
            }
            (_, Ok(ours)) => wrong.push(format!("{name}:\n  ours {ours}\n  theirs {theirs}")),
            (_, Err(error)) => wrong.push(format!("{name}:\n  ours {error}\n  theirs {theirs}")),
        }
    }
    assert!(wrong.is_empty(), "{}\n", wrong.join("\n"));
}

/// The same without openstacksdk: no difference is forgotten, and each has its reason.
#[test]
fn every_known_difference_is_one_of_a_case() {
    let cases = cases();
    let named: BTreeSet<_> = DIFFERENCES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named.len(), DIFFERENCES.len());
    let root = tempfile::tempdir().unwrap();
    write_files(root.path(), &cases);
    for (name, wanted, reason) in DIFFERENCES {
        assert!(!reason.is_empty(), "{name}");
        let ours = ours(&cases[*name], &root.path().join(name)).and_then(described);
        match (wanted, ours) {
            (Accepts, Ok(_)) => {}
            (Refuses(words), Err(error)) => {
                assert!(shown(&error).contains(words), "{name}: {error}");
            }
            (_, Ok(_)) => panic!("{name} is accepted"),
            (_, Err(error)) => panic!("{name}: {error}"),
        }
    }
}
