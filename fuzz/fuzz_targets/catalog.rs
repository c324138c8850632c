//! Catalogs. Every mistake has a place in the text, and what is read has names of its own.

#![no_main]

use std::collections::BTreeSet;

use bonafide_fuzz::bounded;
use bonafide_publisher::{Catalog, CatalogError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    |text: &str| bounded(text.as_bytes(), || match Catalog::parse(text) {
        Ok(catalog) => {
            let names: BTreeSet<_> = catalog.entries().iter().map(|e| e.name()).collect();
            assert_eq!(names.len(), catalog.entries().len());
            for entry in catalog.entries() {
                assert!(!entry.name().is_empty());
                assert!(!entry.title().is_empty());
                assert!(catalog.entry(entry.name()).is_some());
            }
        }
        Err(CatalogError::Invalid { problems, .. }) => {
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
