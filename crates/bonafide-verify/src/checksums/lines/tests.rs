use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use super::*;
use crate::{Algorithm, Digest, ExpectedDigest};

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn sha512() -> String {
    Digest::of(Algorithm::Sha512, b"abc").to_string()
}

fn names(list: &ChecksumList) -> Vec<&str> {
    list.names().collect()
}

fn expected(text: &str, name: &str) -> ExpectedDigest {
    parse(text).unwrap().expected(name).unwrap()
}

/// The text as second line of a list is refused there.
fn assert_refused(before: &str, wrong: &str) {
    let refused = parse(&format!("{before}\n{wrong}\n"));
    assert!(
        matches!(refused, Err(Error::NotAChecksumList { line: 2, .. })),
        "{before} {wrong}: {refused:?}"
    );
}

#[test]
fn all_three_gnu_forms_are_read() {
    let list = parse(&format!("{A}  one\n{A} *two\n{A}  *three\n\n# x\n")).unwrap();
    assert_eq!(names(&list), ["one", "three", "two"]);
    let starred = parse(&format!("{A} **four\n")).unwrap();
    assert_eq!(names(&starred), ["*four"], "a name of its own");
}

#[test]
fn carriage_returns_trailing_blanks_and_upper_case_do_not_matter() {
    let upper = A.to_uppercase();
    for line in [
        format!("{upper}  one \t\r\n"),
        format!("SHA256 (one) = {upper} \t\r\n"),
    ] {
        assert_eq!(expected(&line, "one").digest.to_string(), A);
    }
}

#[test]
fn equal_duplicates_are_harmless_and_conflicting_ones_refused() {
    for again in [format!("{A} *x"), format!("SHA256 (x) = {A}")] {
        assert_eq!(parse(&format!("{A}  x\n{again}\n")).unwrap().len(), 1);
    }
    for other in [format!("{B} *x"), format!("SHA256 (x) = {B}")] {
        assert!(matches!(
            parse(&format!("{A}  x\n{other}\n")),
            Err(Error::ConflictingDuplicate { name, .. }) if name == "x"
        ));
    }
}

#[test]
fn lines_of_another_form_are_refused_with_their_number() {
    for wrong in [
        "<!DOCTYPE html>".to_owned(),
        format!("{A} x"),
        format!("{A}   x"),
        A.to_owned(),
        format!("{A}  "),
        format!("{}  x", &A[1..]),
        format!("{}  x", &MD5[1..]),
        format!("{}  x", "z".repeat(32)),
        format!("sha512 (x) = {A}"),
        format!("SHA384 (x) = {A}"),
        format!("SHA256 () = {A}"),
        format!("SHA256 (x)= {A}"),
        format!("SHA256(x)= {A}"),
        format!("SHA256 (x) = {A} y"),
        format!("SHA256 (x) = {}", &A[1..]),
        format!("SHA512 (x) = {A}"),
        format!("SHA256 (x) = {}", sha512()),
        format!("MD5 (x) = {SHA1}"),
        "SHA1 (x) = not hexadecimal".to_owned(),
        format!("of two words (x) = {A}"),
        format!(" (x) = {A}"),
        "BLAKE2b (x) = ".to_owned(),
    ] {
        assert_refused(&format!("{A}  fine"), &wrong);
    }
}

#[test]
fn bsd_lines_are_read_with_the_sizes_above_or_below_them() {
    let text = format!(
        "# x (1).qcow2: 528154624 bytes\nSHA256 (x (1).qcow2) = {A}\n\
         SHA256 (y) = {B}\n# y: 7 bytes\n# y: 7 bytes\nSHA256 (z) = {B}\n"
    );
    assert_eq!(expected(&text, "x (1).qcow2").size, Some(528_154_624));
    assert_eq!(expected(&text, "y").size, Some(7));
    assert_eq!(expected(&text, "z").size, None);
}

#[test]
fn two_sizes_of_a_listed_name_are_refused_and_sizes_of_others_ignored() {
    let twice = "# x: 1 bytes\n# x: 2 bytes\n";
    assert!(matches!(
        parse(&format!("{twice}{A}  x\n")),
        Err(Error::ConflictingSizes {
            first: 1,
            second: 2,
            ..
        })
    ));
    assert_eq!(expected(&format!("{twice}{A}  y\n"), "y").size, None);
}

#[test]
fn comments_that_only_resemble_a_size_say_nothing() {
    for comment in [
        "# x: +1 bytes",
        "# x: -1 bytes",
        "# x: 1 byte",
        "# x: bytes",
        "# x: 0x10 bytes",
        "# x:1 bytes",
        "#x: 1 bytes",
        "# : 1 bytes",
        "# x: 99999999999999999999999999 bytes",
    ] {
        assert_eq!(expected(&format!("{comment}\n{A}  x\n"), "x").size, None);
    }
}

