//! Valid qcow2 images of any size that are never held anywhere: every byte is computed when it is
//! read.
//!
//! Version 3, clusters of 64 KiB, 16-bit reference counts, as `qemu-img create` makes them. The
//! data clusters hold pseudo-random bytes, so nothing in the way can compress or skip them.
//!
//! ```
//! use bonafide_testkit::qcow2::Qcow2Image;
//! let image = Qcow2Image::new(10 << 30, 4, 1); // 10 GiB inside, 4 clusters of data
//! let mut magic = [0; 4];
//! image.read_at(0, &mut magic);
//! assert_eq!(&magic, b"QFI\xfb");
//! assert_eq!(image.len(), 9 * 65_536);
//! ```

use std::sync::OnceLock;

use bytes::Bytes;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

mod header;
mod layout;
mod random;

pub use layout::CLUSTER_SIZE;

use header::Header;
use layout::{Cluster, Layout};

/// Pieces in which whole images are read here.
const STREAM_CHUNK: usize = 256 * 1024;

/// A qcow2 image, computed on the fly. The same arguments give the same bytes.
#[derive(Debug)]
pub struct Qcow2Image {
    header: Header,
    layout: Layout,
    seed: u64,
    sha256: OnceLock<String>,
    sha512: OnceLock<String>,
    md5: OnceLock<String>,
}

impl Qcow2Image {
    /// An image whose first `data_clusters` clusters of 64 KiB hold data and the rest nothing.
    ///
    /// `virtual_size` is in bytes. It is rounded up to whole sectors of 512 bytes, and to the data
    /// if it were less; sizes above 1 PiB are cut to that.
    #[must_use]
    pub fn new(virtual_size: u64, data_clusters: u64, seed: u64) -> Self {
        let layout = Layout::new(virtual_size, data_clusters);
        Self {
            header: Header::default(),
            layout,
            seed,
            sha256: OnceLock::new(),
            sha512: OnceLock::new(),
            md5: OnceLock::new(),
        }
    }

    /// The smallest image file of at least this many bytes, for tests that are about bytes on the
    /// wire.
    #[must_use]
    pub fn of_file_size(bytes: u64, seed: u64) -> Self {
        let mut data_clusters = bytes.div_ceil(CLUSTER_SIZE);
        while data_clusters > 0 && Layout::new(0, data_clusters - 1).file_size() >= bytes {
            data_clusters -= 1;
        }
        Self::new(0, data_clusters, seed)
    }

    /// The image claims to be an overlay of this file: an inspector must refuse it, since whoever
    /// opens it would read a file of the host's. Up to 1,023 bytes are kept of the name.
    #[must_use]
    pub fn with_backing_file(mut self, name: &str) -> Self {
        self.header.backing_file = Some(name.bytes().take(1023).collect());
        self.with_new_header()
    }

    /// The image claims that its data is in this other file: to be refused for the same reason.
    #[must_use]
    pub fn with_data_file(mut self, name: &str) -> Self {
        self.header.data_file = Some(name.bytes().take(1023).collect());
        self.with_new_header()
    }

    /// The image claims these incompatible features (bits as in QEMU's `docs/interop/qcow2`): who
    /// does not know one must refuse it. Bit 0 says that it was not closed properly.
    #[must_use]
    pub fn with_incompatible_features(mut self, bits: u64) -> Self {
        self.header.incompatible_features |= bits;
        self.with_new_header()
    }

    fn with_new_header(mut self) -> Self {
        self.sha256 = OnceLock::new();
        self.sha512 = OnceLock::new();
        self.md5 = OnceLock::new();
        self
    }

    /// The bytes of the image file.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "an image has at least its header"
    )]
    pub fn len(&self) -> u64 {
        self.layout.file_size()
    }

    /// The bytes of the disk inside.
    #[must_use]
    pub fn virtual_size(&self) -> u64 {
        self.layout.virtual_size
    }

    /// Fills the buffer with the bytes from `offset` on; tells how many there were before the end.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let left = self.len().saturating_sub(offset);
        let count = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let mut position = offset;
        let mut rest = &mut buffer[..count];
        while !rest.is_empty() {
            let (cluster, inside) = (position / CLUSTER_SIZE, position % CLUSTER_SIZE);
            let until_next = CLUSTER_SIZE - inside;
            let piece = until_next.min(rest.len() as u64);
            let (head, tail) = rest.split_at_mut(piece as usize);
            self.fill(cluster, inside as usize, head);
            position += piece;
            rest = tail;
        }
        count
    }

    /// Fills a piece of one cluster.
    fn fill(&self, cluster: u64, inside: usize, piece: &mut [u8]) {
        match self.layout.cluster(cluster) {
            Cluster::Data(index) => random::fill(self.seed, index, inside, piece),
            Cluster::Header => {
                let header = self.header.to_bytes(&self.layout);
                copy_padded(&header, inside, piece);
            }
            Cluster::Table(table) => self.layout.fill_table(table, inside, piece),
        }
    }

    /// The bytes from `offset` to the end, in pieces.
    ///
    /// A `chunk_size` of 0 counts as 1.
    pub fn chunks(&self, offset: u64, chunk_size: usize) -> impl Iterator<Item = Bytes> + '_ {
        let chunk_size = chunk_size.max(1) as u64;
        let mut position = offset;
        std::iter::from_fn(move || {
            let size = self.len().saturating_sub(position).min(chunk_size);
            let mut chunk = vec![0; size as usize];
            position += self.read_at(position, &mut chunk) as u64;
            (size > 0).then(|| Bytes::from(chunk))
        })
    }

    /// SHA-256 in lower-case hexadecimal digits; the first call reads the whole image.
    #[must_use]
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| self.digest::<Sha256>())
    }

    /// SHA-512 in lower-case hexadecimal digits; the first call reads the whole image.
    #[must_use]
    pub fn sha512(&self) -> &str {
        self.sha512.get_or_init(|| self.digest::<Sha512>())
    }

    /// MD5 in lower-case hexadecimal digits, for `MD5SUMS` and Glance's `checksum`; the first call
    /// reads the whole image.
    #[must_use]
    pub fn md5(&self) -> &str {
        self.md5.get_or_init(|| self.digest::<Md5>())
    }

    fn digest<D: Digest>(&self) -> String {
        let mut digest = D::new();
        let mut buffer = vec![0; STREAM_CHUNK];
        let mut position = 0;
        loop {
            let count = self.read_at(position, &mut buffer);
            if count == 0 {
                return hex::encode(digest.finalize());
            }
            digest.update(&buffer[..count]);
            position += count as u64;
        }
    }
}

/// Copies `source[inside..]` into the piece, and zeros behind its end.
fn copy_padded(source: &[u8], inside: usize, piece: &mut [u8]) {
    let source = source.get(inside..).unwrap_or_default();
    let count = source.len().min(piece.len());
    let (head, tail) = piece.split_at_mut(count);
    head.copy_from_slice(&source[..count]);
    tail.fill(0);
}
