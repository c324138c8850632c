//! Pseudo-random bytes that can be entered at any place.

/// The odd number next to 2^64 over the golden ratio, as in SplitMix64.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Fills the piece with the bytes of data cluster `index` from the byte `inside` on.
///
/// The n-th word is a hash of (seed, index, n), so words are independent of each other and the
/// compiler may work on several at once: some gigabytes a second.
pub(super) fn fill(seed: u64, index: u64, inside: usize, piece: &mut [u8]) {
    let key = mix(seed ^ mix(index.wrapping_add(1).wrapping_mul(STEP)));
    let word = |n: usize| mix(key.wrapping_add((n as u64).wrapping_mul(STEP))).to_le_bytes();
    let first = inside / 8;
    let skip = inside % 8;
    let (head, body) = piece.split_at_mut(((8 - skip) % 8).min(piece.len()));
    let (start, first) = if skip == 0 {
        ([0; 8], first)
    } else {
        (word(first), first + 1)
    };
    head.copy_from_slice(&start[skip..][..head.len()]);
    let mut words = body.chunks_exact_mut(8);
    let mut n = first;
    for chunk in &mut words {
        chunk.copy_from_slice(&word(n));
        n += 1;
    }
    let tail = words.into_remainder();
    tail.copy_from_slice(&word(n)[..tail.len()]);
}

/// The finaliser of SplitMix64.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_piece_equals_the_same_place_of_the_whole() {
        let mut whole = vec![0; 256];
        fill(7, 3, 0, &mut whole);
        for start in 0..40 {
            for length in 0..40 {
                let mut piece = vec![0; length];
                fill(7, 3, start, &mut piece);
                assert_eq!(piece, whole[start..start + length], "{start} {length}");
            }
        }
    }

    #[test]
    fn clusters_and_seeds_differ() {
        let bytes = |seed, index| {
            let mut piece = [0; 32];
            fill(seed, index, 0, &mut piece);
            piece
        };
        assert_ne!(bytes(1, 0), bytes(1, 1));
        assert_ne!(bytes(1, 0), bytes(2, 0));
        assert_ne!(bytes(0, 1), bytes(1, 0));
    }
}
