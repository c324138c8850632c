//! TLS: whose certificate is believed.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, and Clippy's exception for tests only sees `#[test]`"
)]

mod scripted;

use std::error::Error as _;
use std::io::Write;
use std::sync::Arc;

use bonafide_glance::{CloudConfig, Error, Session};
use scripted::clock;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

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
        let mut certificate = NamedTempFile::new().unwrap();
        certificate.write_all(signed.cert.pem().as_bytes()).unwrap();
        let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], PrivateKeyDer::from(key))
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
        let text = format!(
            "clouds: {{a: {{{settings} auth: {{auth_url: 'https://localhost:{}', username: u, \
             password: hunter2}}}}}}",
            self.port
        );
        let config = CloudConfig::from_yaml(&text, "a")?;
        Session::new(config, clock)?.project_id().await
    }
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_and_the_error_says_that_it_is_the_certificate() {
    let keystone = Keystone::start().await;
    let error = keystone.project("").await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(causes.contains("certificate"), "{causes}");
}

#[tokio::test]
async fn a_certificate_of_the_named_authority_is_accepted() {
    let keystone = Keystone::start().await;
    let settings = format!("cacert: '{}',", keystone.certificate.path().display());
    assert_eq!(keystone.project(&settings).await.unwrap(), "p1");
}

#[tokio::test]
async fn the_named_authority_replaces_all_others() {
    let keystone = Keystone::start().await;
    let other = Keystone::start().await;
    let settings = format!("cacert: '{}',", other.certificate.path().display());
    assert!(matches!(
        keystone.project(&settings).await,
        Err(Error::Transport { .. })
    ));
}

#[tokio::test]
async fn no_certificate_is_checked_where_the_configuration_says_so() {
    let keystone = Keystone::start().await;
    for settings in ["verify: false,", "insecure: true,"] {
        assert_eq!(keystone.project(settings).await.unwrap(), "p1");
    }
}