#[test]
fn of_several_digests_sections_the_strongest_counts() {
    let text = format!(
        "# MD5 HASH\n{MD5}  x\n# SHA1 HASH\n{SHA1}  x\n# a comment\n# SHA256 HASH\n{A}  x\n\
         # SHA512 HASH\n{}  x\n",
        sha512()
    );
    let list = parse(&text).unwrap();
    assert_eq!(names(&list), ["x"]);
    assert_eq!(expected(&text, "x").digest.to_string(), sha512());
    let lists = format!("SHA512 (x) = {}\nSHA256 (x) = {A}\n", sha512());
    assert_eq!(expected(&lists, "x").digest.to_string(), sha512());
}

#[test]
fn a_section_takes_lines_of_its_own_algorithm_only() {
    for (section, wrong) in [
        ("SHA512", format!("{A}  x")),
        ("SHA256", format!("{}  x", sha512())),
        ("SHA256", format!("SHA256 (x) = {A}")),
        ("MD5", format!("{A}  x")),
        ("SHA1", format!("{MD5}  x")),
        ("WHIRLPOOL", "not hexadecimal".to_owned()),
        ("MD5", "<html>".to_owned()),
    ] {
        assert_refused(&format!("# {section} HASH"), &wrong);
    }
}

#[test]
fn every_strong_digest_that_a_list_states_is_expected() {
    let both = |first: String, second: String| format!("{first}\n# x: 3 bytes\n{second}\n");
    let (gnu, bsd) = (format!("{A}  x"), format!("SHA512 (x) = {}", sha512()));
    let sections = format!("# SHA256 HASH\n{A}  x\n# SHA512 HASH\n{}  x\n", sha512());
    for text in [
        both(gnu.clone(), bsd.clone()),
        both(bsd.clone(), gnu.clone()),
        both(gnu.clone(), format!("{} *x", sha512())),
        both(gnu.clone(), bsd.replace("SHA512", "sha512")),
        both(format!("sha256 (x) = {A}"), bsd.clone()),
        sections,
    ] {
        let expected = expected(&text, "x");
        assert_eq!(expected.digest.to_string(), sha512());
        let others: Vec<_> = expected.others.iter().map(ToString::to_string).collect();
        assert_eq!(others, [A]);
    }
    assert!(expected(&format!("{gnu}\n"), "x").others.is_empty());
}

#[test]
fn names_of_algorithms_are_read_in_either_case() {
    for name in ["SHA256", "sha256", "Sha256", "SHA-256", "sha-256"] {
        let text = format!("{name} (x) = {A}\n");
        assert_eq!(expected(&text, "x").digest.to_string(), A, "{name}");
        let text = format!("# {name} HASH\n{A}  x\n");
        assert_eq!(expected(&text, "x").digest.to_string(), A, "{name}");
    }
    let conflict = format!("SHA256 (x) = {A}\nsha256 (x) = {B}\n");
    assert!(matches!(
        parse(&conflict),
        Err(Error::ConflictingDuplicate { .. })
    ));
}

#[test]
fn what_a_name_is_listed_with_is_named_if_it_proves_nothing() {
    let sha384 = "ab".repeat(48);
    let sha224 = "ab".repeat(28);
    for (line, name) in [
        (format!("{MD5}  x"), "MD5"),
        (format!("{SHA1} *x"), "SHA1"),
        (format!("{sha224}  x"), "SHA224"),
        (format!("{sha384}  x"), "SHA384"),
        (format!("md5 (x) = {MD5}"), "MD5"),
        (format!("sha1 (x) = {SHA1}"), "SHA1"),
        (format!("SHA-1 (x) = {SHA1}"), "SHA1"),
        (format!("SHA384 (x) = {sha384}"), "SHA384"),
        (format!("sha384 (x) = {sha384}"), "SHA384"),
        (format!("# SHA384 HASH\n{sha384}  x"), "SHA384"),
        (format!("BLAKE2b-256 (x) = {A}"), "BLAKE2b-256"),
        (format!("SHA3-256 (x) = {A}"), "SHA3-256"),
        (format!("SHA512/256 (x) = {A}"), "SHA512/256"),
    ] {
        let list = parse(&format!("{A}  y\n{line}\n"));
        let list = if line.starts_with('#') {
            parse(&format!("{line}\n"))
        } else {
            list
        };
        let list = list.unwrap();
        let refused = list.expected("x").unwrap_err();
        assert!(
            matches!(&refused, Error::WeakListing { algorithms, .. } if algorithms[..] == [name]),
            "{line}: {refused}"
        );
        assert_eq!(list.weak_names().collect::<Vec<_>>(), ["x"], "{line}");
        // Beside one that proves something it has no effect.
        if !line.starts_with('#') {
            let text = format!("{line}\n{A}  x\n");
            assert_eq!(expected(&text, "x").digest.to_string(), A);
            assert_eq!(parse(&text).unwrap().weak_names().count(), 0);
        }
    }
    for bare in [MD5, SHA1, &sha384] {
        let list = ChecksumList::side_car(&format!("{bare}\n"), "x").unwrap();
        assert!(matches!(list.expected("x"), Err(Error::WeakListing { .. })));
    }
}

