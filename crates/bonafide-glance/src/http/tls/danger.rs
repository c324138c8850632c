//! The only case in which a server's certificate is accepted that webpki refuses.
//!
//! Many private clouds have a self-signed certificate that claims to be an authority (`CA:TRUE`, as
//! `openssl req -x509` makes it) and is the server's own. Python and curl accept it if it is
//! configured as `cacert`. webpki does not: an authority is not an end entity.
//!
//! Caution: it is accepted because the operator configured this very certificate, not because an
//! authority signed it. So
//!
//! - it must be the configured one byte for byte; neither its key nor its name is enough,
//! - it must be valid now: webpki checks that before it reports `CaUsedAsEndEntity`, and no other
//!   refusal of webpki is overruled,
//! - it must be for the requested name or address, by webpki's own rules,
//! - the server must have its key: webpki checks the signatures of the handshake.
//!
//! The certificate's extended key usage is not checked.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

/// Accepts what webpki accepts, and a server that presents one of the given certificates itself.
#[derive(Debug)]
pub(crate) struct GivenCertificates {
    given: Vec<CertificateDer<'static>>,
    webpki: Arc<WebPkiServerVerifier>,
}

impl GivenCertificates {
    /// `webpki` must trust the same certificates.
    pub(crate) fn new(
        given: Vec<CertificateDer<'static>>,
        webpki: Arc<WebPkiServerVerifier>,
    ) -> Self {
        Self { given, webpki }
    }
}

impl ServerCertVerifier for GivenCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            Err(error)
                if is_authority_as_end_entity(&error)
                    && self.given.iter().any(|given| given == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

fn is_authority_as_end_entity(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    let error = other.0.downcast_ref::<webpki::Error>();
    matches!(error, Some(webpki::Error::CaUsedAsEndEntity))
}
