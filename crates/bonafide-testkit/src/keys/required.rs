//! What a signature marks as critical (RFC 9580, 5.2.3.7): a verifier that does not know it must
//! take the signature for invalid.

use pgp::bytes::Bytes;
use pgp::packet::{Subpacket, SubpacketData};

use super::KeyError;
use super::error::Doing;

/// A subpacket of the signed area with the critical bit.
#[derive(Clone, Debug)]
pub struct Required {
    kind: u8,
    body: Vec<u8>,
}

impl Required {
    /// A subpacket of this type, below 128, with this content.
    #[must_use]
    pub fn subpacket(kind: u8, body: &[u8]) -> Self {
        Self {
            kind,
            body: body.to_vec(),
        }
    }

    /// A notation for people to read (RFC 9580, 5.2.3.24) with this name, below 256 bytes, and the
    /// value `x`.
    #[must_use]
    pub fn notation(name: &str) -> Self {
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let head = [0x80, 0, 0, 0, 0, length, 0, 1];
        Self::subpacket(20, &[&head[..], name.as_bytes(), b"x"].concat())
    }

    /// rpgp refuses to sign what it does not know, so the critical bit is part of the type here.
    /// The bytes are the same.
    pub(super) fn to_subpacket(&self) -> Result<Subpacket, KeyError> {
        let body = Bytes::copy_from_slice(&self.body);
        Subpacket::regular(SubpacketData::Other(self.kind | 0x80, body)).doing("encode a subpacket")
    }
}
