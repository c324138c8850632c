//! The ids of images.

use bonafide_verify::Digest;
use uuid::Uuid;

/// The default namespace of image ids: a UUIDv5 of `bonafide` in the namespace of DNS names.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x751c_ca7e_dabd_570a_ac0b_473e_686b_8345);

/// The id of an image: the same for every run of one operator that publishes this build, so that
/// Glance itself arbitrates between two of them. Ids can't be used twice, not even after a
/// deletion; `attempt` starts at 0.
#[must_use]
pub fn image_id(namespace: &Uuid, channel: &str, vendor_digest: &Digest, attempt: u32) -> Uuid {
    let algorithm = vendor_digest.algorithm();
    let name = format!("{channel}\n{algorithm}:{vendor_digest}\n{attempt}");
    Uuid::new_v5(namespace, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use bonafide_verify::Algorithm;

    use super::*;

    #[test]
    fn the_namespace_is_what_it_says() {
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"bonafide"));
    }

    #[test]
    fn each_channel_build_and_attempt_has_an_id_of_its_own() {
        let digest = |text: &[u8]| Digest::of(Algorithm::Sha256, text);
        let id = image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 0);
        assert_eq!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-22.04", &digest(b"a"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"b"), 0));
        assert_ne!(id, image_id(&NAMESPACE, "ubuntu-24.04", &digest(b"a"), 1));
    }
}
