//! What a file holds.

use std::sync::Arc;

use bytes::Bytes;

use crate::qcow2::Qcow2Image;

/// The content of a file of the site.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// An image that is computed while it is sent and never held whole.
    Image(Arc<Qcow2Image>),
}

impl Content {
    /// The size in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "only the size is asked for")]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Image(image) => image.len(),
        }
    }

    /// Up to `size` bytes from `offset` on; fewer at the end, none behind it.
    #[must_use]
    pub fn piece(&self, offset: u64, size: usize) -> Bytes {
        let left = self.len().saturating_sub(offset);
        let size = usize::try_from(left).map_or(size, |left| left.min(size));
        match self {
            Self::Bytes(bytes) => {
                let start = usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                bytes.slice(start..start + size)
            }
            Self::Image(image) => {
                let mut piece = vec![0; size];
                image.read_at(offset, &mut piece);
                Bytes::from(piece)
            }
        }
    }
}

impl Content {
    /// The whole, in pieces of this size.
    pub(crate) fn pieces(&self, size: usize) -> impl Iterator<Item = Bytes> + '_ {
        let mut position = 0;
        std::iter::from_fn(move || {
            let piece = self.piece(position, size);
            position += piece.len() as u64;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Bytes(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Bytes(Bytes::from(text))
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Bytes::from(bytes))
    }
}

impl From<Arc<Qcow2Image>> for Content {
    fn from(image: Arc<Qcow2Image>) -> Self {
        Self::Image(image)
    }
}

impl From<Qcow2Image> for Content {
    fn from(image: Qcow2Image) -> Self {
        Self::Image(Arc::new(image))
    }
}
