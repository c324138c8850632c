//! Decompression. How the data comes does not change what it is, and a failure lasts.

#![no_main]

use std::io::{self, BufReader, ErrorKind, Read};

use bonafide_fuzz::{COMPRESSIONS, bounded};
use bonafide_image::Error;
use libfuzzer_sys::fuzz_target;

/// How much is decoded at most.
const MAX: usize = 2 << 20;

fuzz_target!(|data: &[u8]| bounded(data, || {
    for compression in COMPRESSIONS {
        let whole = decode(compression.decoder(data), 64 * 1024);
        let pieces = BufReader::with_capacity(7, data);
        let pieces = decode(compression.decoder(pieces), 1000);
        assert_eq!(whole.1, pieces.1, "{compression}");
        if whole.1.is_ok() {
            assert!(whole.0 == pieces.0, "{compression}: other bytes");
        }
    }
}));

fn decode(
    decoder: Result<Box<dyn Read + Send + '_>, Error>,
    step: usize,
) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut decoder = decoder.expect("there is memory for a decoder");
    let mut decoded = Vec::new();
    let mut buffer = vec![0; step];
    loop {
        // So that both stop at the same place.
        let room = step.min(MAX - decoded.len());
        if room == 0 {
            return (decoded, Ok(()));
        }
        match decoder.read(&mut buffer[..room]) {
            Ok(0) => {
                assert!(matches!(decoder.read(&mut buffer), Ok(0)));
                return (decoded, Ok(()));
            }
            Ok(count) => decoded.extend_from_slice(&buffer[..count]),
            Err(error) => {
                assert_eq!(decoder.read(&mut buffer).map_err(kind), Err(kind(error)));
                let error = decoder.read(&mut buffer).unwrap_err();
                assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()));
                return (decoded, Err(error.kind()));
            }
        }
    }
}

fn kind(error: io::Error) -> ErrorKind {
    error.kind()
}
