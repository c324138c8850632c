use bonafide_verify::{FileDigests, Verified};

fn forge(mut proof: Verified<FileDigests>, other: FileDigests) -> Verified<FileDigests> {
    *proof = other;
    proof
}

fn main() {}
