//! A DSA key with an ElGamal subkey, and a signature by it. Made once, so that no test waits for the
//! search of its primes.

use std::io::Read;

use pgp::armor::Dearmor;

/// The certificate, of 2024-01-01. GnuPG 2.2 made it for this test (`--batch --gen-key`, 2,048 and
/// 1,024 bits), and its secret key is gone.
pub(crate) const KEY: &str = "\
-----BEGIN PGP PUBLIC KEY BLOCK-----\n\
\n\
mQMuBGWSAIARCADB1MJ6XbPGdfOHBCI0U8Si49JwSjvccX2l4IgfFySeSiFVnEtV\n\
3gJqEEo15pK4oSWAuy2AEiHnvQ7ehrBhg7qWzTE7uBYXHsLMmRU1NGToW4WP7S6G\n\
lVm9pXShaNIJDFc5K2qYic/Tq77W1dxu4GRix+Oin+DbCdXLelsDOLW6e8XtB4sE\n\
J1kt/91P9Vi0xZqJXN+fpb0t/TdSJttz3spfjkbOT5qF8i1WRw1V7yjLAKrOU0vW\n\
B8GBQDuALtMImHU3scE+5wwKlfTBGMfE8I9Quwdm4i6mk5Q3Kf4uvt8C8U2iUlt2\n\
YzEwlj+lZrWCm66ldgciYgWFUKIW5mRDn0fPAQD/6WULyQgiTo+gQZPu2Mta4tex\n\
mnQUYCLOE0ZK9urZ9wf/XyjLFJnd0cknartZUuYe9FSrQl+EyF8PBA4jhnZUDd4E\n\
46BHQ6bIHTtX//P2MJI8bIgv2u5EK/BqHzGayyYrzOWu0lc/5vDVO15zVoQq3z0A\n\
WBS44zedJxbeiFQoyF/MHGMm0XuWDNN92bANYiBBkt4vqFsaVyFEb8j2KvTNrdl9\n\
OYf8ahCMQsstIW3a0IoX91MiK9eRlfwOk6aIwDSFjYmm5IqE6Urw8PM6jRhTWfBU\n\
VbFjDBCl/U0tzhrnEgP8rI5ZjxGE7fotHMFQYG8GJ4cPAvFLkZeB3rPDtDGyAmtS\n\
JYBl5KBLboExbwupB+TtKATO72L3MZm0ZFtR17Hujwf9H9w9C5tIMFHGDtk+0iiT\n\
ASoFAlSTL0TLjAabIcCW9LkJf8VLxCTVEm+LY7bsX7X4IKWme9Dhkem6RuMjWlfm\n\
L+Kc2bw5XTxZsE0bRLOyabKL/loAz7RR20/HV6Oo1mAQmsCoCyxS0GXL/mHldunm\n\
3H5bh2nmFlQRc3nj2xte83g07eVEY/Y4yWixi1vJCw30VobQ0gRxO7LdFuwpGDwV\n\
7p6N70WCmgQc0adlpAoB2oOfcls60xsxgc9jJq9VsKl3eCR5lJ51BbmuoWQM3b3g\n\
VuFI4ic7SP0OFZAkjYcLlrmS5NmFuo1x5fn/apZXx8g06sC8s7ajgArt8E0qV4dF\n\
ULQcVGhyb3ctYXdheSA8ZHNhQHZlbmRvci50ZXN0PoiQBBMRCAA4FiEEKWG308uZ\n\
CPdNlmda7FROwk+bh0EFAmWSAIACGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AA\n\
CgkQ7FROwk+bh0FRggD8CBnW2dDBCrbtzaLZhIuqkrjFapoc3Z8/VSOiHvwNG9YB\n\
AMZ0GuQoIM2SCtimjEtFmkaRdTyUKtPaLLeGgwfVOA2MuQENBGWSAIAQBACQznNi\n\
VjAB7ES/Oa0KAtFZEQD+m01GKZvjG0jlx10GWL01+P8KW2HICDTg7BlKq7rOkbNd\n\
wtjGNsRzloGWb6IDJEq8odkg0vY45+lZfp9/YD3ORiLvsD8MVmwIbISUp3fDdLFi\n\
V0r5fjLqV1HDp1yoMcqVpmL9lURutRyPDdglIwADBgP/bPpixeJBI8Z2ORa19fWD\n\
HULR9ynnmgDOyq9h/OiICa5k22F0MyBiZWYJwFPT8OpOUqDrIkRG4gjJRbBmpRTY\n\
C+oq3TOZ6Ocpi7s1Iwm4pjtZiHS6opa1i9fV4+1DmN2FlD8ceBjSDP3aMk9+ysUk\n\
eTlCYBgGFWmPutnAe9KVmqeIeAQYEQgAIBYhBClht9PLmQj3TZZnWuxUTsJPm4dB\n\
BQJlkgCAAhsMAAoJEOxUTsJPm4dBNmkBAJWPkpRm60TN77KcL4bxLIQyBCGm1JWE\n\
saHS9lUilMjtAP9VJIM8fYSx6oP9e+mOhAzrZavLcy2kgpn+SEfkEBSiuA==\n\
=H8pU\n\
-----END PGP PUBLIC KEY BLOCK-----\n\
";

/// The key's signature of 2024-01-10 at noon, over the SHA-256 of [`LIST`].
pub(crate) const SIGNATURE: &str = "\
-----BEGIN PGP SIGNATURE-----\n\
\n\
iHUEABEIAB0WIQQpYbfTy5kI902WZ1rsVE7CT5uHQQUCZZ6GwAAKCRDsVE7CT5uH\n\
QQEKAP9bN8GZqV3+3jy/7ZDOxrittKXPtWZ0CC59e3enbNGSeQD/d2EWGFrRqPaO\n\
Wxx+bDfRGc+M3VZhn4bN6rnELX23/YE=\n\
=Hob5\n\
-----END PGP SIGNATURE-----\n\
";

/// What is signed.
pub(crate) const LIST: &[u8] =
    b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *x.img\n";

/// The certificate in binary.
pub(crate) fn key() -> Vec<u8> {
    binary(KEY)
}

/// The content of an armored block.
pub(crate) fn binary(armored: &str) -> Vec<u8> {
    let mut content = Vec::new();
    let mut armor = Dearmor::new(armored.as_bytes());
    armor.read_to_end(&mut content).unwrap();
    content
}
