//! Sizes and data: rules 2, 3 and 44.

use super::checker::Checker;
use super::services;
use crate::edition::Levels;
use crate::{Gibibytes, Rule};

/// No current system boots with less.
const MIN_RAM: u64 = 64;

pub(super) fn judge_sizes(judge: &mut Checker<'_>) {
    let record = judge.record;
    let disk = record.size.max(record.virtual_size).unwrap_or_default();
    let needed = u64::from(Gibibytes::holding(disk).0.max(1));
    if record.min_disk < needed {
        let why = match disk {
            0 => "1 GiB or more is needed".to_owned(),
            _ => format!("{needed} GiB or more are needed for its disk of {disk} bytes"),
        };
        judge.report(Levels::ERROR, Rule::MinDisk, "min_disk", why);
    }
    if record.min_ram == 0 {
        let why = "state the MiB of memory that it needs to boot";
        judge.report(Levels::ERROR, Rule::MinRam, "min_ram", why);
    } else if record.min_ram < MIN_RAM {
        let why = "no system boots with less than 64 MiB";
        judge.report(Levels::WARNING, Rule::MinRam, "min_ram", why);
    }
}

pub(super) fn judge_data(judge: &mut Checker<'_>) {
    let record = judge.record;
    if record.status != "active" {
        // A user may see an image and not be able to use it; that violates no rule of the
        // standards.
        let why = "only an active image can be used";
        return judge.report(Levels::HINT, Rule::Stored, "status", why);
    }
    if services::names_volumes_only(judge) {
        return;
    }
    let length = match record.os_hash_algo.as_deref() {
        Some("sha256") => 64,
        Some("sha512") => 128,
        _ => {
            let why = "a digest by SHA-256 or SHA-512 is needed; older images have MD5 only";
            return judge.report(Levels::ERROR, Rule::Stored, "os_hash_algo", why);
        }
    };
    let digest = record.os_hash_value.as_deref().unwrap_or_default();
    if digest.len() != length || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let why = format!("{length} hexadecimal digits are needed");
        judge.report(Levels::ERROR, Rule::Stored, "os_hash_value", why);
    }
}
