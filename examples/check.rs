//! Holds the images of a cloud against the standards: SCS-0102, SCS-0104, Glance and Nova. Of anybody's
//! images, and without an administrator's rights.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use bonafide::glance::{ImageFilter, Visibility};
use bonafide::properties::{Checked, Edition, ImageRecord, Severity, check_cloud};
use bonafide::publisher::image_record;
use bonafide::{Glance, Session};
use clap::{ArgGroup, Parser};
use serde_json::json;

mod support;

use support::table::Table;
use support::{AnyError, Selection, World, causes, now};

/// Holds the images of a cloud against SCS-0102, SCS-0104 and what Glance and Nova take.
#[derive(Debug, Parser)]
#[command(
    name = "check",
    group = ArgGroup::new("where").required(true).args(["file", "cloud", "rehearsal"]),
    after_help = "Exit status: 0 no error and no warning, 1 errors, 3 warnings only, 2 nothing could be checked \
        (wrong usage, no such file, no image, no cloud)."
)]
struct Arguments {
    /// A saved image list: the answer of `GET /v2/images`, or `openstack image show -f json`
    #[arg(value_name = "FILE.json")]
    file: Option<PathBuf>,
    /// The cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Publish the built-in catalogue in an embedded cloud, and check that
    #[arg(long)]
    rehearsal: bool,
    /// The edition of SCS-0102 (and the SCS-0104 that belongs to it): v1.0, v1.1 or v2
    #[arg(long, value_name = "EDITION", default_value = "v1.1")]
    edition: Edition,
    /// Tell also what is worth knowing and breaks no rule
    #[arg(long)]
    hints: bool,
    /// Print the violations as JSON, hints among them
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let images = match images(&arguments).await {
        Ok(images) => images,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            return ExitCode::from(2);
        }
    };
    if images.is_empty() {
        eprintln!("error: there is no image to check");
        return ExitCode::from(2);
    }
    let checked = check_cloud(&images, now());
    match arguments.json {
        true => show_json(&arguments, &checked),
        false => show(&arguments, &checked),
    }
    let worst = checked
        .iter()
        .flat_map(|one| one.weighed(arguments.edition))
        .map(|violation| violation.severity)
        .max();
    match worst {
        Some(Severity::Error) => ExitCode::FAILURE,
        Some(Severity::Warning) => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    }
}

async fn images(arguments: &Arguments) -> Result<Vec<ImageRecord>, AnyError> {
    if let Some(file) = &arguments.file {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read(file).map_err(|error| named(&error))?;
        return Ok(ImageRecord::from_json(&text).map_err(|error| named(&error))?);
    }
    let selection = Selection::default();
    let world = match arguments.rehearsal {
        true => World::rehearsed(&selection).await?,
        false => World::real(&selection)?,
    };
    if arguments.rehearsal {
        world.publish_all().await?;
    }
    visible(world.session(arguments.cloud.as_deref(), "customer")?).await
}

/// All that this user can see. Hidden images and community images of others are listed by themselves.
async fn visible(session: Session) -> Result<Vec<ImageRecord>, AnyError> {
    let glance = Glance::new(session);
    let mut images = glance.list(&ImageFilter::new()).await?;
    let community = ImageFilter::new().visibility(Visibility::Community);
    for others in [ImageFilter::new().hidden(true), community] {
        for image in glance.list(&others).await? {
            if images.iter().all(|known| known.id != image.id) {
                images.push(image);
            }
        }
    }
    Ok(images.iter().map(image_record).collect())
}

fn show(arguments: &Arguments, checked: &[Checked<'_>]) {
    let mut table = Table::new([
        "severity", "rule", "image", "name", "property", "value", "why",
    ]);
    let mut counts = [0_usize; 3];
    for one in checked {
        for violation in one.weighed(arguments.edition) {
            let count = match violation.severity {
                Severity::Error => &mut counts[0],
                Severity::Warning => &mut counts[1],
                _ => &mut counts[2],
            };
            *count += 1;
            if violation.severity < Severity::Warning && !arguments.hints {
                continue;
            }
            let value = violation.value.unwrap_or("(missing)");
            table.push([
                violation.severity.to_string(),
                violation.rule.number().to_string(),
                one.image.id.clone(),
                one.image.name.clone().unwrap_or_default(),
                violation.property.to_owned(),
                value.chars().take(40).collect(),
                format!("{} ({})", violation.why, violation.standard),
            ]);
        }
    }
    let [errors, warnings, hints] = counts;
    if !table.is_empty() {
        print!("{}", table.text());
    }
    let edition = arguments.edition;
    println!(
        "{} images by {edition}: {errors} errors, {warnings} warnings, {hints} hints",
        checked.len()
    );
}

fn show_json(arguments: &Arguments, checked: &[Checked<'_>]) {
    let images: Vec<_> = checked
        .iter()
        .map(|one| {
            json!({
                "id": one.image.id,
                "name": one.image.name,
                "violations": one.weighed(arguments.edition),
            })
        })
        .collect();
    println!(
        "{:#}",
        json!({ "edition": arguments.edition, "images": images })
    );
}