#[test]
fn names_with_weak_or_unknown_algorithms_only_are_refused_with_the_algorithms() {
    let text = format!(
        "MD5 (x) = {MD5}\nSHA1 (x) = {SHA1}\nSHA3-256 (x) = {A}\n# BLAKE2B HASH\n{}  x\n{MD5}  y\n",
        sha512()
    );
    let list = parse(&text).unwrap();
    assert!(list.is_empty());
    let refused = list.expected("x").unwrap_err();
    assert!(
        matches!(&refused, Error::WeakListing { algorithms, .. }
            if algorithms[..] == ["BLAKE2B", "MD5", "SHA1", "SHA3-256"]),
        "{refused}"
    );
    assert!(matches!(
        list.expected("z"),
        Err(Error::NotListed { entries: 0, .. })
    ));
    let better = format!("{A}  x\n{text}");
    assert_eq!(expected(&better, "x").digest.to_string(), A);
}

#[test]
fn an_unlisted_name_is_refused_with_the_nearest_ones() {
    let refused = parse(&format!("{A}  image-1.qcow2\n"))
        .unwrap()
        .expected("image-1.qcow");
    assert!(matches!(
        refused,
        Err(Error::NotListed { similar, .. }) if similar == ["image-1.qcow2"]
    ));
}

#[test]
fn a_side_car_is_a_bare_digest_or_a_list_of_one() {
    let read = |text: &str| ChecksumList::side_car(text, "x.img");
    for bare in [
        A.to_owned(),
        format!("{A} \r\n\n"),
        format!("# of x\n{A}\n"),
    ] {
        assert_eq!(names(&read(&bare).unwrap()), ["x.img"], "{bare}");
    }
    for line in [
        format!("{A}  y.img\n"),
        format!("# y.img: 5 bytes\nSHA256 (y.img) = {A}\n"),
    ] {
        assert_eq!(names(&read(&line).unwrap()), ["y.img"], "{line}");
    }
    let weak = read(&format!("MD5 (x.img) = {MD5}\n")).unwrap();
    assert!(matches!(
        weak.expected("x.img"),
        Err(Error::WeakListing { .. })
    ));
}

#[test]
fn a_side_car_of_no_or_several_lines_is_refused() {
    for (text, lines) in [
        (String::new(), 0),
        ("# nothing\n\n".to_owned(), 0),
        (format!("{A}\n{A}\n"), 2),
        (format!("{A}  x\n{A}  x\n"), 2),
        (format!("{A}\n{A}  x\n<html>\n"), 3),
    ] {
        let refused = ChecksumList::side_car(&text, "x");
        assert!(
            matches!(refused, Err(Error::NotASideCar { lines: found }) if found == lines),
            "{text}: {refused:?}"
        );
    }
    for wrong in [&MD5[1..], "<html>"] {
        assert!(matches!(
            ChecksumList::side_car(wrong, "x"),
            Err(Error::NotAChecksumList { line: 1, .. })
        ));
    }
}

/// Text that comes close to a list.
fn almost_a_list() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(A.to_owned()),
        Just(sha512()),
        "[ *#()=:\r\n]{1,3}",
        "(SHA256|SHA512|MD5|HASH|bytes|= |\\) = |# )",
        ".{0,5}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics(text in prop_oneof![".{0,400}", almost_a_list()]) {
        let _ = parse(&text);
        let _ = ChecksumList::side_car(&text, "x");
    }

    #[test]
    fn gnu_lines_are_read_as_written(names in btree_set("[a-z0-9*(._-][a-z0-9 =()._-]{0,30}[a-z)]", 0..20)) {
        let text: String = names.iter().map(|name| format!("{A} *{name}\n")).collect();
        let list = parse(&text).unwrap();
        prop_assert_eq!(list.names().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    }

    #[test]
    fn bsd_lines_are_read_as_written(files in btree_map("[a-z][a-z0-9 :()._-]{0,30}", any::<u64>(), 0..20)) {
        let line = |(name, size)| format!("# {name}: {size} bytes\nSHA512 ({name}) = {}\n", sha512());
        let text: String = files.iter().map(line).collect();
        let list = parse(&text).unwrap();
        prop_assert_eq!(list.len(), files.len());
        for (name, size) in files {
            let expected = list.expected(&name).unwrap();
            prop_assert_eq!(expected.digest.to_string(), sha512());
            prop_assert_eq!(expected.size, Some(size));
        }
    }

    #[test]
    fn digests_sections_are_read_as_written(names in btree_set("[a-z0-9._-]{1,40}", 0..20)) {
        let mut text = String::new();
        for (section, digest) in [("MD5", MD5), ("SHA1", SHA1), ("SHA512", &sha512())] {
            text += &format!("# {section} HASH\n");
            text.extend(names.iter().map(|name| format!("{digest}  {name}\n")));
        }
        let list = parse(&text).unwrap();
        prop_assert_eq!(list.names().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    }

    #[test]
    fn side_cars_are_read_as_written(name in "[a-z0-9._-]{1,40}", image in any::<[u8; 8]>()) {
        let digest = Digest::of(Algorithm::Sha512, &image);
        for text in [format!("{digest}\n"), format!("{digest}  {name}\n")] {
            let list = ChecksumList::side_car(&text, &name).unwrap();
            prop_assert_eq!(&list.expected(&name).unwrap().digest, &digest);
        }
    }
}
