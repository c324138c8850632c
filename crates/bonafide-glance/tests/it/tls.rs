//! TLS: whose certificate is believed.

use std::env;
use std::error::Error as _;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use bonafide_glance::{CloudConfig, Error, Session};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::scripted::{self, clock};

const TOKEN: &str =
    r#"{"token":{"expires_at":"2026-11-23T22:57:11.000000Z","project":{"id":"p1"}}}"#;

/// A Keystone with a certificate of its own making.
struct Keystone {
    port: u16,
    /// That certificate, in PEM.
    certificate: NamedTempFile,
}

impl Keystone {
    async fn start() -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self::with(&signed.cert, &signed.signing_key).await
    }

    /// With a certificate that signed itself and says that it is an authority.
    async fn with_authority(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (certificate, key) = authority(change);
        Self::with(&certificate, &key).await
    }

    async fn with(shown: &Certificate, key: &KeyPair) -> Self {
        let certificate = pem_file(shown);
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![shown.der().clone()], PrivateKeyDer::from(key))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = format!(
                    "HTTP/1.1 201 X\r\nx-subject-token: t\r\nconnection: close\r\n\
                     content-length: {}\r\n\r\n{TOKEN}",
                    TOKEN.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { port, certificate }
    }

    async fn project(&self, settings: &str) -> Result<String, Error> {
        self.project_at("localhost", settings).await
    }

    async fn project_at(&self, host: &str, settings: &str) -> Result<String, Error> {
        let text = format!(
            "clouds: {{a: {{{settings} auth: {{auth_url: 'https://{host}:{}', username: u, \
             password: hunter2}}}}}}",
            self.port
        );
        let config = CloudConfig::from_yaml(&text, "a")?;
        Session::new(config, clock)?.project_id().await
    }

    /// With its own certificate as `cacert`.
    async fn trusted(&self, host: &str) -> Result<String, Error> {
        self.project_at(host, &cacert(&self.certificate)).await
    }
}

/// A certificate for `localhost` and 127.0.0.1 that signed itself and says that it is an authority,
/// like `openssl req -x509` makes it.
fn authority(change: impl FnOnce(&mut CertificateParams)) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names(&["localhost", "127.0.0.1"])).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    (params.self_signed(&key).unwrap(), key)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn pem_file(certificate: &Certificate) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(certificate.pem().as_bytes()).unwrap();
    file
}

fn cacert(file: &NamedTempFile) -> String {
    format!("cacert: '{}',", file.path().display())
}

/// The error and everything that caused it.
fn causes(error: &Error) -> String {
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    causes
}

fn refused(result: Result<String, Error>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    let causes = causes(&error);
    assert!(causes.contains(words), "{causes}");
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_and_the_error_says_that_it_is_the_certificate() {
    let keystone = Keystone::start().await;
    refused(keystone.project("").await, "certificate");
}

#[tokio::test]
async fn a_certificate_of_the_named_authority_is_accepted() {
    let keystone = Keystone::start().await;
    assert_eq!(keystone.trusted("localhost").await.unwrap(), "p1");
}

#[tokio::test]
async fn the_named_authority_replaces_all_others() {
    let keystone = Keystone::start().await;
    let other = Keystone::start().await;
    let settings = cacert(&other.certificate);
    refused(keystone.project(&settings).await, "certificate");
}

#[tokio::test]
async fn no_certificate_is_checked_where_the_configuration_says_so() {
    let keystone = Keystone::start().await;
    for settings in ["verify: false,", "insecure: true,"] {
        assert_eq!(keystone.project(settings).await.unwrap(), "p1");
    }
}

#[tokio::test]
async fn an_authority_that_is_given_and_shown_by_the_server_itself_is_accepted() {
    let keystone = Keystone::with_authority(|_| {}).await;
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(keystone.trusted(host).await.unwrap(), "p1", "{host}");
    }
}

#[tokio::test]
async fn an_authority_that_the_server_shows_is_refused_unless_it_is_given() {
    let keystone = Keystone::with_authority(|_| {}).await;
    refused(keystone.project("").await, "certificate");
    // The names are the same, and so is everything else but the key.
    let (other, _) = authority(|_| {});
    let other = pem_file(&other);
    refused(keystone.project(&cacert(&other)).await, "certificate");
}

