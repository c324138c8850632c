//! The header of version 3, with its extensions.

use super::layout::{CLUSTER_SIZE, Layout};

const MAGIC: u32 = 0x5146_49FB;
const HEADER_LENGTH: u32 = 104;
const EXTENSION_END: u32 = 0;
const EXTENSION_BACKING_FORMAT: u32 = 0xE279_2ACA;
const EXTENSION_DATA_FILE: u32 = 0x4441_5441;
/// Incompatible feature: the data is in another file.
const EXTERNAL_DATA_FILE: u64 = 1 << 2;
/// Autoclear feature: that other file can be read as a raw image.
const RAW_EXTERNAL: u64 = 1 << 1;

/// What the header claims beyond the layout.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) backing_file: Option<Vec<u8>>,
    pub(super) data_file: Option<Vec<u8>>,
    pub(super) incompatible_features: u64,
}

impl Header {
    pub(super) fn to_bytes(&self, layout: &Layout) -> Vec<u8> {
        let extensions = self.extensions();
        let backing_file = self.backing_file.as_deref().unwrap_or_default();
        let backing_file_offset = match &self.backing_file {
            Some(_) => u64::from(HEADER_LENGTH) + extensions.len() as u64,
            None => 0,
        };
        let mut header = Vec::with_capacity(HEADER_LENGTH as usize);
        let mut put = |bytes: &[u8]| header.extend_from_slice(bytes);
        put(&MAGIC.to_be_bytes());
        put(&3_u32.to_be_bytes());
        put(&backing_file_offset.to_be_bytes());
        put(&(backing_file.len() as u32).to_be_bytes());
        put(&CLUSTER_SIZE.trailing_zeros().to_be_bytes());
        put(&layout.virtual_size.to_be_bytes());
        put(&0_u32.to_be_bytes()); // not encrypted
        put(&(layout.l1_entries as u32).to_be_bytes());
        put(&(layout.first_l1() * CLUSTER_SIZE).to_be_bytes());
        put(&CLUSTER_SIZE.to_be_bytes()); // the reference table follows the header
        put(&(layout.reference_table_clusters as u32).to_be_bytes());
        put(&0_u32.to_be_bytes()); // no snapshots
        put(&0_u64.to_be_bytes());
        put(&self.incompatible().to_be_bytes());
        put(&0_u64.to_be_bytes()); // compatible features
        put(&self.autoclear().to_be_bytes());
        put(&4_u32.to_be_bytes()); // reference counts of 2^4 bits
        put(&HEADER_LENGTH.to_be_bytes());
        put(&extensions);
        put(backing_file);
        header
    }

    fn incompatible(&self) -> u64 {
        let external = if self.data_file.is_some() {
            EXTERNAL_DATA_FILE
        } else {
            0
        };
        self.incompatible_features | external
    }

    fn autoclear(&self) -> u64 {
        if self.data_file.is_some() {
            RAW_EXTERNAL
        } else {
            0
        }
    }

    fn extensions(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if self.backing_file.is_some() {
            extension(&mut extensions, EXTENSION_BACKING_FORMAT, b"raw");
        }
        if let Some(name) = &self.data_file {
            extension(&mut extensions, EXTENSION_DATA_FILE, name);
        }
        extension(&mut extensions, EXTENSION_END, b"");
        extensions
    }
}

/// Appends an extension, padded to eight bytes.
fn extension(to: &mut Vec<u8>, kind: u32, content: &[u8]) {
    to.extend_from_slice(&kind.to_be_bytes());
    to.extend_from_slice(&(content.len() as u32).to_be_bytes());
    to.extend_from_slice(content);
    to.resize(to.len().next_multiple_of(8), 0);
}
