//! Verifies images of a cloud again, by what is stored on them. For customers: it needs no
//! administrator.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use bonafide::Glance;
use bonafide::glance::{Image, ImageFilter, Status, Visibility};
use bonafide::publisher::{AuditReport, Auditor, Depth, KeySources, Verdict};
use clap::{ArgGroup, Parser};
use uuid::Uuid;

use bonafide_examples_support::table::Table;
use bonafide_examples_support::{AnyError, Selection, World, causes, now};

/// Verifies images of a cloud again: pinned key, signature, list, digest, and what Glance stores.
///
/// The evidence is stored on the image; the vendor's public key is embedded or fetched.
#[derive(Debug, Parser)]
#[command(
    name = "audit",
    group = ArgGroup::new("what").required(true).args(["image", "all"]),
    group = ArgGroup::new("where").required(true).args(["cloud", "rehearsal"]),
    after_help = "`verified`: every link is valid. `unverified`: a link is missing, and the row says which.\n\
        `BROKEN`: something contradicts what the image claims.\n\
        Exit status: 0 all are proven, 1 not all, 2 wrong usage."
)]
struct Arguments {
    /// The image's id or name; the newest of that name
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// Every public image, also those that are hidden from lists
    #[arg(long)]
    all: bool,
    /// The cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Publish the built-in catalog in an embedded cloud, and audit that
    #[arg(long)]
    rehearsal: bool,
    /// Read the bytes themselves: the image from Glance, and the vendor's file if Glance stores its
    /// content
    #[arg(long)]
    download: bool,
    /// A key file of the operator: for custom images, and for each channel for which the catalog
    /// pins this key; may be given again
    #[arg(long, value_name = "FILE", requires = "pinned")]
    key: Vec<PathBuf>,
    /// The full fingerprint of a primary key in --key; may be given again
    #[arg(long, value_name = "FINGERPRINT", requires = "key")]
    pinned: Vec<String>,
    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,
}

/// The owner of the keys of --key, and of the images that no vendor made.
const OPERATOR: &str = "operator";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok((audited, failed)) => {
            show(&arguments, &audited);
            let proven = |one: &AuditReport| one.verdict == Verdict::Verified;
            match !failed && !audited.is_empty() && audited.iter().all(proven) {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

/// The result for each image, and whether one could not be looked up.
async fn run(arguments: &Arguments) -> Result<(Vec<AuditReport>, bool), AnyError> {
    let selection = Selection::default();
    let world = match arguments.rehearsal {
        true => World::rehearsed(&selection).await?,
        false => World::real(&selection)?,
    };
    let session = world.session(arguments.cloud.as_deref(), "customer")?;
    let glance = Glance::new(session.clone());
    let mut auditor = Auditor::new(world.fetch.clone(), session, now);
    if arguments.download {
        auditor = auditor.depth(Depth::Bytes);
    }
    if !arguments.key.is_empty() {
        let pinned: Result<Vec<_>, _> = arguments.pinned.iter().map(|pin| pin.parse()).collect();
        let trust = KeySources::pinned(OPERATOR, pinned?);
        let trust = arguments.key.iter().fold(trust, KeySources::file);
        auditor = auditor.trust(OPERATOR, trust.clone()).key(trust);
    }
    if arguments.rehearsal {
        world.publish_all().await?;
        for entry in &world.entries {
            auditor = auditor.trust(&entry.product().keyring, entry.trust().clone());
        }
    }
    let (mut audited, mut failed) = (Vec::new(), false);
    for image in images(arguments, &glance).await? {
        match auditor.audit(&image).await {
            Ok(one) => audited.push(one),
            Err(error) => {
                eprintln!("error: image {}: {}", image.id, causes(&error));
                failed = true;
            }
        }
    }
    Ok((audited, failed))
}

async fn images(arguments: &Arguments, glance: &Glance) -> Result<Vec<Image>, AnyError> {
    let active = ImageFilter::new().status(&Status::Active);
    let Some(wanted) = &arguments.image else {
        let public = active.visibility(Visibility::Public);
        let mut images = glance.list(&public).await?;
        images.extend(glance.list(&public.hidden(true)).await?);
        return Ok(images);
    };
    if let Ok(id) = wanted.parse::<Uuid>() {
        return Ok(vec![glance.image(id).await?]);
    }
    let named = glance.list(&active).await?.into_iter();
    let named = named.filter(|image| image.name.as_deref() == Some(wanted));
    match named.max_by_key(|image| image.created_at) {
        Some(image) => Ok(vec![image]),
        None => Err(format!("there is no active image `{wanted}` to be seen here").into()),
    }
}

fn show(arguments: &Arguments, audited: &[AuditReport]) {
    if arguments.json {
        println!("{:#}", serde_json::json!(audited));
        return;
    }
    let mut table = Table::new(["verdict", "image", "name", "is", "signed by", "why"]);
    for one in audited {
        let (verdict, why) = match &one.verdict {
            Verdict::Verified => ("verified", ""),
            Verdict::Unverified { remains } => ("unverified", remains.as_str()),
            Verdict::Broken { reason } => ("BROKEN", reason.as_str()),
            _ => ("unknown", ""),
        };
        let signer = one.evidence.as_ref().map(|evidence| {
            let day = evidence.signed_at.strftime("%Y-%m-%d");
            format!("{} on {day}", evidence.signer)
        });
        // The owner chooses the name in Glance; this is the vendor's.
        let vendor = one
            .evidence
            .as_ref()
            .map(|evidence| evidence.vendor.as_str());
        let file = one.expected.as_ref().map(|expected| expected.name.as_str());
        let is = vendor
            .zip(file)
            .map(|(vendor, file)| format!("{vendor}: {file}"));
        let mut why = vec![why.to_owned()];
        let conceded = one
            .evidence
            .iter()
            .flat_map(|evidence| &evidence.accepted_weaknesses);
        why.extend(conceded.map(|accepted_weakness| format!("accepted: {accepted_weakness}")));
        let keyring = one
            .keyring
            .as_deref()
            .filter(|keyring| *keyring != OPERATOR);
        if let (Some(keyring), Some(OPERATOR)) = (keyring, vendor) {
            why.push(format!(
                "signed by the key given, which the operator pins for `{keyring}`"
            ));
        }
        why.retain(|why| !why.is_empty());
        table.push([
            verdict.to_owned(),
            one.image.to_string(),
            one.name.clone().unwrap_or_default(),
            is.unwrap_or_else(|| "-".to_owned()),
            signer.unwrap_or_else(|| "-".to_owned()),
            why.join("; "),
        ]);
    }
    print!("{}", table.text());
}
