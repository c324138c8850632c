//! The contents of a certificate, as bytes that the fuzz targets compare.

use bytes::Bytes;
use pgp::packet::Signature;
use pgp::ser::Serialize;
use pgp::types::SignatureBytes;

use super::checked::Certificate;

impl Certificate {
    /// A subkey with its primary key is one entry, and so is the statement of each signature.
    pub(crate) fn facts(&self) -> Vec<Vec<u8>> {
        let primary = written(&self.primary);
        let mut facts = vec![primary.clone()];
        let mut add = |about: &[u8], said: &[Signature]| {
            let about = [&primary, about].concat();
            facts.extend(said.iter().map(|said| [&about[..], &words(said)].concat()));
            facts.push(about);
        };
        add(b"revoked", &self.revocations);
        add(b"", &self.self_signatures);
        for subkey in &self.subkeys {
            let key = written(&subkey.key);
            add(&key, &subkey.revocations);
            for binding in &subkey.bindings {
                let signature = &binding.signature;
                add(&key, std::slice::from_ref(signature));
                add(&[key.clone(), words(signature)].concat(), &binding.backs);
            }
        }
        let unchecked = self.subkey_revocations.iter();
        facts.extend(unchecked.map(|said| [&primary[..], &written(said)].concat()));
        facts
    }
}

/// Without the mathematics: one statement may have several signatures.
fn words(said: &Signature) -> Vec<u8> {
    let config = said.config().cloned();
    let nothing = SignatureBytes::Native(Bytes::new());
    let words = config.and_then(|config| Signature::from_config(config, [0; 2], nothing).ok());
    words.map_or_else(Vec::new, |words| written(&words))
}

fn written(packet: &impl Serialize) -> Vec<u8> {
    packet.to_bytes().unwrap_or_default()
}
