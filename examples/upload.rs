//! Uploads a private image to one's own project: a vendor's newest build, a URL or a file.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use bonafide::Publisher;
use bonafide::publisher::danger::{Reason, Unverified};
use bonafide::publisher::{Error, UploadReport};
use clap::{ArgGroup, Parser};

use bonafide_examples_support::named::{Proof, present, url};
use bonafide_examples_support::show::Show;
use bonafide_examples_support::signals::Signals;
use bonafide_examples_support::{AnyError, Selection, World, causes, now};

/// Uploads a private image to your own project, after its origin is verified.
///
/// The image is a vendor's newest build (--channel), or a URL or a file that a signed list names
/// (--list, --signature). Anything else needs --unverified with a reason, which is written on the
/// image.
#[derive(Debug, Parser)]
#[command(
    name = "upload",
    max_term_width = 80,
    override_usage = "upload [OPTIONS] <--channel CHANNEL|URL|FILE> <--cloud NAME|--rehearsal>",
    group = ArgGroup::new("what").required(true).args(["channel", "image"]),
    group = ArgGroup::new("where").required(true).args(["cloud", "rehearsal"]),
    after_help = "Exit status: 0 uploaded, or there already; 1 refused or failed; 2 wrong usage; 130 and 143\n\
        stopped by SIGINT or SIGTERM: the upload is cancelled and its image removed, within 10 s. A second\n\
        signal ends it at once."
)]
struct Arguments {
    /// The image: an https URL or a file, qcow2; unverified ones are decompressed if they are
    /// compressed
    #[arg(value_name = "URL|FILE")]
    image: Option<String>,
    /// The newest build of this channel of the catalog
    #[arg(long)]
    channel: Option<String>,
    /// Upload to this cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Use vendors and a cloud that are embedded in this process
    #[arg(long)]
    rehearsal: bool,
    /// The catalog of channels; a built-in one by default
    #[arg(long, value_name = "FILE", conflicts_with = "image")]
    catalog: Option<PathBuf>,
    /// Read the vendors' files from DIR/HOST/PATH instead of the network
    #[arg(long, value_name = "DIR", conflicts_with_all = ["image", "rehearsal"])]
    from_directory: Option<PathBuf>,
    #[command(flatten)]
    proof: Proof,
    /// Upload without verification, for this reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["list", "vendor", "key"])]
    unverified: Option<String>,
    /// The image's name; the channel's or the file's by default
    #[arg(long)]
    name: Option<String>,
    /// A property of an unverified image, as NAME=VALUE; may be given again
    #[arg(long, value_name = "NAME=VALUE", requires = "unverified")]
    property: Vec<String>,
    /// Print a report as JSON on standard output
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (world, reason) = match prepare(&arguments).await {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            return ExitCode::from(2);
        }
    };
    let signals = match Signals::caught() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("error: signals can't be caught: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments, &world, reason, &signals).await {
        Ok(image) => {
            tell(&arguments, &image);
            signals.status().map_or(ExitCode::SUCCESS, ExitCode::from)
        }
        Err(error) if signals.status().is_some() => {
            eprintln!("STOPPED: {}", causes(error.as_ref()));
            signals.status().map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("REFUSED: {}", causes(error.as_ref()));
            let unsigned = error.downcast_ref::<Error>();
            if arguments.channel.is_some() && matches!(unsigned, Some(Error::Unsigned { .. })) {
                eprintln!("to upload it without verification, as a private image that says so:");
                eprintln!("  --unverified \"REASON\"");
            }
            ExitCode::FAILURE
        }
    }
}

