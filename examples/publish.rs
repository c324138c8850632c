//! Makes the public images of a cloud what a catalog says: the newest builds are published after
//! their origin is verified, older ones are shared with the projects that use them, and deleted
//! when unused.
//!
//! Without arguments it is a rehearsal: the vendors' sites and a cloud are started inside this
//! process, on loopback, and the same code that publishes in a real cloud runs against them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bonafide::properties::CiRun;
use bonafide::publisher::{Error, Latest, Plan, SkipReason};
use bonafide::{Channel, Fleet, Publisher};
use clap::Parser;

use bonafide_examples_support::outcome::Outcome;
use bonafide_examples_support::show::Show;
use bonafide_examples_support::signals::Signals;
use bonafide_examples_support::{AnyError, Selection, World, causes, now};

/// Makes the public images of a cloud what a catalog says: the newest builds are published after
/// their origin is verified, older ones are shared with the projects that use them, and deleted
/// when unused.
///
/// Without --cloud it is a rehearsal: the vendors' sites and a cloud are started inside this
/// process and nothing leaves the machine.
#[derive(Debug, Parser)]
#[command(
    name = "publish",
    after_help = "Each row is `published`, `repaired` (it had been changed), `unchanged` (public\n\
        already), `ended` (`provided_until` has passed), `refused` (no signature of this\n\
        vendor was ever found), `waiting` (another run works on it, or the cloud does not\n\
        allow a step) or `FAILED`, with the reason. Below the rows: what was done with\n\
        older builds, and after `!` what was left alone and why.\n\n\
        A rehearsal runs against an embedded vendor site: it shows how images are named\n\
        and verified, and does not check the real vendors.\n\n\
        Exit status: 0 nothing has failed; 1 something has, or an approved plan is\n\
        outdated; 2 nothing could be tried (wrong usage, no such cloud); 3 a build has\n\
        been waiting for another run for longer than an hour; 130 and 143 stopped by\n\
        SIGINT or SIGTERM: uploads are cancelled and removed, a step that must not be\n\
        left half done is finished, within 10 s. A second signal ends it at once."
)]
struct Arguments {
    /// Publish in this cloud of clouds.yaml; an empty name uses OS_CLOUD or the OS_* variables. May
    /// be given again: each build is downloaded once for all of them. NAME@REGION selects another
    /// region
    #[arg(long, value_name = "NAME")]
    cloud: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Verify the lists, look at the clouds and print the plan, but change nothing
    #[arg(long)]
    dry_run: bool,
    /// Like --dry-run, and write the plan to this file, for approval
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    plan_out: Option<PathBuf>,
    /// Execute the steps of this plan and no others, and none at all in a cloud where it is
    /// outdated. Names and properties come from the catalog: give the same options as with
    /// --plan-out
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    apply: Option<PathBuf>,
    /// Print the evidence of each image
    #[arg(long)]
    details: bool,
    /// Print a report as JSON on standard output; everything else goes to standard error
    #[arg(long)]
    json: bool,
}

/// The name of the rehearsal's cloud.
const REHEARSAL: &str = "rehearsal";
/// A step is smaller than a kilobyte.
const MAX_PLAN: u64 = 64 * 1024 * 1024;

/// The exit status if a build has been waiting for another run for longer than an hour.
const WAITING: u8 = 3;

/// Plans by the names of their clouds.
type Plans = BTreeMap<String, Plan>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

