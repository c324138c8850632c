//! Checksum lists: what is in them, and the forms that they have.

use md5::Md5;
use pgp::crypto::hash::HashAlgorithm;
use sha2::{Digest, Sha256, Sha512};

use crate::qcow2::Qcow2Image;
use crate::site::content::Content;

/// Pieces in which a file is read for its digest.
const PIECE: usize = 256 * 1024;
/// Made-up files have up to so many bytes.
const MADE_UP_SIZE: u64 = 1 << 31;

/// A digest that vendors publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// As lists and the names of lists write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The digest of a file, in lower-case hexadecimal digits.
    pub(crate) fn of(self, content: &Content) -> String {
        match (self, content) {
            (Self::Md5, Content::Image(image)) => image.md5().to_owned(),
            (Self::Sha256, Content::Image(image)) => image.sha256().to_owned(),
            (Self::Sha512, Content::Image(image)) => image.sha512().to_owned(),
            (Self::Md5, _) => digest::<Md5>(content),
            (Self::Sha1, _) => sha1(content),
            (Self::Sha256, _) => digest::<Sha256>(content),
            (Self::Sha512, _) => digest::<Sha512>(content),
        }
    }
}

fn digest<D: Digest>(content: &Content) -> String {
    let mut digest = D::new();
    for piece in content.pieces(PIECE) {
        digest.update(&piece);
    }
    hex::encode(digest.finalize())
}

/// SHA-1 by rpgp, which has it anyway.
fn sha1(content: &Content) -> String {
    let Ok(mut digest) = HashAlgorithm::Sha1.new_hasher() else {
        return String::new();
    };
    for piece in content.pieces(PIECE) {
        digest.update(&piece);
    }
    hex::encode(digest.finalize())
}

/// Computes the digests that an image remembers, each on a thread of its own.
pub(crate) fn warm(image: &Qcow2Image, algorithms: &[Algorithm]) {
    std::thread::scope(|scope| {
        for algorithm in algorithms {
            scope.spawn(move || match algorithm {
                Algorithm::Md5 => image.md5(),
                Algorithm::Sha1 => "",
                Algorithm::Sha256 => image.sha256(),
                Algorithm::Sha512 => image.sha512(),
            });
        }
    });
}

/// A name in a list, and the file that it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    name: String,
    file: File,
}

#[derive(Clone, Debug)]
enum File {
    Content(Content),
    /// Nothing: size and digests are those of this text.
    MadeUp(String),
}

impl Listed {
    pub(crate) fn new(name: &str, content: &Content) -> Self {
        Self {
            name: name.to_owned(),
            file: File::Content(content.clone()),
        }
    }

    /// A name with a made-up digest, behind which there is no file.
    pub(crate) fn made_up(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: File::MadeUp(name.to_owned()),
        }
    }

    /// The same file under another name.
    pub(crate) fn also_as(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: self.file.clone(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self, algorithm: Algorithm) -> String {
        match &self.file {
            File::Content(content) => algorithm.of(content),
            File::MadeUp(text) => algorithm.of(&text.as_str().into()),
        }
    }

    fn size(&self) -> u64 {
        match &self.file {
            File::Content(content) => content.len(),
            File::MadeUp(text) => seed(text) % MADE_UP_SIZE,
        }
    }
}

/// A number that a text always leads to.
pub(crate) fn seed(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(text));
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// GNU's form with two spaces.
pub(crate) fn gnu(files: &[Listed], algorithm: Algorithm) -> String {
    let line = |file: &Listed| format!("{}  {}\n", file.digest(algorithm), file.name);
    files.iter().map(line).collect()
}

/// BSD's form with a comment about the size before each line.
pub(crate) fn bsd(files: &[Listed], algorithm: Algorithm) -> String {
    let lines = |file: &Listed| {
        let (name, size) = (&file.name, file.size());
        let (algorithm, digest) = (algorithm.name(), file.digest(algorithm));
        format!("# {name}: {size} bytes\n{algorithm} ({name}) = {digest}\n")
    };
    files.iter().map(lines).collect()
}

/// Gentoo's form, which Flatcar kept: all digests of one file, a section each.
pub(crate) fn sections(file: &Listed) -> String {
    let section = |algorithm: Algorithm| {
        let (title, digest) = (algorithm.name(), file.digest(algorithm));
        format!("# {title} HASH\n{digest}  {}\n", file.name)
    };
    [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha512]
        .map(section)
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abc() -> Listed {
        Listed::new("abc", &"abc".into())
    }

    #[test]
    fn digests_are_those_of_the_standards_examples() {
        for (algorithm, digest) in [
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ] {
            assert_eq!(gnu(&[abc()], algorithm), format!("{digest}  abc\n"));
        }
        assert_eq!(
            bsd(&[abc()], Algorithm::Sha256),
            "# abc: 3 bytes\nSHA256 (abc) = \
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
        );
    }

    #[test]
    fn an_images_digests_are_those_of_its_bytes() {
        let image = Qcow2Image::new(0, 5, 1);
        let bytes: Vec<u8> = image.chunks(0, 1 << 20).flatten().collect();
        let (image, bytes) = (Content::from(image), Content::from(bytes));
        let all = [
            Algorithm::Md5,
            Algorithm::Sha1,
            Algorithm::Sha256,
            Algorithm::Sha512,
        ];
        for algorithm in all {
            assert_eq!(algorithm.of(&image), algorithm.of(&bytes), "{algorithm:?}");
        }
    }

    #[test]
    fn sections_are_three() {
        let sections = sections(&abc());
        let titles: Vec<_> = sections
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        assert_eq!(titles, ["# MD5 HASH", "# SHA1 HASH", "# SHA512 HASH"]);
        assert_eq!(sections.matches("  abc\n").count(), 3);
    }

    #[test]
    fn another_name_has_the_same_digest_and_another_made_up_file_has_not() {
        let digest = |file: &Listed| file.digest(Algorithm::Sha256);
        let file = Listed::made_up("a.img");
        assert_eq!(digest(&file), digest(&file.also_as("b.img")));
        assert_ne!(digest(&file), digest(&Listed::made_up("b.img")));
    }
}
