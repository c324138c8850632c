//! Checks a catalog of channels and prints its channels.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use bonafide::publisher::{Catalog, catalog_schema};
use clap::Parser;

use bonafide_examples_support::causes;
use bonafide_examples_support::table::Table;

/// Checks a catalog of channels and prints its channels.
#[derive(Debug, Parser)]
#[command(
    name = "catalog",
    after_help = "Exit status: 0 the catalog is good, 1 it is not (problems are printed with line\n\
        and column), 2 wrong usage."
)]
struct Arguments {
    /// The file; by default the built-in catalog
    file: Option<PathBuf>,
    /// Print the built-in catalog, as a start for your own
    #[arg(long, conflicts_with_all = ["file", "schema"])]
    print: bool,
    /// Print the JSON schema of such files, for editors
    #[arg(long, conflicts_with = "file")]
    schema: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print {
        print!("{}", Catalog::builtin_text());
        return ExitCode::SUCCESS;
    }
    if arguments.schema {
        println!("{:#}", catalog_schema());
        return ExitCode::SUCCESS;
    }
    let catalog = match &arguments.file {
        Some(path) => Catalog::load(path),
        None => Ok(Catalog::builtin()),
    };
    match catalog {
        Ok(catalog) => {
            print!("{}", table(&catalog).text());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}", causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn table(catalog: &Catalog) -> Table<4> {
    let mut table = Table::new(["channel", "name", "page", "pinned"]);
    for entry in catalog.entries() {
        let pins = entry.trust().fingerprints().iter();
        let pins: Vec<_> = pins.map(ToString::to_string).collect();
        table.push([
            entry.name().to_owned(),
            entry.title(),
            entry.product().page.to_string(),
            pins.join(", "),
        ]);
    }
    table
}