async fn prepare(arguments: &Arguments) -> Result<(World, Option<Reason>), AnyError> {
    if arguments.image.is_some() && arguments.proof.list.is_none() && arguments.unverified.is_none()
    {
        return Err(
            "nothing says what this image is: give the vendor's signed --list, or say why it is \
             uploaded --unverified"
                .into(),
        );
    }
    if let Some(image) = &arguments.image {
        present(image)?;
    }
    arguments.proof.check()?;
    if let Some(odd) = arguments
        .property
        .iter()
        .find(|property| !property.contains('='))
    {
        return Err(format!("`{odd}` is not NAME=VALUE").into());
    }
    let reason = arguments.unverified.as_deref();
    let reason = reason.map(str::parse::<Reason>).transpose()?;
    let selection = Selection {
        catalog: arguments.catalog.clone(),
        only: arguments.channel.clone().into_iter().collect(),
        scs: false,
        from_directory: arguments.from_directory.clone(),
    };
    let world = match arguments.rehearsal {
        true => World::rehearsed(&selection).await?,
        false => World::real(&selection)?,
    };
    Ok((world, reason))
}

async fn run(
    arguments: &Arguments,
    world: &World,
    reason: Option<Reason>,
    signals: &Signals,
) -> Result<UploadReport, AnyError> {
    let session = world.session(arguments.cloud.as_deref(), "customer")?;
    let publisher = Publisher::new(world.fetch.clone(), session, now).cancelled_by(signals.token());
    let file_name = arguments
        .image
        .as_deref()
        .and_then(|image| image.rsplit('/').next());
    let name = arguments.name.as_deref().or(file_name);
    let show = Show::new("upload");
    let image = match (&arguments.image, reason) {
        (Some(image), Some(reason)) => {
            let image = Unverified::at(url(image)?, reason);
            unverified(arguments, &publisher, image, &show).await
        }
        (Some(image), None) => {
            let (channel, _kept) = arguments.proof.channel(image, world).await?;
            let candidate = publisher.find(&channel, &show).await?;
            Ok(publisher.upload(&channel, &candidate, name, &show).await?)
        }
        (None, reason) => {
            let [entry] = &world.entries[..] else {
                return Err("one channel is needed".into());
            };
            let channel = entry.channel(world.fetch.as_ref()).await?;
            match (publisher.find(&channel, &show).await, reason) {
                (Ok(_), Some(_)) => Err("this build is signed: leave --unverified out".into()),
                (Ok(candidate), None) => {
                    Ok(publisher.upload(&channel, &candidate, name, &show).await?)
                }
                // Only an unsigned image is uploaded without verification; a bad signature stays
                // refused.
                (Err(Error::Unsigned { .. }), Some(reason)) => {
                    let fetch = world.fetch.as_ref();
                    let image = Unverified::newest(&channel, fetch, reason).await?;
                    unverified(arguments, &publisher, image, &show).await
                }
                (Err(error), _) => Err(error.into()),
            }
        }
    };
    show.finish();
    image
}

async fn unverified(
    arguments: &Arguments,
    publisher: &Publisher,
    mut image: Unverified<'_>,
    show: &Show,
) -> Result<UploadReport, AnyError> {
    if let Some(name) = &arguments.name {
        image = image.name(name);
    }
    for property in &arguments.property {
        let Some((name, value)) = property.split_once('=') else {
            return Err(format!("`{property}` is not NAME=VALUE").into());
        };
        image = image.property(name, value)?;
    }
    Ok(publisher.upload_unverified(&image, show).await?)
}

fn tell(arguments: &Arguments, image: &UploadReport) {
    if arguments.json {
        println!("{}", serde_json::json!(image));
        return;
    }
    let how = match image.stored {
        Some(_) => "uploaded",
        None => "there already",
    };
    println!("{how}: private image {} `{}`", image.image, image.name);
    println!("  source       {}", image.source);
    match (&image.evidence, &image.unverified) {
        (Some(evidence), _) => {
            println!("  signed by    {}", evidence.signer);
            println!("  signed at    {}", evidence.signed_at);
        }
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or_default();
            println!("  UNVERIFIED   {reason}");
        }
    }
    if let Some(stored) = &image.stored {
        println!("  size         {} bytes", stored.bytes);
        println!("  sha512       {}", stored.sha512);
    }
}
