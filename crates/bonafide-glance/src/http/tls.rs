//! TLS with the certification authorities that the configuration names.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use self::danger::GivenCertificates;
use crate::BoxError;

mod danger;

/// Trusts these authorities (PEM) instead of the machine's. One of them may also be the server's
/// own certificate.
///
/// The client's certificate and key (PEM, in any order) are sent if there are any.
pub(crate) fn client_config(
    authorities: &[u8],
    identity: Option<&[u8]>,
) -> Result<ClientConfig, BoxError> {
    let given = certificates(authorities)?;
    if given.is_empty() {
        return Err("there is no PEM certificate in it".into());
    }
    let mut roots = RootCertStore::empty();
    for certificate in &given {
        roots.add(certificate.clone())?;
    }
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let checked = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = GivenCertificates::new(given, checked.build()?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match identity {
        Some(pem) => {
            let key = PrivateKeyDer::from_pem_slice(pem)?;
            builder.with_client_auth_cert(certificates(pem)?, key)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    Ok(certificates?)
}
