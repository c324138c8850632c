//! Names that were probably meant instead of one that is not listed.

/// How many names are suggested.
const MOST: usize = 3;
/// Longer names are not typed by hand, and comparing them costs the product of their lengths.
const LONGEST: usize = 300;

/// The names nearest to `name`, nearest first: names whose last path component it is, as in
/// `./NAME`; then names that differ in at most a quarter of its characters, by insertions,
/// deletions, changes or swaps.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let length = name.chars().count();
    if name.is_empty() || length > LONGEST {
        return Vec::new();
    }
    let most = (length / 4).max(1);
    let lower = name.to_lowercase();
    let distance = |other: &str| {
        if other.rsplit('/').next() == Some(name) {
            return Some(0);
        }
        if other.chars().count().abs_diff(length) > most {
            return None;
        }
        let distance = strsim::osa_distance(&lower, &other.to_lowercase());
        // A name that differs only in case is nearer than one that differs in a letter.
        (distance <= most).then_some(distance + 1)
    };
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|other| Some((distance(other)?, other)))
        .collect();
    found.sort_unstable();
    let found = found.into_iter().take(MOST);
    found.map(|(_, other)| other.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(name: &str, names: &[&str]) -> Vec<String> {
        nearest(name, names.iter().copied())
    }

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["debian", "centos", "fedora-43", "fedora-44", "ubuntu"];
        assert_eq!(among("ubunut", &names), ["ubuntu"]);
        assert_eq!(among("UBUNTU", &names), ["ubuntu"]);
        assert_eq!(among("fedora44", &names), ["fedora-44", "fedora-43"]);
        assert!(among("gentoo", &names).is_empty());
        assert!(among("", &names).is_empty());
    }

    #[test]
    fn a_name_that_is_the_end_of_a_path_is_the_nearest() {
        let names = ["./image.qcow2", "image.qcow", "old/image.qcow2", "x"];
        assert_eq!(
            among("image.qcow2", &names),
            ["./image.qcow2", "old/image.qcow2", "image.qcow"]
        );
    }

    #[test]
    fn what_is_too_long_to_be_typed_is_not_compared() {
        let long = "a".repeat(LONGEST + 1);
        assert!(among(&long, &[&long[1..]]).is_empty());
    }
}
