//! No code outside of the crate can make a proof: each way that one might try does not
//! compile, and the reason is the intended one.

#[test]
fn a_proof_can_not_be_made_outside() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/forge_*.rs");
}
