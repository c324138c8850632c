//! Names and forms of properties, tags and signatures: rules 40 to 43.

use bonafide_core::{PROOF_PREFIX, is_image_attribute};

use super::checker::{Checker, text};
use super::services;
use crate::edition::Levels;
use crate::{Metadata, Rule};

const MAX_KEY: usize = 255;
const MAX_VALUE: usize = 255;
/// The limit of MySQL's TEXT, in bytes.
const MAX_STORED: usize = 65_535;
const MAX_COUNT: usize = 128;
const REFUSED: [&str; 3] = ["deleted", "deleted_at", "location"];
const MANAGER: &str = "managed_by_";
const SIGNATURE: [&str; 4] = [
    "img_signature",
    "img_signature_certificate_uuid",
    "img_signature_hash_method",
    "img_signature_key_type",
];

pub(super) fn judge(judge: &mut Checker<'_>) {
    signature(judge);
    let record = judge.record;
    for (name, value) in &record.properties {
        if let Some(named) = name.strip_prefix("trait:") {
            trait_of(judge, name, named, value);
        }
        key(judge, name);
        self::value(judge, name, value);
    }
    for name in record.not_texts.keys() {
        key(judge, name);
        judge.report(Levels::ERROR, Rule::Keys, name, "Glance accepts texts only");
    }
    // Glance's quota excludes its own properties.
    let names = record.properties.keys().chain(record.not_texts.keys());
    let count = names.filter(|name| !services::is_glances_own(name)).count();
    if count > MAX_COUNT {
        let why = format!("there are {count} properties, and Glance accepts {MAX_COUNT}");
        judge.report(Levels::ERROR, Rule::Keys, "(all)", why);
    }
    tags(judge);
}

/// Nova verifies a signature only if all four are present, and reports nothing if some are missing.
fn signature(judge: &mut Checker<'_>) {
    let there = |name: &&&str| judge.record.properties.contains_key(**name);
    if SIGNATURE.iter().filter(there).count() == 0 {
        return;
    }
    let missing: Vec<_> = SIGNATURE.iter().filter(|name| !there(name)).collect();
    for name in missing {
        let why = "without all four properties Nova silently verifies no signature";
        judge.report(Levels::ERROR, Rule::Signature, name, why);
    }
}

fn trait_of(judge: &mut Checker<'_>, name: &str, named: &str, value: &str) {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if named.is_empty() || !named.chars().all(plain) {
        let why = "the name of a trait has upper-case letters, digits and `_`";
        judge.report(Levels::ERROR, Rule::Traits, name, why);
    } else if value != "required" {
        let why = "Nova ignores every value but `required`";
        judge.report(Levels::ERROR, Rule::Traits, name, why);
    }
}

fn key(judge: &mut Checker<'_>, name: &str) {
    let why = if name.is_empty() || name.chars().count() > MAX_KEY {
        "names have 1 to 255 characters"
    } else if is_image_attribute(name) || REFUSED.contains(&name) {
        "it is an attribute of images and can't be a property"
    } else if name.chars().any(|c| c as u32 > 0xFFFF) {
        "Glance's database stores no characters beyond U+FFFF"
    } else {
        return;
    };
    judge.report(Levels::ERROR, Rule::Keys, name, why);
}

fn value(judge: &mut Checker<'_>, name: &str, value: &str) {
    let read =
        Metadata::NAMES.contains(&name) || name.starts_with("hw_") || name.starts_with("os_");
    if value.chars().any(|c| c as u32 > 0xFFFF) {
        let why = "Glance's database stores no characters beyond U+FFFF";
        judge.report(Levels::ERROR, Rule::Keys, name, why);
    } else if value.len() > MAX_STORED {
        let why = "databases cut it at 65,535 bytes";
        judge.report(Levels::WARNING, Rule::Keys, name, why);
    } else if value.chars().count() > MAX_VALUE
        && !name.starts_with(PROOF_PREFIX)
        && !services::write(name)
    {
        // No program on a server reads these values, so nothing is lost there.
        let levels = if read { Levels::WARNING } else { Levels::HINT };
        let why = "Nova cuts it at 255 characters where it copies it to servers";
        judge.report(levels, Rule::Keys, name, why);
    }
}

fn tags(judge: &mut Checker<'_>) {
    let tags = &judge.record.tags;
    if tags.len() > MAX_COUNT || tags.iter().any(|tag| tag.chars().count() > MAX_KEY) {
        let why = "at most 128 tags of at most 255 characters are possible";
        judge.report(Levels::ERROR, Rule::Tags, "tags", why);
    }
    // An image that is not created yet has none.
    if judge.record.status.is_empty() {
        return;
    }
    let system = text(&judge.metadata.distribution).unwrap_or("OPERATINGSYSTEM");
    let system = format!("os:{}", system.to_lowercase());
    let manager = tags
        .iter()
        .any(|tag| tag.len() > MANAGER.len() && tag.starts_with(MANAGER));
    if !tags.contains(&system) {
        let why = format!("a tag `{system}` is recommended");
        judge.report(Levels::WARNING, Rule::Tags, "tags", why);
    }
    if !manager {
        let why = "a tag `managed_by_` and who manages it is recommended";
        judge.report(Levels::WARNING, Rule::Tags, "tags", why);
    }
}
