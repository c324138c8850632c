//! Publishes the newest builds in OpenStack Glance, once their origin is proven.
//!
//! Without arguments it is a rehearsal: the vendors' sites and a cloud are started inside this
//! process, on loopback, and the same code that publishes in a real cloud runs against them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::process::ExitCode;

use bonafide::properties::CiRun;
use bonafide::publisher::{Entry, Error, Observed, Outcome};
use bonafide::{Publisher, Report};
use clap::Parser;
use serde_json::json;

mod support;

use support::show::{self, Show};
use support::{AnyError, Selection, World, causes, now};

/// Publishes the newest images of a catalogue in OpenStack Glance, once their origin is proven.
///
/// Without --cloud it is a rehearsal: the vendors' sites and a cloud are started inside this process
/// and nothing leaves the machine.
#[derive(Debug, Parser)]
#[command(
    name = "publish",
    after_help = "Each row is `published`, `unchanged` (public already), `refused` (this vendor is known to\n\
        sign nothing) or `FAILED`, with the reason. A rehearsal publishes at its own site what the\n\
        catalogue asks for, so it shows how images are named and proven, not whether a vendor has them.\n\
        Exit status: 0 no row has failed, 1 a row has, 2 nothing could be tried (wrong usage, no such cloud)."
)]
struct Arguments {
    /// Publish in this cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// Prove the lists and look at the cloud, but change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print what was proven of each image
    #[arg(long)]
    details: bool,
    /// Print a report as JSON on standard output; everything else goes to standard error
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let world = match &arguments.cloud {
        Some(_) => World::real(&arguments.selection),
        None => World::rehearsed(&arguments.selection).await,
    };
    let world = match world {
        Ok(world) => world,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            return ExitCode::from(2);
        }
    };
    match run(&arguments, &world).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

/// Whether everything went well.
async fn run(arguments: &Arguments, world: &World) -> Result<bool, AnyError> {
    let session = world.session(arguments.cloud.as_deref(), "admin")?;
    let ci = CiRun::from_variables(|name| std::env::var(name).ok());
    let publisher = Publisher::new(world.fetch.clone(), session, now).ci(ci);
    let (mut images, mut would) = (Vec::new(), Vec::new());
    let (mut refused, mut failures) = (Vec::new(), Vec::new());
    for entry in &world.entries {
        let show = Show::new(entry.name());
        let done = one(&publisher, world, entry, arguments.dry_run, &show).await;
        show.finish();
        match done {
            Ok(Done::Image(report)) => {
                if !arguments.json {
                    println!(
                        "{}",
                        row(how(&report), entry, &report.name, &proof(&report))
                    );
                    if arguments.details {
                        print!("{}", show::report(&report));
                    }
                }
                images.push(report);
            }
            Ok(Done::Looked(would)) if !arguments.json => {
                println!("{}", row("dry run", entry, &entry.title(), &would));
            }
            Ok(Done::Looked(action)) => {
                would.push(json!({ "channel": entry.name(), "action": action }));
            }
            Err(error) => {
                let reason = causes(&error);
                let how = if error.is_expected() {
                    "refused"
                } else {
                    "FAILED"
                };
                if !arguments.json {
                    println!("{}", row(how, entry, &entry.title(), &reason));
                }
                let list = if error.is_expected() {
                    &mut refused
                } else {
                    &mut failures
                };
                list.push(json!({ "channel": entry.name(), "reason": reason }));
            }
        }
    }
    if arguments.json {
        let mode = match arguments.cloud {
            Some(_) => "cloud",
            None => "rehearsal",
        };
        let report = json!({
            "mode": mode,
            "dry_run": arguments.dry_run,
            "would": would,
            "images": images,
            "refused": refused,
            "failures": failures,
        });
        println!("{report:#}");
    }
    if !arguments.dry_run {
        summary(&images, refused.len(), failures.len());
    }
    Ok(failures.is_empty())
}

/// What became of one channel.
enum Done {
    Image(Box<Report>),
    /// A dry run, and what it would have done.
    Looked(String),
}

async fn one(
    publisher: &Publisher,
    world: &World,
    entry: &Entry,
    dry_run: bool,
    show: &Show,
) -> Result<Done, Error> {
    let channel = entry.channel(world.fetch.as_ref()).await?;
    if !dry_run {
        let report = publisher.publish_newest(&channel, show).await?;
        return Ok(Done::Image(Box::new(report)));
    }
    let candidate = publisher.find(&channel, show).await?;
    Ok(Done::Looked(
        match publisher.observe(&channel, &candidate).await? {
            Observed::Published(image) => {
                let changed = publisher.changed(&channel, &candidate, &image)?;
                match changed.is_empty() {
                    true => format!("{} is public already; nothing to do", image.id),
                    false => format!("would put back on {}: {}", image.id, changed.join(", ")),
                }
            }
            Observed::Complete(image) => {
                format!("would prove {} again and make it public", image.id)
            }
            Observed::Incomplete { image, .. } => {
                format!("would remove the incomplete {}", image.id)
            }
            Observed::Absent => format!("would upload {}", candidate.file().url),
            other => format!("would handle {other:?}"),
        },
    ))
}

fn row(how: &str, entry: &Entry, name: &str, what: &str) -> String {
    format!("{how:<9}  {:<20}  {name:<34}  {what}", entry.name())
}

const fn how(report: &Report) -> &'static str {
    match report.outcome {
        Outcome::AlreadyPublished => "unchanged",
        Outcome::Repaired => "repaired",
        _ => "published",
    }
}

fn proof(report: &Report) -> String {
    let evidence = &report.evidence;
    let day = evidence.signed_at.strftime("%Y-%m-%d");
    format!(
        "build {}, signed by {} on {day}",
        report.serial, evidence.signer
    )
}

fn summary(images: &[Box<Report>], refused: usize, failures: usize) {
    let unchanged = images.iter().filter(|report| how(report) == "unchanged");
    let unchanged = unchanged.count();
    eprintln!(
        "{} published, {unchanged} unchanged, {refused} refused as their vendors sign nothing, \
         {failures} failed",
        images.len() - unchanged
    );
}
