//! Compares the images of a cloud with the standards: SCS-0102, SCS-0104, Glance and Nova. It needs
//! no administrator's rights.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use bonafide::glance::{ImageFilter, Visibility};
use bonafide::properties::{
    Diagnostic, Edition, ImageRecord, ImageReport, SavedImages, Severity, Violation, check_cloud,
    check_presence,
};
use bonafide::publisher::image_record;
use bonafide::{Glance, Session};
use clap::{ArgGroup, Parser, ValueEnum};
use serde_json::json;

use bonafide_examples_support::table::Table;
use bonafide_examples_support::{AnyError, Selection, World, causes, now};

/// Compares the images of a cloud with SCS-0102, SCS-0104 and the rules of Glance and Nova.
#[derive(Debug, Parser)]
#[command(
    name = "check",
    group = ArgGroup::new("where").required(true).args(["file", "cloud", "rehearsal"]),
    after_help = "A file is the response to `GET /v2/images`, with all its pages, or the output of\n\
        `openstack image show -f json` for one image or for several:\n\n  \
        openstack image list -f value -c ID | xargs -n 1 openstack image show -f json\n\n\
        Whether images are missing that SCS-0104 demands is asked of a cloud and of a file with\n\
        several images or with a list. It is not asked of a single image, of a list with one\n\
        image that is private, hidden or for a special purpose, or of the rehearsal.\n\n\
        Exit status: 0 no error and no warning, 1 errors, 3 warnings only, 2 nothing could be\n\
        checked (wrong usage, no such file, no image, no cloud)."
)]
struct Arguments {
    /// Saved images: the response to `GET /v2/images`, or `openstack image show -f json`
    #[arg(value_name = "FILE.json")]
    file: Option<PathBuf>,
    /// The cloud of clouds.yaml; an empty name takes OS_CLOUD or the OS_* variables
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// Publish the built-in catalog in an embedded cloud, and check its images
    #[arg(long)]
    rehearsal: bool,
    /// Name the rehearsal's images as the SCS standards do
    #[arg(long, requires = "rehearsal")]
    scs: bool,
    /// Whether to check that the cloud has the images that SCS-0104 requires
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Presence::Auto)]
    presence: Presence,
    /// The edition of SCS-0102 (and the SCS-0104 that belongs to it): v1.0, v1.1 or v2
    #[arg(long, value_name = "EDITION", default_value = "v1.1")]
    edition: Edition,
    /// Print hints too, which violate no rule
    #[arg(long)]
    hints: bool,
    /// Print the violations as JSON, hints among them
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Presence {
    /// If the input can be a whole cloud
    Always,
    /// For a cloud, and for a file that can be one
    Auto,
    /// Never: the file has a part of a cloud's images
    Never,
}

/// What is checked.
struct Subject {
    images: Vec<ImageRecord>,
    /// Whether these may be all images that a cloud shows.
    may_be_whole: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Subject {
        images,
        may_be_whole,
    } = match subject(&arguments).await {
        Ok(subject) => subject,
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
    let asked = match arguments.presence {
        Presence::Always => true,
        Presence::Auto => may_be_whole,
        Presence::Never => false,
    };
    let missing = asked.then(|| check_presence(&images, now()));
    match arguments.json {
        true => show_json(&arguments, &checked, missing.as_deref()),
        false => show(&arguments, &checked, missing.as_deref()),
    }
    let missing = diagnostics(missing.as_deref(), arguments.edition);
    let worst = checked
        .iter()
        .flat_map(|one| one.diagnostics(arguments.edition))
        .chain(missing)
        .map(|violation| violation.severity)
        .max();
    match worst {
        Some(Severity::Error) => ExitCode::FAILURE,
        Some(Severity::Warning) => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    }
}

/// An image has some kilobytes, and few clouds have ten thousand images.
const MAX_SAVED: u64 = 256 * 1024 * 1024;

async fn subject(arguments: &Arguments) -> Result<Subject, AnyError> {
    if let Some(file) = &arguments.file {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = bonafide_files::read(file, MAX_SAVED)?;
        let saved = SavedImages::from_json(&text).map_err(|error| named(&error))?;
        return Ok(Subject {
            may_be_whole: saved.may_be_whole(),
            images: saved.images,
        });
    }
    let selection = Selection {
        scs: arguments.scs,
        ..Selection::default()
    };
    let world = match arguments.rehearsal {
        true => World::rehearsed(&selection).await?,
        false => World::real(&selection)?,
    };
    if arguments.rehearsal {
        world.publish_all().await?;
    }
    Ok(Subject {
        images: visible(world.session(arguments.cloud.as_deref(), "customer")?).await?,
        // Its cloud has the channels of one catalog and no others.
        may_be_whole: !arguments.rehearsal,
    })
}

/// The missing images with their severity in an edition.
fn diagnostics(
    missing: Option<&[Violation]>,
    edition: Edition,
) -> impl Iterator<Item = Diagnostic<'_>> {
    let missing = missing.unwrap_or_default().iter();
    missing.filter_map(move |violation| violation.diagnostics(edition))
}

/// All images that this user can see. Hidden images and community images of others are in lists of
/// their own.
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

fn show(arguments: &Arguments, checked: &[ImageReport<'_>], missing: Option<&[Violation]>) {
    let edition = arguments.edition;
    let mut table = Table::new([
        "severity", "rule", "image", "name", "property", "value", "why",
    ]);
    let mut counts = [0_usize; 3];
    let of_images = checked.iter().flat_map(|one| {
        let violations = one.diagnostics(edition).into_iter();
        violations.map(|violation| (Some(one.image), violation))
    });
    let of_cloud = diagnostics(missing, edition).map(|violation| (None, violation));
    for (image, violation) in of_images.chain(of_cloud) {
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
            image.map_or_else(|| "(cloud)".to_owned(), |image| image.id.clone()),
            image
                .and_then(|image| image.name.clone())
                .unwrap_or_default(),
            violation.property.to_owned(),
            value.chars().take(40).collect(),
            format!("{} ({})", violation.why, violation.standard),
        ]);
    }
    let [errors, warnings, hints] = counts;
    if !table.is_empty() {
        print!("{}", table.text());
    }
    println!(
        "{} images by {edition}: {errors} errors, {warnings} warnings, {hints} hints",
        checked.len()
    );
    if missing.is_none() && !arguments.rehearsal {
        println!("missing images were not checked: use --presence always");
    }
}

fn show_json(arguments: &Arguments, checked: &[ImageReport<'_>], missing: Option<&[Violation]>) {
    let edition = arguments.edition;
    let images: Vec<_> = checked
        .iter()
        .map(|one| {
            json!({
                "id": one.image.id,
                "name": one.image.name,
                "violations": one.diagnostics(edition),
            })
        })
        .collect();
    // `null`: it was not checked.
    let missing = missing.map(|missing| diagnostics(Some(missing), edition).collect::<Vec<_>>());
    println!(
        "{:#}",
        json!({ "edition": edition, "images": images, "missing": missing })
    );
}