/// Runs, and returns the exit status.
async fn run(arguments: &Arguments) -> Result<ExitCode, AnyError> {
    let approved = arguments.apply.as_deref().map(read_plans).transpose()?;
    if let Some(plans) = &approved {
        covers(plans, arguments)?;
    }
    let world = match arguments.cloud.is_empty() {
        true => World::rehearsed(&arguments.selection).await?,
        false => World::real(&arguments.selection)?,
    };
    let signals = Signals::caught()?;
    let (fleet, first) = fleet(arguments, &world, &signals)?;
    let show = Show::default();
    let mut outcome = Outcome::new(arguments.cloud.is_empty(), arguments.details);
    let channels = channels(&world, &signals, &mut outcome).await;
    let targets = first.latest(&channels, &show).await;
    if arguments.dry_run || arguments.plan_out.is_some() {
        let plans = fleet.plan(&targets).await;
        if let Some(path) = &arguments.plan_out {
            let plans = plans.iter().filter_map(|(name, plan)| {
                plan.as_ref().ok().map(|plan| (name.clone(), plan.clone()))
            });
            write_plans(path, &plans.collect())?;
        }
        outcome.planned(&targets, plans);
    } else {
        let done = match &approved {
            Some(plans) => fleet.apply(plans, &targets, &show).await,
            None => fleet.reconcile(&targets, &show).await,
        };
        outcome.done(&targets, done);
    }
    show.finish();
    for target in &targets {
        if let Latest::Unknown(error) = &target.latest {
            let (channel, reason) = (target.channel, SkipReason::from(error.clone()));
            outcome.refused(channel.name(), &channel.title(), &reason);
        }
    }
    match arguments.json {
        true => println!(
            "{:#}",
            outcome.to_json(arguments.dry_run || arguments.plan_out.is_some())
        ),
        false => print!("{}", outcome.to_text(&world.entries)),
    }
    if !arguments.dry_run && arguments.plan_out.is_none() {
        eprintln!("{}", outcome.summary());
    }
    let status = match (outcome.has_failed(), outcome.is_overdue()) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(WAITING),
        (false, false) => ExitCode::SUCCESS,
    };
    Ok(signals.status().map_or(status, ExitCode::from))
}

/// The clouds, and one publisher to ask vendors with.
fn fleet(
    arguments: &Arguments,
    world: &World,
    signals: &Signals,
) -> Result<(Fleet, Publisher), AnyError> {
    let names: Vec<Option<&str>> = match arguments.cloud.is_empty() {
        true => vec![None],
        false => arguments.cloud.iter().map(|name| Some(&**name)).collect(),
    };
    let mut fleet = Fleet::new(world.fetch.clone());
    let mut first = None;
    for name in names {
        let session = world.session(name, "admin")?;
        let ci = CiRun::from_variables(|name| std::env::var(name).ok());
        let publisher = Publisher::new(world.fetch.clone(), session, now)
            .ci(ci)
            .cancelled_by(signals.token());
        fleet = fleet.cloud(name.unwrap_or(REHEARSAL), publisher.clone());
        first.get_or_insert(publisher);
    }
    let first = first.ok_or("there is no cloud")?;
    Ok((fleet, first))
}

/// The channels with their keys. A channel without a key is refused.
async fn channels(world: &World, signals: &Signals, outcome: &mut Outcome) -> Vec<Channel> {
    let mut channels = Vec::new();
    for entry in &world.entries {
        let stopped = signals.token();
        let channel = tokio::select! {
            biased;
            () = stopped.cancelled() => Err(Error::Cancelled),
            channel = entry.channel(world.fetch.as_ref()) => channel,
        };
        match channel {
            Ok(channel) => channels.push(channel),
            Err(error) => {
                let reason = SkipReason::from(error);
                outcome.refused(entry.name(), &entry.title(), &reason);
            }
        }
    }
    channels
}

/// Refuses plans that lack a cloud of this run, which would have no effect there and look like a
/// success.
fn covers(plans: &Plans, arguments: &Arguments) -> Result<(), AnyError> {
    let (rehearsal, clouds) = ([REHEARSAL.to_owned()], &arguments.cloud);
    let names = match clouds.is_empty() {
        true => &rehearsal[..],
        false => clouds,
    };
    let Some(lacking) = names.iter().find(|name| !plans.contains_key(*name)) else {
        return Ok(());
    };
    let known: Vec<_> = plans.keys().map(|name| format!("`{name}`")).collect();
    let known = match known.is_empty() {
        true => "for no cloud at all".to_owned(),
        false => format!("for {}", known.join(", ")),
    };
    Err(format!(
        "the plan is {known} and not for `{lacking}`: give the --cloud that it was made for"
    )
    .into())
}

fn read_plans(path: &Path) -> Result<Plans, AnyError> {
    let text = bonafide_files::read_text(path, MAX_PLAN)?;
    let plans = serde_json::from_str(&text);
    let path = path.display();
    Ok(plans.map_err(|error| match error.is_eof() {
        true => format!(
            "the plan `{path}` ends within the JSON after {} bytes: it was cut off; make it again \
             with --plan-out",
            text.len()
        ),
        false => format!("`{path}` is not a plan: {error}"),
    })?)
}

fn write_plans(path: &Path, plans: &Plans) -> Result<(), AnyError> {
    let text = serde_json::to_string_pretty(plans)?;
    std::fs::write(path, text + "\n")
        .map_err(|error| format!("`{}` can't be written: {error}", path.display()).into())
}
