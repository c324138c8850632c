use bonafide_verify::{Evidence, FileDigests, Verified};

fn forge(value: FileDigests, evidence: std::sync::Arc<Evidence>) -> Verified<FileDigests> {
    Verified { value, evidence }
}

fn main() {}
