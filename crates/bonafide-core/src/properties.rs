//! How the names of bonafide's own image properties begin.

/// The beginning of every property name that the publisher writes for itself: `bonafide_channel`.
///
/// The publisher reads its state from these properties, so an operator's own properties can't have
/// such a name.
pub const PROPERTY_PREFIX: &str = "bonafide_";

/// The beginning of the properties that keep signed files: `bonafide_proof_list`.
///
/// Their values are longer than the 255 characters after which Nova cuts a value. That is not a
/// fault, since no program reads them on a server.
pub const PROOF_PREFIX: &str = "bonafide_proof_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_a_property_of_bonafide() {
        assert!(PROOF_PREFIX.starts_with(PROPERTY_PREFIX));
    }
}
