use std::collections::BTreeMap;

use proptest::collection::btree_map;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A document with each of these items in a version of its own.
fn document(items: &[Value]) -> String {
    let versions: BTreeMap<_, _> = items
        .iter()
        .enumerate()
        .map(|(number, item)| (number.to_string(), json!({"items": {"disk1.img": item}})))
        .collect();
    json!({
        "format": FORMAT,
        "datatype": DATATYPE,
        "updated": "Fri, 04 Nov 2016 03:33:58 +0000",
        "products": {"server": {"arch": "amd64", "versions": versions}},
    })
    .to_string()
}

fn read(items: &[Value]) -> ChecksumList {
    parse(document(items).as_bytes()).unwrap()
}

fn assert_refused(text: &str, reason: &str) {
    match parse(text.as_bytes()) {
        Err(Error::NotSimplestreams { reason: said }) => {
            assert!(said.contains(reason), "{text}: {said}");
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn items_become_entries_by_their_path() {
    let sha512 = Digest::of(Algorithm::Sha512, b"abc").to_string();
    let list = read(&[
        json!({"path": "a/x.img", "sha256": A, "size": 5, "md5": "d41d8cd98f00b204e9800998ecf8427e"}),
        json!({"path": "b/x.img", "sha256": A, "sha512": sha512}),
    ]);
    let (first, second) = (
        list.expected("a/x.img").unwrap(),
        list.expected("b/x.img").unwrap(),
    );
    assert_eq!(
        (first.digest.to_string(), first.size),
        (A.to_owned(), Some(5))
    );
    assert_eq!((second.digest.to_string(), second.size), (sha512, None));
    assert!(matches!(
        list.expected("x.img"),
        Err(Error::NotListed { .. })
    ));
}

#[test]
fn items_without_path_or_digest_are_left_out() {
    let list = read(&[
        json!({"path": "x.img", "md5": "d41d8cd98f00b204e9800998ecf8427e", "size": 1}),
        json!({"sha256": A}),
        json!({"id": "ami-1"}),
    ]);
    assert!(list.is_empty());
    // A digest that proves nothing is reported when its name is requested.
    let refused = list.expected("x.img");
    assert!(
        matches!(&refused, Err(Error::WeakListing { algorithms, .. }) if algorithms[..] == ["MD5"]),
        "{refused:?}"
    );
    assert!(
        parse(format!(r#"{{"format": "{FORMAT}", "datatype": "{DATATYPE}"}}"#).as_bytes())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_path_with_two_digests_or_sizes_is_refused_and_the_others_stay_good() {
    let list = read(&[
        json!({"path": "x.img", "sha256": A}),
        json!({"path": "x.img", "sha256": B}),
        json!({"path": "y.img", "sha256": A, "size": 1}),
        json!({"path": "y.img", "sha256": A, "size": 2}),
        json!({"path": "z.img", "sha256": A, "size": 1}),
        json!({"path": "z.img", "sha256": A, "size": 1}),
    ]);
    assert!(matches!(
        list.expected("x.img"),
        Err(Error::ConflictingDuplicate { .. })
    ));
    assert!(matches!(
        list.expected("y.img"),
        Err(Error::ConflictingSizes {
            first: 1,
            second: 2,
            ..
        })
    ));
    assert_eq!(list.expected("z.img").unwrap().size, Some(1));
}

#[test]
fn a_repeated_key_hides_nothing() {
    let item = |digest| format!(r#""disk1.img": {{"path": "x.img", "sha256": "{digest}"}}"#);
    let text = format!(
        r#"{{"format": "{FORMAT}", "datatype": "{DATATYPE}",
            "products": {{"p": {{"versions": {{"v": {{"items": {{{}, {}}}}}}}}}}}}}"#,
        item(A),
        item(B)
    );
    assert!(matches!(
        parse(text.as_bytes()).unwrap().expected("x.img"),
        Err(Error::ConflictingDuplicate { .. })
    ));
}

#[test]
fn other_documents_are_refused_with_what_was_found() {
    assert_refused(
        r#"{"format": "index:1.0", "index": {}}"#,
        "its format is `index:1.0`, its datatype not given",
    );
    assert_refused(
        r#"{"format": "products:1.0", "datatype": "image-ids", "products": {}}"#,
        "`image-ids`",
    );
    assert_refused(r#"{"format": 1}"#, "invalid type");
    assert_refused(&format!("{A}  x.img\n"), "line 1");
    assert_refused("[]", "invalid");
    assert_refused("", "EOF");
    let nested = format!(
        r#"{{"format": "products:1.0", "x": {}"#,
        "[".repeat(100_000)
    );
    assert!(parse(nested.as_bytes()).is_err());
}

#[test]
fn items_of_another_shape_are_refused() {
    for (item, reason) in [
        (
            json!({"path": "x.img", "sha256": "d41d8cd9"}),
            "not a sha256 digest of `x.img`",
        ),
        (
            json!({"path": "x.img", "sha512": A}),
            "not a sha512 digest of `x.img`",
        ),
        (
            json!({"path": "x.img", "sha256": A, "size": -1}),
            "invalid value",
        ),
        (
            json!({"path": "x.img", "sha256": A, "size": "1"}),
            "invalid type",
        ),
        (json!({"path": 7, "sha256": A}), "invalid type"),
        (json!("x.img"), "invalid type"),
    ] {
        assert_refused(&document(&[item]), reason);
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in prop_oneof![
        ".{0,400}",
        r#"\{"format": ?"products:1.0", ?"datatype": ?"image-downloads", ?"products": ?[{}\[\]":,a-z0-9]{0,200}\}"#,
    ]) {
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn documents_are_read_as_written(files in btree_map(".{1,30}", any::<u64>(), 0..20)) {
        let items: Vec<_> = files
            .iter()
            .map(|(path, size)| json!({"path": path, "sha256": A, "size": size}))
            .collect();
        let list = read(&items);
        prop_assert_eq!(list.names().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
        for (path, size) in files {
            prop_assert_eq!(list.expected(&path).unwrap().size, Some(size));
        }
    }
}
