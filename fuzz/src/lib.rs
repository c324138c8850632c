//! What the fuzz targets share: a limit of memory, a time, keys, and what must hold of a proof.

mod keys;
mod memory;

pub use keys::{KEY, LIST, SIGNATURE, counts, fixture, keyrings, nobody, pins};
pub use memory::bounded;

use bonafide_image::Compression;
use jiff::Timestamp;

/// Every compression.
pub const COMPRESSIONS: [Compression; 4] = [
    Compression::Bzip2,
    Compression::Gzip,
    Compression::Xz,
    Compression::Zstd,
];

/// The time of each check, the same tomorrow: 2026-11-24, noon.
pub fn now() -> Timestamp {
    Timestamp::constant(1_795_521_600, 0)
}
