use bonafide_verify::{FileDigests, Verified};

fn needs_deserialize<T: for<'a> serde::Deserialize<'a>>() {}

fn main() {
    needs_deserialize::<Verified<FileDigests>>();
}
