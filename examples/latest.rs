//! The newest release of every channel: its URL, its digest, and its signer.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::process::ExitCode;

use bonafide::publisher::{Candidate, ChannelConfig, Error, NoEvents};
use clap::{Parser, ValueEnum};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use bonafide_examples_support::table::Table;
use bonafide_examples_support::{Selection, World, causes, now};

/// How many vendors are asked at the same time.
const AT_ONCE: usize = 8;

/// Prints the newest release of every channel, after its list is verified. Only pages, lists and
/// signatures are downloaded.
#[derive(Debug, Parser)]
#[command(
    name = "latest",
    after_help = "Exit status: 0 every list is verified, except those of vendors without any signature;\n\
        1 something else was refused or failed; 2 wrong usage."
)]
struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Ask vendors that are embedded in this process, instead of the real ones
    #[arg(long, conflicts_with = "from_directory")]
    rehearsal: bool,
    /// The output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Json,
    Markdown,
    Table,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let world = match arguments.rehearsal {
        true => World::rehearsed(&arguments.selection).await,
        false => World::real(&arguments.selection),
    };
    let world = match world {
        Ok(world) => world,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            return ExitCode::from(2);
        }
    };
    let world = &world;
    let found = stream::iter(&world.entries).map(|entry| async move {
        let found = find(world, entry).await;
        (entry, found)
    });
    let found: Vec<_> = found.buffered(AT_ONCE).collect().await;
    match arguments.format {
        Format::Json => println!("{:#}", json(&found)),
        Format::Markdown => print!("{}", table(&found).markdown()),
        Format::Table => print!("{}", table(&found).text()),
    }
    let well = |found: &Found<'_>| match &found.1 {
        Ok(_) => true,
        Err(error) => error.is_expected(),
    };
    match found.iter().all(well) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

type Found<'a> = (&'a ChannelConfig, Result<Candidate, Error>);

async fn find(world: &World, entry: &ChannelConfig) -> Result<Candidate, Error> {
    let channel = entry.channel(world.fetch.as_ref()).await?;
    channel.find(world.fetch.as_ref(), now(), &NoEvents).await
}

fn table(found: &[Found<'_>]) -> Table<6> {
    let mut table = Table::new(["channel", "build", "date", "signer", "digest", "url"]);
    for (entry, candidate) in found {
        let name = entry.name().to_owned();
        table.push(match candidate {
            Ok(candidate) => {
                let digest = &candidate.expected().digest;
                [
                    name,
                    candidate.serial().to_string(),
                    candidate.build_date().to_string(),
                    candidate.evidence().signer.to_string(),
                    format!("{}:{digest}", digest.algorithm()),
                    candidate.file().url.to_string(),
                ]
            }
            Err(error) => {
                let dash = || "-".to_owned();
                let why = format!("refused: {}", causes(error));
                [name, dash(), dash(), dash(), dash(), why]
            }
        });
    }
    table
}

fn json(found: &[Found<'_>]) -> Value {
    let rows = found.iter().map(|(entry, candidate)| match candidate {
        Ok(candidate) => json!({
            "channel": entry.name(),
            "title": entry.title(),
            "build": candidate.serial(),
            "date": candidate.build_date(),
            "url": candidate.file().url,
            "digest": candidate.expected().value(),
            "list": candidate.release().list,
            "evidence": candidate.evidence(),
        }),
        Err(error) => json!({
            "channel": entry.name(),
            "title": entry.title(),
            "refused": causes(error),
            "expected": error.is_expected(),
        }),
    });
    rows.collect()
}
