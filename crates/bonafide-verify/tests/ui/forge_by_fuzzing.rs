use bonafide_verify::fuzzing;

fn main() {
    let _ = fuzzing::simplestreams(b"{}");
}
