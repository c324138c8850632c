//! What Glance's format inspector makes of an upload: its format, its virtual size, its safety.

/// How much of the beginning is looked at: an ISO 9660 volume descriptor begins at 32 KiB.
pub(crate) const HEAD: usize = 34 * 1024;

/// The sector that the smallest recognised format needs whole.
const SECTOR: usize = 512;

/// Disk formats that can be told by their bytes; `ami` and `ploop`, say, can't.
const INSPECTABLE: [&str; 7] = ["raw", "qcow2", "vhd", "vhdx", "vmdk", "vdi", "iso"];

/// Compares the beginning of an image with the disk format that it was declared to have, and
/// gives the virtual size in bytes where it is known; else the reason why Glance answers 415.
pub(crate) fn inspect(disk_format: &str, head: &[u8], size: u64) -> Result<Option<u64>, String> {
    let format = match formats_of(head).as_slice() {
        [] => "raw",
        [format] => format,
        // A disc that also boots as a disk has both, rightly; but then it is no raw disk.
        ["iso", "gpt"] if disk_format != "raw" => "iso",
        several => {
            let several = several.join(",");
            return Err(format!("Multiple formats detected: {several}"));
        }
    };
    let virtual_size = if format == disk_format {
        match format {
            "qcow2" => number::<8>(head, 24).map(u64::from_be_bytes),
            "vhd" => number::<8>(head, 40).map(u64::from_be_bytes),
            "vdi" => number::<8>(head, 368).map(u64::from_le_bytes),
            "iso" => iso_size(head),
            "raw" => Some(size),
            _ => None,
        }
    } else if format == "raw" && !INSPECTABLE.contains(&disk_format) {
        None
    } else if disk_format == "raw" {
        Some(size)
    } else {
        return Err(format!(
            "Image disk_format {disk_format} does not match stream data {format}"
        ));
    };
    let is_safe = match format {
        "qcow2" => is_safe_qcow2(head),
        "gpt" => is_safe_partition_table(head) || matches!(disk_format, "aki" | "ari"),
        "qed" => false,
        _ => true,
    };
    if is_safe {
        // Glance leaves a virtual size of zero unset.
        Ok(virtual_size.filter(|&size| size > 0))
    } else {
        Err("Image failed safety checks".to_owned())
    }
}

/// Every format that the beginning of an image could be of, but for raw, which anything is.
fn formats_of(head: &[u8]) -> Vec<&'static str> {
    let has = |offset: usize, magic: &[u8]| {
        let end = offset + magic.len();
        head.get(offset..end) == Some(magic)
    };
    let has_sector = head.len() >= SECTOR;
    let is_iso = ["CD001", "NSR02", "NSR03"]
        .iter()
        .any(|magic| has(32 * 1024 + 1, magic.as_bytes()));
    let is_fat = has(0x10, &[2]) && has(0x15, &[0xf8]);
    let candidates = [
        ("qcow2", has(0, b"QFI\xfb") && has_sector),
        ("vhd", has(0, b"conectix")),
        ("vhdx", has(0, b"vhdxfile")),
        ("vmdk", has(0, b"KDMV")),
        (
            "vdi",
            has(0x40, &0xbeda_107f_u32.to_le_bytes()) && has_sector,
        ),
        ("qed", has(0, b"QED\0") && has_sector),
        ("luks", has(0, b"LUKS\xba\xbe")),
        ("iso", is_iso),
        ("gpt", has(510, &[0x55, 0xaa]) && !is_fat),
    ];
    candidates
        .into_iter()
        .filter_map(|(format, matches)| matches.then_some(format))
        .collect()
}

/// No backing file, no external data file, no feature that is unknown.
fn is_safe_qcow2(head: &[u8]) -> bool {
    const DATA_FILE: u64 = 1 << 2;
    const KNOWN: u64 = 0b1111;
    let version = number::<4>(head, 4).map(u32::from_be_bytes);
    let backing_file = number::<8>(head, 8).map(u64::from_be_bytes);
    let features = number::<8>(head, 0x48).map_or(0, u64::from_be_bytes);
    let is_known = match version {
        Some(2) => true,
        Some(3) => features & !KNOWN == 0,
        _ => false,
    };
    backing_file == Some(0) && features & DATA_FILE == 0 && is_known
}

