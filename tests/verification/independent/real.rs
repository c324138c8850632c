//! What vendors signed, and forgeries made from it, as `cases.json` lists them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use pgp::armor::Dearmor;
use serde_json::Value;

use crate::independent::Pair;
use support::vendor_data;

const CENTOS_7: &str = "RPM-GPG-KEY-CentOS-7.asc";
/// A key of version 6 with a post-quantum algorithm.
const NEWER: &str = "RPM-GPG-KEY-centosofficial-PQC.asc";

/// The time that our verdicts are of: after the newest file, before any renewed key ends.
fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn cases(data: &Path) -> Vec<Value> {
    serde_json::from_slice(&fs::read(data.join("cases.json")).unwrap()).unwrap()
}

/// The signature with the name of the key file.
fn name(case: &Value) -> String {
    let key = case["key"].as_str().unwrap().rsplit('/').next().unwrap();
    format!("{} {key}", case["sig"].as_str().unwrap())
}

/// All pairs; `None` where the vendors' files are not available.
pub(crate) fn pairs() -> Option<Vec<Pair>> {
    let data = vendor_data()?;
    let read = |path: &Value| fs::read(data.join(path.as_str().unwrap())).unwrap();
    let mut pairs: Vec<_> = cases(&data)
        .iter()
        .map(|case| Pair {
            name: name(case),
            keys: binary(&read(&case["key"])),
            signature: read(&case["sig"]),
            data: (!case["data"].is_null()).then(|| read(&case["data"])),
            now: now(),
        })
        .collect();
    assert!(pairs.len() >= 56, "{}", pairs.len());
    let keys = data.join("keys/from-registry");
    let [pinned, newer] = [CENTOS_7, NEWER].map(|name| binary(&fs::read(keys.join(name)).unwrap()));
    let message = "centos/7-2009-x86_64/sha256sum.txt.asc";
    pairs.push(Pair {
        name: format!("{message} {CENTOS_7}+{NEWER}"),
        keys: [pinned, newer].concat(),
        signature: fs::read(data.join(message)).unwrap(),
        data: None,
        now: now(),
    });
    Some(pairs)
}

/// What Sequoia said of the pairs when they were gathered (`sqv` 1.1.0, and `sq` 0.27 where the
/// text is clear-signed).
pub(crate) fn said_by_sequoia() -> Option<BTreeMap<String, bool>> {
    let cases = cases(&vendor_data()?);
    let said = cases.iter().map(|case| {
        let said = case["sequoia"].as_str().unwrap();
        assert!(said == "ok" || said.starts_with("refused: "), "{said}");
        (name(case), said == "ok")
    });
    Some(said.collect())
}

/// Neither program takes keys in armor and from a file in one and the same way.
fn binary(file: &[u8]) -> Vec<u8> {
    if !file.starts_with(b"-----BEGIN") {
        return file.to_vec();
    }
    let mut content = Vec::new();
    Dearmor::new(file).read_to_end(&mut content).unwrap();
    content
}
