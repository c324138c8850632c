//! An image whose beginning was checked and not yet used.

use std::time::Duration;

use bonafide_image::{Compression, Head};
use bonafide_sources::{Download, FetchError};
use bytes::BytesMut;
use futures_util::StreamExt;
use url::Url;

use crate::error::Error;

/// A server that takes longer for the head would never finish the image.
const HEAD_DEADLINE: Duration = Duration::from_secs(60);
/// This much of a compressed image is enough to see the head inside: the largest bzip2 block has
/// 900 kB, and qcow2 headers are followed by data that compresses well.
const MAX_PACKED_HEAD: usize = 4 * 1024 * 1024;

/// A download, its first bytes, and the head of the image in them.
#[derive(Debug)]
pub(crate) struct OpenedDownload {
    pub(crate) first: BytesMut,
    pub(crate) download: Download,
    pub(crate) compression: Option<Compression>,
    /// The head of the content, if the file is compressed.
    unpacked: Vec<u8>,
}

/// How a file may be compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CompressionHint {
    /// As its name says, and not otherwise: the file of that name is signed.
    ByName,
    /// As its first bytes say.
    ByContent,
}

impl OpenedDownload {
    /// Reads enough bytes for the image's head.
    pub(crate) async fn new(
        download: Download,
        name: &str,
        packing: CompressionHint,
    ) -> Result<Self, Error> {
        let url = download.answering().clone();
        let reading = Self::read_head(download, name, packing);
        match tokio::time::timeout(HEAD_DEADLINE, reading).await {
            Ok(opened) => opened,
            Err(_) => Err(FetchError::TooSlow {
                url,
                deadline: HEAD_DEADLINE,
            }
            .into()),
        }
    }

    async fn read_head(
        mut download: Download,
        name: &str,
        packing: CompressionHint,
    ) -> Result<Self, Error> {
        let mut first = BytesMut::new();
        let mut ended = !fill(&mut download, &mut first, Head::LENGTH).await?;
        let compression = match packing {
            CompressionHint::ByContent => Compression::detect(&first),
            CompressionHint::ByName => {
                Compression::of_name(name).map(|(compression, _)| compression)
            }
        };
        let mut unpacked = Vec::new();
        if let Some(compression) = compression {
            loop {
                (first, unpacked) = unpack_head(download.answering(), compression, first).await?;
                if ended || unpacked.len() >= Head::LENGTH || first.len() >= MAX_PACKED_HEAD {
                    break;
                }
                let more = first.len() * 2;
                ended = !fill(&mut download, &mut first, more).await?;
            }
        }
        Ok(Self {
            first,
            download,
            compression,
            unpacked,
        })
    }

    /// The host that sends the bytes: a mirror, if the vendor's host redirected to one.
    pub(crate) fn url(&self) -> &Url {
        self.download.answering()
    }

    pub(crate) fn head(&self) -> Result<Head, Error> {
        let head = match self.compression {
            Some(_) => &self.unpacked[..],
            None => &self.first[..],
        };
        Head::read(head).map_err(|source| unreadable(self.url(), source))
    }

    /// The announced size of the file in bytes.
    pub(crate) const fn length(&self) -> Option<u64> {
        self.download.length()
    }

    /// The size of the upload in bytes, if that is known.
    pub(crate) const fn upload_length(&self) -> Option<u64> {
        match self.compression {
            Some(_) => None,
            None => self.download.length(),
        }
    }
}

/// Reads until this many bytes are buffered. `false`: the download has ended.
async fn fill(
    download: &mut Download,
    bytes: &mut BytesMut,
    wanted: usize,
) -> Result<bool, FetchError> {
    while bytes.len() < wanted {
        let Some(chunk) = download.next().await else {
            return Ok(false);
        };
        bytes.extend_from_slice(&chunk?);
    }
    Ok(true)
}

/// Decodes the head in another thread: malicious bytes take many seconds a MiB, and the deadline
/// must run meanwhile.
async fn unpack_head(
    url: &Url,
    compression: Compression,
    first: BytesMut,
) -> Result<(BytesMut, Vec<u8>), Error> {
    let unpacking = tokio::task::spawn_blocking(move || {
        let unpacked = compression.head(&first, Head::LENGTH)?;
        Ok((first, unpacked))
    });
    match unpacking.await {
        Ok(unpacked) => unpacked.map_err(|source| unreadable(url, source)),
        Err(_) => Err(Error::Interrupted),
    }
}

fn unreadable(url: &Url, source: bonafide_image::Error) -> Error {
    Error::Image {
        url: url.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_head_that_is_slow_to_decode_blocks_no_other_task() {
        // An empty bzip2 stream needs as long to start as 900 kB do.
        let empty = b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0";
        let bytes = Bytes::from(empty.repeat(Head::LENGTH / empty.len() + 1));
        let url = Url::parse("https://vendor.test/a.img.bz2").unwrap();
        let download = Download::new(url, None, stream::iter([Ok(bytes)]));
        let others = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            opened = OpenedDownload::new(download, "a.img.bz2", CompressionHint::ByName) => {
                panic!("no other task ran before {opened:?}")
            }
            () = others => {}
        }
    }
}
