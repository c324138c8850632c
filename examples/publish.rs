//! Publishes the newest builds in OpenStack Glance, once their origin is proven.
//!
//! Without arguments it is a rehearsal: a vendor site and a cloud are started inside this process,
//! on loopback, and the same code that publishes in a real cloud runs against them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bonafide::publisher::{Error, Observed, Outcome};
use bonafide::{
    Channel, CloudConfig, DirectoryFetch, Fetch, HttpFetch, Keyring, Profile, Publisher, Report,
    Session, Source, Ubuntu, UbuntuRelease,
};
use clap::Parser;
use jiff::Timestamp;

#[path = "publish/rehearsal.rs"]
mod rehearsal;
#[path = "publish/show.rs"]
mod show;

use rehearsal::Rehearsal;
use show::{Show, causes};

type AnyError = Box<dyn std::error::Error>;

/// Publishes Ubuntu's newest cloud images in OpenStack Glance, once their origin is proven.
///
/// Without --cloud it is a rehearsal: a vendor site and a cloud are started inside this process and
/// nothing leaves the machine.
#[derive(Debug, Parser)]
#[command(
    name = "publish",
    after_help = "Exit status: 0 all is published, 1 something was refused or failed, 2 wrong usage."
)]
struct Arguments {
    /// Publish in this cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Only this channel, for example ubuntu-24.04; may be given again
    #[arg(long, value_name = "CHANNEL")]
    only: Vec<String>,
    /// Prove the lists and look at the cloud, but change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a report as JSON on standard output; everything else goes to standard error
    #[arg(long)]
    json: bool,
    /// Name and date images as the SCS standards do, not as the operator's catalogue does
    #[arg(long)]
    scs: bool,
    /// Read the vendor's files from DIR/HOST/PATH instead of the network
    #[arg(long, value_name = "DIR", requires = "cloud")]
    from_directory: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let releases = match wanted(&arguments) {
        Ok(releases) => releases,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments, &releases).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// The Ubuntu versions to publish: those named, else 24.04 in a rehearsal and all in a cloud.
fn wanted(arguments: &Arguments) -> Result<Vec<UbuntuRelease>, String> {
    if arguments.only.is_empty() {
        return Ok(match arguments.cloud {
            None => vec![UbuntuRelease::Noble],
            Some(_) => UbuntuRelease::ALL.to_vec(),
        });
    }
    let channel = |release: &UbuntuRelease| Ubuntu::released(*release).product().channel.clone();
    let find = |name: &String| {
        let found = UbuntuRelease::ALL
            .into_iter()
            .find(|release| channel(release) == *name);
        found.ok_or_else(|| {
            let known: Vec<_> = UbuntuRelease::ALL.iter().map(channel).collect();
            format!(
                "there is no channel `{name}`; there are {}",
                known.join(", ")
            )
        })
    };
    arguments.only.iter().map(find).collect()
}

/// Where images come from, where they go to, and whose signatures count.
struct Setting {
    fetch: Arc<dyn Fetch>,
    session: Session,
    keyring: Keyring,
    /// Keeps the embedded servers running.
    _rehearsal: Option<Rehearsal>,
}

impl Setting {
    async fn new(arguments: &Arguments, releases: &[UbuntuRelease]) -> Result<Self, AnyError> {
        let Some(cloud) = &arguments.cloud else {
            eprintln!("rehearsal: an embedded vendor site and cloud; nothing leaves this machine");
            let rehearsal = Rehearsal::start(releases, now()).await?;
            return Ok(Self {
                fetch: Arc::new(rehearsal.fetch()?),
                session: Session::new(rehearsal.cloud()?, now)?,
                keyring: rehearsal.keyring()?,
                _rehearsal: Some(rehearsal),
            });
        };
        let name = (!cloud.is_empty()).then_some(cloud.as_str());
        let fetch: Arc<dyn Fetch> = match &arguments.from_directory {
            Some(directory) => Arc::new(DirectoryFetch::new(directory)),
            None => Arc::new(HttpFetch::new()?),
        };
        Ok(Self {
            fetch,
            session: Session::new(CloudConfig::load(name)?, now)?,
            keyring: Keyring::ubuntu(),
            _rehearsal: None,
        })
    }
}

/// Whether everything went well.
async fn run(arguments: &Arguments, releases: &[UbuntuRelease]) -> Result<bool, AnyError> {
    let setting = Setting::new(arguments, releases).await?;
    let publisher = Publisher::new(setting.fetch, setting.session, now);
    let profile = if arguments.scs {
        Profile::Scs
    } else {
        Profile::Stack
    };
    let (mut reports, mut failures) = (Vec::new(), Vec::new());
    for release in releases {
        let source = Ubuntu::released(*release);
        let channel = Channel::new(source, setting.keyring.clone()).profile(profile);
        let show = Show::new(channel.name());
        match one(&publisher, &channel, arguments.dry_run, &show).await {
            Ok(Some(report)) => {
                show.finish();
                if !arguments.json {
                    print!("{}", show::report(&report));
                }
                reports.push(report);
            }
            Ok(None) => {}
            Err(error) => {
                show.finish();
                eprintln!("{}: REFUSED: {}", channel.name(), causes(&error));
                failures.push(serde_json::json!({
                    "channel": channel.name(), "reason": causes(&error),
                }));
            }
        }
    }
    let well = failures.is_empty();
    if arguments.json {
        let mode = if arguments.cloud.is_some() {
            "cloud"
        } else {
            "rehearsal"
        };
        let report = serde_json::json!({
            "mode": mode, "dry_run": arguments.dry_run, "images": reports, "failures": failures,
        });
        println!("{report:#}");
    }
    Ok(well)
}

/// Publishes one channel. `None`: a dry run, which has said what it would do.
async fn one(
    publisher: &Publisher,
    channel: &Channel,
    dry_run: bool,
    show: &Show,
) -> Result<Option<Report>, Error> {
    let candidate = publisher.find(channel, show).await?;
    if !dry_run {
        let report = publisher.publish(channel, &candidate, show).await?;
        if report.outcome == Outcome::AlreadyPublished {
            show.line("this build is public already; nothing to do");
        }
        return Ok(Some(report));
    }
    show.line(&match publisher.observe(channel, &candidate).await? {
        Observed::Published(image) => format!("{} is public already; nothing to do", image.id),
        Observed::Complete(image) => format!("would prove {} again and make it public", image.id),
        Observed::Incomplete { image, .. } => format!("would remove the incomplete {}", image.id),
        Observed::Absent => format!("would upload {}", candidate.file().url),
        other => format!("would handle {other:?}"),
    });
    Ok(None)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program starts here: this is its clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
