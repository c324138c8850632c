//! The qcow2 header: size and safety. After QEMU's `docs/interop/qcow2.rst`.

use crate::Error;

pub(crate) const MAGIC: &[u8] = b"QFI\xFB";

const VERSION: usize = 4;
const BACKING_FILE_OFFSET: usize = 8;
const CLUSTER_BITS: usize = 20;
const SIZE: usize = 24;
const CRYPT_METHOD: usize = 32;
const INCOMPATIBLE_FEATURES: usize = 72;
const HEADER_LENGTH: usize = 100;

/// The image was not closed cleanly; no data is missing.
const DIRTY: u64 = 1;
/// The guest's data is in another file.
const EXTERNAL_DATA_FILE: u64 = 1 << 2;
/// Another compression type than zlib, and extended L2 entries: both inside the image.
const COMPRESSION_TYPE: u64 = 1 << 3;
const EXTENDED_L2: u64 = 1 << 4;

/// Larger than any cloud's disk; a header that says more is damaged or an attack.
const MAX_VIRTUAL_SIZE: u64 = 64 << 40;

/// Reads the size of the virtual disk in bytes, and refuses unsafe images.
pub(crate) fn virtual_size(head: &[u8]) -> Result<u64, Error> {
    let version = number::<4>(head, VERSION)?;
    if !matches!(version, 2 | 3) {
        return Err(Error::Unsupported {
            what: format!("version {version}"),
        });
    }
    if number::<8>(head, BACKING_FILE_OFFSET)? != 0 {
        return Err(Error::External {
            reference: "a backing file",
        });
    }
    if number::<4>(head, CRYPT_METHOD)? != 0 {
        return Err(Error::Unsupported {
            what: "it is encrypted".to_owned(),
        });
    }
    let cluster_bits = number::<4>(head, CLUSTER_BITS)?;
    if !(9..=21).contains(&cluster_bits) {
        return Err(damaged(format!("clusters of 2^{cluster_bits} bytes")));
    }
    if version == 3 {
        features(head)?;
    }
    let size = number::<8>(head, SIZE)?;
    if size == 0 || size > MAX_VIRTUAL_SIZE {
        return Err(damaged(format!("a virtual disk of {size} bytes")));
    }
    Ok(size)
}

fn features(head: &[u8]) -> Result<(), Error> {
    let length = number::<4>(head, HEADER_LENGTH)?;
    if length < 104 {
        return Err(damaged(format!("a version 3 header of {length} bytes")));
    }
    let incompatible = number::<8>(head, INCOMPATIBLE_FEATURES)?;
    if incompatible & EXTERNAL_DATA_FILE != 0 {
        return Err(Error::External {
            reference: "an external data file",
        });
    }
    let unknown = incompatible & !(DIRTY | COMPRESSION_TYPE | EXTENDED_L2);
    if unknown != 0 {
        return Err(Error::Unsupported {
            what: format!("incompatible features {unknown:#x}"),
        });
    }
    Ok(())
}

/// A big-endian number of `N` bytes.
fn number<const N: usize>(head: &[u8], offset: usize) -> Result<u64, Error> {
    let bytes = head
        .get(offset..offset + N)
        .ok_or_else(|| damaged(format!("it ends after {} bytes", head.len())))?;
    Ok(bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn damaged(reason: String) -> Error {
    Error::Damaged { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        let mut head = vec![0; 104];
        head[..4].copy_from_slice(MAGIC);
        head[7] = 3;
        head[23] = 16;
        head[24..32].copy_from_slice(&(10_u64 << 30).to_be_bytes());
        head[103] = 104;
        head
    }

    fn with(offset: usize, bytes: &[u8]) -> Vec<u8> {
        let mut head = header();
        head[offset..offset + bytes.len()].copy_from_slice(bytes);
        head
    }

    #[test]
    fn the_virtual_size_is_read() {
        assert_eq!(virtual_size(&header()), Ok(10 << 30));
        assert_eq!(
            virtual_size(&with(7, &[2])[..72]),
            Ok(10 << 30),
            "version 2 is shorter"
        );
    }

    #[test]
    fn images_that_refer_to_other_files_are_refused() {
        assert!(matches!(
            virtual_size(&with(15, &[1])),
            Err(Error::External { .. })
        ));
        assert!(matches!(
            virtual_size(&with(79, &[4])),
            Err(Error::External { .. })
        ));
    }

    #[test]
    fn unknown_versions_and_features_and_encryption_are_refused() {
        for head in [
            with(7, &[1]),
            with(7, &[4]),
            with(79, &[0x80]),
            with(35, &[2]),
        ] {
            assert!(matches!(
                virtual_size(&head),
                Err(Error::Unsupported { .. })
            ));
        }
    }

    #[test]
    fn damaged_headers_are_refused() {
        for head in [
            with(24, &[0; 8]),
            with(24, &[0xFF; 8]),
            with(23, &[63]),
            with(103, &[72]),
            header()[..50].to_vec(),
            MAGIC.to_vec(),
        ] {
            assert!(matches!(virtual_size(&head), Err(Error::Damaged { .. })));
        }
    }
}
