use bonafide_verify::{FileDigests, Verified};

fn forge() -> Verified<FileDigests> {
    Default::default()
}

fn main() {}
