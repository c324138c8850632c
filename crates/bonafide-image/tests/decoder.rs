//! What is whole is decoded whole, however it comes in and is pulled out.

mod streams;

use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bonafide_image::{Compression, Error};
use proptest::prelude::*;

use streams::{ALL, compress, decode, sample};

/// A reader that gives its bytes in pieces of these sizes, again and again; a piece of 0 bytes is
/// an interruption.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
    /// What is left of the piece.
    left: usize,
    /// How many bytes were taken.
    taken: Arc<AtomicUsize>,
}

impl<'a> Pieces<'a> {
    fn new(bytes: &'a [u8], sizes: Vec<usize>) -> Self {
        Self {
            bytes,
            sizes,
            turn: 0,
            left: 0,
            taken: Arc::default(),
        }
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.left = self.sizes[self.turn % self.sizes.len()];
            self.turn += 1;
            if self.left == 0 {
                return Err(ErrorKind::Interrupted.into());
            }
        }
        Ok(&self.bytes[..self.left.min(self.bytes.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.bytes = &self.bytes[amount..];
        self.left -= amount;
        self.taken.fetch_add(amount, Ordering::Relaxed);
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        unreachable!("decoders take the buffer")
    }
}

/// Reads to the end with buffers of these sizes in turn.
fn pull(decoder: &mut dyn Read, sizes: &[usize]) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    for size in sizes.iter().cycle() {
        let mut piece = vec![0; *size];
        match decoder.read(&mut piece) {
            Ok(0) if *size > 0 => break,
            Ok(count) => decoded.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(decoded)
}

/// Runs, text and noise, as in a disk.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (any::<u8>(), 1..3000_usize).prop_map(|(byte, count)| vec![byte; count]),
        "[a-f ]{0,400}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..400),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn sizes(smallest: usize) -> impl Strategy<Value = Vec<usize>> {
    // One at least is not empty, so that it comes to an end.
    (
        prop::collection::vec(smallest..200_usize, 0..6),
        1..5000_usize,
    )
        .prop_map(|(mut sizes, last)| {
            sizes.push(last);
            sizes
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn streams_are_decoded_whole_in_any_pieces(
        parts in prop::collection::vec(data(), 1..4),
        given in sizes(0),
        asked in sizes(0),
    ) {
        for compression in ALL {
            let streams: Vec<u8> =
                parts.iter().flat_map(|part| compress(compression, part)).collect();
            let mut decoder = compression.decoder(Pieces::new(&streams, given.clone())).unwrap();
            let decoded = pull(&mut *decoder, &asked).unwrap();
            prop_assert!(decoded == parts.concat(), "{compression}");
            prop_assert_eq!(decoder.read(&mut [0; 9]).unwrap(), 0, "the end lasts");
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        position in 0..600_usize,
    ) {
        for compression in ALL {
            let _ = decode(compression, &bytes);
            let _ = compression.head(&bytes, 64);
            let mut stream = compress(compression, &sample());
            let position = position.min(stream.len());
            stream.splice(position..stream.len().min(position + bytes.len()), bytes.clone());
            let _ = decode(compression, &stream);
            let _ = compression.head(&stream, 64);
        }
    }

    #[test]
    fn a_head_is_the_beginning_of_what_is_decoded(
        data in data(),
        cut in any::<prop::sample::Index>(),
        wanted in 0..4000_usize,
    ) {
        for compression in ALL {
            let stream = compress(compression, &data);
            let whole = compression.head(&stream, wanted).unwrap();
            prop_assert_eq!(&whole[..], &data[..wanted.min(data.len())], "{}", compression);
            let cut = compression.head(&stream[..cut.index(stream.len())], wanted).unwrap();
            prop_assert!(whole.starts_with(&cut), "{compression}");
        }
    }
}

#[test]
fn empty_streams_are_streams() {
    for compression in ALL {
        let none = compress(compression, b"");
        assert_eq!(decode(compression, &none).unwrap(), b"", "{compression}");
        let some = compress(compression, b"some");
        let mixed = [&none[..], &some, &none, &none, &some, &none].concat();
        assert_eq!(
            decode(compression, &mixed).unwrap(),
            b"somesome",
            "{compression}"
        );
    }
}

#[test]
fn nothing_is_read_before_it_is_asked_for() {
    for compression in ALL {
        let stream = compress(compression, &sample());
        let pieces = Pieces::new(&stream, vec![7]);
        let taken = Arc::clone(&pieces.taken);
        let mut decoder = compression.decoder(pieces).unwrap();
        assert_eq!(decoder.read(&mut []).unwrap(), 0, "{compression}");
        assert_eq!(taken.load(Ordering::Relaxed), 0, "{compression}");
        assert_eq!(pull(&mut *decoder, &[100]).unwrap(), sample());
        assert_eq!(taken.load(Ordering::Relaxed), stream.len(), "{compression}");
    }
}

/// 1 GiB in some hundred kilobytes: the caller stops when it has enough, and no more was decoded.
#[test]
fn a_bomb_is_pulled_in_the_pieces_that_are_asked_for() {
    const STREAM: usize = 16 << 20;
    const PIECE: usize = 64 << 10;
    for compression in ALL {
        let stream = compress(compression, &vec![0; STREAM]);
        assert!(stream.len() < STREAM / 900, "{compression}");
        let bomb = stream.repeat(64);
        let pieces = Pieces::new(&bomb, vec![512]);
        let taken = Arc::clone(&pieces.taken);
        let mut decoder = compression.decoder(pieces).unwrap();
        let mut piece = vec![1; PIECE];
        for pulled in 1..=16 {
            decoder.read_exact(&mut piece).unwrap();
            assert!(piece.iter().all(|byte| *byte == 0), "{compression}");
            // A block of bzip2 takes 45 bytes or so of a run, and what a piece of input holds is
            // taken at once; the rest has to wait until it is asked for.
            let share = stream.len() * pulled * PIECE / STREAM;
            let taken = taken.load(Ordering::Relaxed);
            assert!(
                taken <= share + 1024,
                "{compression}: {taken} of {}",
                bomb.len()
            );
        }
        let head = compression.head(&bomb, PIECE).unwrap();
        assert_eq!(head.len(), PIECE);
        assert!(head.capacity() <= 2 * PIECE, "{compression}");
    }
}

/// A reader that breaks off after its bytes.
struct Broken<'a>(&'a [u8]);

impl BufRead for Broken<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.is_empty() {
            return Err(io::Error::new(ErrorKind::ConnectionReset, "no carrier"));
        }
        Ok(self.0)
    }

    fn consume(&mut self, amount: usize) {
        self.0 = &self.0[amount..];
    }
}

impl Read for Broken<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        unreachable!("decoders take the buffer")
    }
}

#[test]
fn an_error_of_the_reader_comes_through_and_lasts() {
    for compression in ALL {
        let stream = compress(compression, &sample());
        for cut in 0..=stream.len() {
            let mut decoder = compression.decoder(Broken(&stream[..cut])).unwrap();
            let error = pull(&mut *decoder, &[100]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{compression}");
            assert_eq!(error.to_string(), "no carrier", "{compression} at {cut}");
            let again = decoder.read(&mut [0; 9]).unwrap_err();
            assert_eq!(again.kind(), ErrorKind::ConnectionReset, "{compression}");
            let expected = Error::Undecodable {
                compression,
                reason: "its reader failed before: no carrier".to_owned(),
            };
            assert_eq!(again.downcast::<Error>().unwrap(), expected);
        }
    }
}

#[test]
fn a_decoder_may_move_to_another_thread() {
    let stream = compress(Compression::Gzip, &sample());
    let mut decoder = Compression::Gzip.decoder(io::Cursor::new(stream)).unwrap();
    let decoded = std::thread::spawn(move || pull(&mut *decoder, &[64]).unwrap());
    assert_eq!(decoded.join().unwrap(), sample());
}
