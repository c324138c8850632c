//! Lists of checksums. What is read can be written anew, and then says the same.

#![no_main]

use bonafide_fuzz::bounded;
use bonafide_verify::danger::{Reason, unsigned_digest, unsigned_list};
use bonafide_verify::{Algorithm, ChecksumList, Digest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, || {
    let reason: Reason = "input of a fuzzer is unsigned".parse().unwrap();
    let Ok(list) = unsigned_list(data, &reason) else {
        return;
    };
    let text = std::str::from_utf8(data).expect("a list is text");
    let said = contents(&list, &reason);
    for weak in list.weak_names() {
        assert!(unsigned_digest(&list, weak, &reason).is_err());
    }
    // Not all of a long list, which would take quadratic time.
    for (name, digest) in said.iter().take(16) {
        assert!(
            !name.contains(|c: char| c.is_control() && c != '\t' || "\u{2028}\u{2029}".contains(c))
        );
        let digest = digest.to_string();
        let mut lines = text.lines().filter(|line| line.contains(name));
        assert!(
            lines.any(|line| line.to_lowercase().contains(&digest)),
            "no line says {digest} of {name:?}"
        );
    }
    let anew: String = said
        .iter()
        .map(|(name, digest)| line(name, digest))
        .collect();
    let again = unsigned_list(anew.as_bytes(), &reason).expect("written as a list");
    assert_eq!(contents(&again, &reason), said);
}));

fn contents(list: &ChecksumList, reason: &Reason) -> Vec<(String, Digest)> {
    let names = list.names().flat_map(|name| {
        let expected = unsigned_digest(list, name, reason).expect("each name has a digest");
        let all = std::iter::once(expected.digest).chain(expected.others);
        all.map(|digest| (name.to_owned(), digest))
    });
    names.collect()
}

fn line(name: &str, digest: &Digest) -> String {
    let algorithm = match digest.algorithm() {
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
        other => panic!("{other} is new: write it here"),
    };
    format!("{algorithm} ({name}) = {digest}\n")
}
