//! Catalogues. Every mistake has a place in the text, and what is read has names of its own.

#![no_main]

use std::collections::BTreeSet;

use bonafide_fuzz::bounded;
use bonafide_publisher::{Catalogue, CatalogueError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    |text: &str| bounded(text.as_bytes(), || match Catalogue::parse(text) {
        Ok(catalogue) => {
            let names: BTreeSet<_> = catalogue.entries().iter().map(|e| e.name()).collect();
            assert_eq!(names.len(), catalogue.entries().len());
            for entry in catalogue.entries() {
                assert!(!entry.name().is_empty());
                assert!(!entry.title().is_empty());
                assert!(catalogue.entry(entry.name()).is_some());
            }
        }
        Err(CatalogueError::Invalid { problems, .. }) => {
            assert!(!problems.is_empty());
            let lines: Vec<_> = text.split('\n').collect();
            for problem in problems {
                let line = lines.get(problem.line.wrapping_sub(1));
                let line = line.expect("a mistake has a line");
                assert!((1..=line.chars().count() + 1).contains(&problem.column));
                assert!(!problem.reason.is_empty());
            }
        }
        Err(error) => panic!("nothing was to be opened: {error}"),
    })
);
