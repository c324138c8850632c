use bonafide_verify::{Evidence, FileDigests, Verified};

fn forge(value: FileDigests, evidence: std::sync::Arc<Evidence>) -> Verified<FileDigests> {
    Verified::new(value, evidence)
}

fn main() {}
