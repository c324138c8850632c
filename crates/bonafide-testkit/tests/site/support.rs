//! A client with real URLs, and what a verifier does with its answers.

use std::sync::LazyLock;

use bonafide_testkit::keys::{SigningKey, VendorKeys};
use bonafide_testkit::site::{PublishedBuild, SiteError, VendorBuild, VendorSite};
use jiff::Timestamp;
use pgp::composed::{
    CleartextSignedMessage, Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureVersion};
use pgp::types::KeyDetails;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode};
use sha2::{Digest, Sha256, Sha512};

pub(crate) fn builder(site: &VendorSite) -> ClientBuilder {
    let authority = Certificate::from_pem(site.ca_certificate_pem().as_bytes()).unwrap();
    let builder = Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(Policy::none())
        .tls_certs_only([authority]);
    let hosts = site.hosts();
    hosts.iter().fold(builder, |builder, host| {
        builder.resolve(host, site.address())
    })
}

pub(crate) fn client(site: &VendorSite) -> Client {
    builder(site).build().unwrap()
}

pub(crate) async fn ask(site: &VendorSite, url: &str) -> Response {
    client(site).get(url).send().await.unwrap()
}

pub(crate) async fn text(site: &VendorSite, url: &str) -> String {
    let response = ask(site, url).await;
    assert_eq!(response.status(), StatusCode::OK, "{url}");
    response.text().await.unwrap()
}

pub(crate) fn header(response: &Response, name: reqwest::header::HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate("Vendor <images@vendor.test>", at("2026-01-01T00:00:00Z")).unwrap()
}

/// The key of a vendor's shape; the oldest build of these tests is from 2022.
pub(crate) fn vendors_key(name: &str) -> SigningKey {
    static KEYS: LazyLock<VendorKeys> =
        LazyLock::new(|| VendorKeys::generate(at("2022-01-01T00:00:00Z")).unwrap());
    KEYS.key(name).unwrap().clone()
}

/// A site with one build, and the key that signed it.
pub(crate) async fn site_with(
    build: &dyn VendorBuild,
    key: &str,
) -> (VendorSite, PublishedBuild, SigningKey) {
    let (site, key) = (VendorSite::start().await.unwrap(), vendors_key(key));
    let build = site.publish(build, &key).unwrap();
    (site, build, key)
}

/// The image behind the URL is the one whose size and digests the build has.
pub(crate) async fn assert_image(site: &VendorSite, url: &str, build: &PublishedBuild) {
    let image = ask(site, url).await;
    assert_eq!(image.status(), StatusCode::OK, "{url}");
    let image = image.bytes().await.unwrap();
    assert_eq!(image.len() as u64, build.size, "{url}");
    assert_eq!(hex::encode(Sha256::digest(&image)), build.sha256, "{url}");
    assert_eq!(hex::encode(Sha512::digest(&image)), build.sha512, "{url}");
}

pub(crate) async fn status(site: &VendorSite, url: &str) -> u16 {
    ask(site, url).await.status().as_u16()
}

/// The digest of this name in a list of any form; it has to be there once.
pub(crate) fn digest<'a>(list: &'a str, name: &str) -> &'a str {
    let bsd = format!(" ({name}) = ");
    let mut digests = list.lines().filter_map(|line| {
        let gnu = line
            .strip_suffix(name)
            .and_then(|line| line.strip_suffix("  "));
        gnu.or_else(|| Some(line.split_once(&bsd)?.1))
    });
    let digest = digests.next();
    assert!(digest.is_some(), "`{name}` is not in: {list}");
    assert!(digests.next().is_none(), "`{name}` is twice in: {list}");
    digest.unwrap()
}

/// How a list is signed.
pub(crate) type Shape = (SignatureVersion, HashAlgorithm);

fn shape(signature: &Signature) -> Shape {
    (signature.version(), signature.hash_alg().unwrap())
}

/// The certificate, and the subkey that signs if one does.
fn signer(key: &SigningKey) -> (SignedPublicKey, Option<SignedPublicSubKey>) {
    let certificate = SignedPublicKey::from_bytes(&key.public_key_binary().unwrap()[..]).unwrap();
    let is_signer = |subkey: &&SignedPublicSubKey| {
        format!("{:X}", subkey.key.fingerprint()) == key.signer_fingerprint()
    };
    let subkey = certificate.public_subkeys.iter().find(is_signer).cloned();
    (certificate, subkey)
}

fn verify(key: &SigningKey, signature: &DetachedSignature, data: &[u8]) -> Shape {
    let (certificate, subkey) = signer(key);
    match subkey {
        Some(subkey) => signature.signature.verify(&subkey.key, data).unwrap(),
        None => signature.verify(&certificate.primary_key, data).unwrap(),
    }
    shape(&signature.signature)
}

/// Checks an armored signature over these bytes.
pub(crate) fn verify_armored(key: &SigningKey, signature: &str, data: &[u8]) -> Shape {
    let (signature, _) = DetachedSignature::from_string(signature).unwrap();
    verify(key, &signature, data)
}

/// Checks a binary signature over these bytes.
pub(crate) fn verify_binary(key: &SigningKey, signature: &[u8], data: &[u8]) -> Shape {
    verify(
        key,
        &DetachedSignature::from_bytes(signature).unwrap(),
        data,
    )
}

/// Checks a clear-signed message and gives its text.
pub(crate) fn verify_clear_signed(key: &SigningKey, message: &str) -> (String, Shape) {
    let (message, _) = CleartextSignedMessage::from_string(message).unwrap();
    let (certificate, subkey) = signer(key);
    match subkey {
        Some(subkey) => message.verify(&subkey.key).unwrap(),
        None => message.verify(&certificate.primary_key).unwrap(),
    };
    let text = message.signed_text().replace("\r\n", "\n");
    (format!("{text}\n"), shape(&message.signatures()[0]))
}

/// The list behind a detached signature, which is checked.
pub(crate) async fn signed_list(
    site: &VendorSite,
    build: &PublishedBuild,
    key: &SigningKey,
) -> (String, Shape) {
    let list = text(site, &build.list_url).await;
    let signature = text(site, &build.signature_url).await;
    let shape = verify_armored(key, &signature, list.as_bytes());
    (list, shape)
}

/// The links of a directory page that are below it.
pub(crate) async fn links(site: &VendorSite, url: &str) -> Vec<String> {
    let page = text(site, url).await;
    let links = page.split("href=\"").skip(1);
    let mut links: Vec<_> = links
        .map(|link| link.split('"').next().unwrap().to_owned())
        .filter(|link| !link.contains("//") && !link.starts_with(['/', '?']))
        .collect();
    links.dedup();
    links
}

/// Other host names than the vendor's are refused.
pub(crate) async fn assert_refused(builds: &[&dyn VendorBuild]) {
    let (site, key) = (VendorSite::start().await.unwrap(), key());
    for build in builds {
        let error = site.publish(*build, &key).unwrap_err();
        assert!(
            matches!(error, SiteError::Version { .. }),
            "{build:?}: {error}"
        );
    }
}