/// The partitions of a master boot record make sense; the one that protects a GPT stands alone.
fn is_safe_partition_table(head: &[u8]) -> bool {
    const PROTECTIVE: u8 = 0xee;
    let entries: Vec<[u8; 16]> = (0..4)
        .filter_map(|index| number::<16>(head, 446 + 16 * index))
        .collect();
    let used: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| (entry[4] != 0).then_some(index))
        .collect();
    let protective: Vec<&[u8; 16]> = entries
        .iter()
        .filter(|entry| entry[4] == PROTECTIVE)
        .collect();
    let starts_well = |entry: &&[u8; 16]| entry[1..4] == [0, 2, 0] && entry[8..12] == [1, 0, 0, 0];
    entries.iter().all(|entry| matches!(entry[0], 0x00 | 0x80))
        && !used.is_empty()
        && protective.iter().all(starts_well)
        && (protective.is_empty() || used == [0])
}

/// The volume's blocks, as the descriptor of a disc counts them.
fn iso_size(head: &[u8]) -> Option<u64> {
    const DESCRIPTOR: usize = 32 * 1024;
    let blocks = u32::from_le_bytes(number(head, DESCRIPTOR + 80)?);
    let block_size = u16::from_le_bytes(number(head, DESCRIPTOR + 128)?);
    Some(u64::from(blocks) * u64::from(block_size))
}

/// The bytes of a field.
fn number<const LENGTH: usize>(head: &[u8], offset: usize) -> Option<[u8; LENGTH]> {
    head.get(offset..offset + LENGTH)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(partitions: &[[u8; 16]]) -> Vec<u8> {
        let mut head = vec![0; 4096];
        for (index, partition) in partitions.iter().enumerate() {
            head[446 + 16 * index..462 + 16 * index].copy_from_slice(partition);
        }
        head[510..512].copy_from_slice(&[0x55, 0xaa]);
        head
    }

    const LINUX: [u8; 16] = [0x80, 0, 2, 0, 0x83, 255, 255, 255, 0, 8, 0, 0, 1, 0, 0, 0];
    const PROTECTIVE: [u8; 16] = [0, 0, 2, 0, 0xee, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0];

    #[test]
    fn a_raw_disk_with_partitions_is_as_large_as_its_file() {
        for partition in [LINUX, PROTECTIVE] {
            assert_eq!(inspect("raw", &disk(&[partition]), 4096), Ok(Some(4096)));
        }
    }

    #[test]
    fn a_partition_table_that_makes_no_sense_is_refused() {
        let mut bootable = LINUX;
        bootable[0] = 1;
        let mut displaced = PROTECTIVE;
        displaced[8] = 2;
        for partitions in [&[][..], &[bootable], &[displaced], &[PROTECTIVE, LINUX]] {
            let refused = inspect("raw", &disk(partitions), 4096);
            assert_eq!(refused, Err("Image failed safety checks".to_owned()));
        }
    }

    #[test]
    fn a_format_that_can_not_be_told_by_its_bytes_takes_any_that_are_no_other() {
        assert_eq!(inspect("ami", b"kernel", 6), Ok(None));
        let refused = inspect("ami", &disk(&[LINUX]), 4096);
        let reason = "Image disk_format ami does not match stream data gpt";
        assert_eq!(refused, Err(reason.to_owned()));
    }

    #[test]
    fn a_disc_that_boots_as_a_disk_is_a_disc() {
        let mut head = disk(&[LINUX]);
        head.resize(HEAD, 0);
        head[0x8001..0x8006].copy_from_slice(b"CD001");
        head[0x8050..0x8054].copy_from_slice(&16_u32.to_le_bytes());
        head[0x8080..0x8082].copy_from_slice(&2048_u16.to_le_bytes());
        assert_eq!(inspect("iso", &head, 32_768), Ok(Some(32_768)));
        assert!(inspect("raw", &head, 32_768).is_err());
    }
}
