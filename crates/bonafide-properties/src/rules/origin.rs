//! Where the image comes from and when it was built: rules 17 to 22 and 25.

use super::checker::{Checker, known, other, text};
use super::standard_images;
use crate::Rule;
use crate::edition::Levels;

pub(super) fn judge(judge: &mut Checker<'_>) {
    source(judge);
    standard_images::judge(judge);
    description(judge);
    build_date(judge);
    patch_level(judge);
}

fn source(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Source, "image_source");
    let why = "a URL of http(s) or ftp(s) with a host, in lower case, or `private` is needed";
    if judge.demand(Levels::ERROR, rule, name, why) && other(&judge.metadata.source).is_some() {
        // Compare normalized URLs.
        let text = judge.record.get(name).unwrap_or_default();
        if text.parse::<crate::ImageSource>().is_err() {
            judge.report(Levels::ERROR, rule, name, why);
        }
    }
}

fn description(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::Description, "image_description");
    let why = "a text is needed, or the URL of the vendor's notes";
    if judge.demand(Levels::ERROR, rule, name, why) && text(&judge.metadata.description).is_none() {
        judge.report(Levels::ERROR, rule, name, why);
    }
}

fn build_date(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::BuildDate, "image_build_date");
    let why = "a day `YYYY-MM-DD` is needed, or with ` hh:mm` or ` hh:mm:ss`, in UTC";
    if judge.demand(Levels::ERROR, rule, name, why) && other(&judge.metadata.build_date).is_some() {
        judge.report(Levels::ERROR, rule, name, why);
    }
}

/// Most URLs contain the vendor's day of the build. Patches since then are not in the image.
fn patch_level(judge: &mut Checker<'_>) {
    let (rule, name) = (Rule::PatchLevel, "patchlevel");
    if judge.metadata.patch_level.is_some() {
        if text(&judge.metadata.patch_level).is_none() {
            judge.report(Levels::WARNING, rule, name, "it is empty");
        }
        return;
    }
    let built = judge
        .metadata
        .source
        .as_ref()
        .and_then(|source| source.known()?.day());
    let said = known(&judge.metadata.build_date);
    if let (Some(built), Some(said)) = (built, said)
        && built < said.day()
    {
        let why = format!(
            "the image's URL says {built} and `image_build_date` {}: state here up to which day it is patched",
            said.day()
        );
        judge.report(Levels::WARNING, rule, name, why);
    }
}