#[tokio::test]
async fn another_authority_with_the_same_key_is_refused() {
    let key = KeyPair::generate().unwrap();
    let signed = |serial: u8| {
        let mut params = CertificateParams::new(names(&["localhost"])).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(vec![serial].into());
        params.self_signed(&key).unwrap()
    };
    let keystone = Keystone::with(&signed(1), &key).await;
    let file = pem_file(&signed(2));
    refused(keystone.project(&cacert(&file)).await, "CaUsedAsEndEntity");
}

#[tokio::test]
async fn a_given_authority_is_refused_for_another_name() {
    let keystone = Keystone::with_authority(|params| {
        params.subject_alt_names =
            CertificateParams::new(names(&["keystone.example", "127.0.0.2"]))
                .unwrap()
                .subject_alt_names;
    })
    .await;
    for host in ["localhost", "127.0.0.1"] {
        refused(keystone.trusted(host).await, "not valid for name");
    }
}

#[tokio::test]
async fn a_given_authority_is_refused_before_and_after_its_time() {
    let old = Keystone::with_authority(|params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    refused(old.await.trusted("localhost").await, "expired");
    let new = Keystone::with_authority(|params| {
        params.not_before = date_time_ymd(3001, 1, 1);
        params.not_after = date_time_ymd(3002, 1, 1);
    });
    refused(new.await.trusted("localhost").await, "not valid yet");
}

#[tokio::test]
async fn what_a_given_authority_signed_is_accepted_for_its_names() {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        file
    };
    let key = KeyPair::generate().unwrap();
    let leaf = |name: &str| {
        let params = CertificateParams::new(names(&[name])).unwrap();
        params.signed_by(&key, &authority).unwrap()
    };
    let keystone = Keystone::with(&leaf("localhost"), &key).await;
    assert_eq!(keystone.project(&cacert(&file)).await.unwrap(), "p1");
    let keystone = Keystone::with(&leaf("127.0.0.1"), &key).await;
    let project = keystone.project_at("127.0.0.1", &cacert(&file)).await;
    assert_eq!(project.unwrap(), "p1");
    let keystone = Keystone::with(&leaf("keystone.example"), &key).await;
    refused(keystone.project(&cacert(&file)).await, "not valid for name");
}

/// Runs this test once more, in a process whose machine has no certification authorities. That one
/// gets `false`, and does what the test is about.
fn ran_without_authorities(test: &str) -> bool {
    let nothing = "/nonexistent";
    if env::var("SSL_CERT_FILE").is_ok_and(|file| file == nothing) {
        return false;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test])
        .envs([("SSL_CERT_FILE", nothing), ("SSL_CERT_DIR", nothing)])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    true
}

#[tokio::test]
async fn a_cloud_without_tls_needs_no_authorities() {
    if ran_without_authorities("tls::a_cloud_without_tls_needs_no_authorities") {
        return;
    }
    let plain = scripted::Cloud::new(|_, _| scripted::json(200, r#"{"images": []}"#)).await;
    assert!(plain.glance().session().project_id().await.is_ok());
    let keystone = Keystone::start().await;
    let error = keystone.project("").await.unwrap_err();
    assert!(matches!(error, Error::NoAuthorities { .. }), "{error:?}");
    assert!(error.to_string().contains("`cacert`"), "{error}");
    for settings in [&cacert(&keystone.certificate), "verify: false,"] {
        assert_eq!(keystone.project(settings).await.unwrap(), "p1");
    }
}

#[tokio::test]
async fn files_that_are_not_certificates_are_refused_by_their_key() {
    let keystone = Keystone::start().await;
    let empty = NamedTempFile::new().unwrap();
    let certificate = cacert(&keystone.certificate);
    for settings in [
        cacert(&empty),
        "cacert: /nonexistent/ca.pem,".to_owned(),
        format!("{certificate} cert: '{}',", empty.path().display()),
        format!(
            "{certificate} cert: '{}',",
            keystone.certificate.path().display()
        ),
    ] {
        let error = keystone.project(&settings).await.unwrap_err();
        assert!(
            matches!(error, Error::ConfigFile { .. }),
            "{settings}: {error:?}"
        );
    }
}
