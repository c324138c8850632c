//! Taking files of packets apart, to put them together wrongly.

/// The packets of a binary file, with their headers (RFC 9580, 4.2).
pub(crate) fn packets(mut file: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    while let [header, ..] = *file {
        let (start, length) = match (header & 0x40 == 0, header & 3) {
            (true, 0) => (2, number(&file[1..2])),
            (true, 1) => (3, number(&file[1..3])),
            (true, _) => (5, number(&file[1..5])),
            (false, _) if file[1] < 192 => (2, number(&file[1..2])),
            (false, _) => (3, number(&file[1..3]) - (192 << 8) + 192),
        };
        let (packet, rest) = file.split_at(start + length);
        packets.push(packet);
        file = rest;
    }
    packets
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) + usize::from(*byte))
}

/// What the second file has that the first has not.
pub(crate) fn added<'a>(without: &[u8], with: &'a [u8]) -> Vec<&'a [u8]> {
    let known = packets(without);
    let all = packets(with).into_iter();
    all.filter(|packet| !known.contains(packet)).collect()
}

/// A packet with a new header (RFC 9580, 4.2.1) of fewer than 192 bytes.
pub(crate) fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 192);
    let length = u8::try_from(body.len()).unwrap();
    [&[0xC0 | tag, length], body].concat()
}

/// The bytes with one sequence in place of another of the same length.
pub(crate) fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let place = bytes.windows(old.len()).position(|part| part == old);
    let place = place.unwrap();
    [&bytes[..place], new, &bytes[place + old.len()..]].concat()
}

/// The bytes of hexadecimal digits.
pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}
