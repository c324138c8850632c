//! Where what is: header, reference table, reference blocks, L1, L2, data, one after the other.

/// The bytes of a cluster.
pub const CLUSTER_SIZE: u64 = 65_536;

/// Entries of eight bytes in a cluster: the L2 tables', the L1's and the reference table's.
const ENTRIES: u64 = CLUSTER_SIZE / 8;
/// Reference counts of two bytes in a cluster.
const COUNTS: u64 = CLUSTER_SIZE / 2;
/// The cluster has one reference, so it may be written in place (bit 63 of an L1 or L2 entry).
const COPIED: u64 = 1 << 63;
const MAX_VIRTUAL_SIZE: u64 = 1 << 50;

/// The clusters of the file, in order.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) virtual_size: u64,
    pub(super) l1_entries: u64,
    pub(super) reference_table_clusters: u64,
    reference_blocks: u64,
    l1_clusters: u64,
    l2_tables: u64,
    data_clusters: u64,
}

/// What a cluster of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cluster {
    Header,
    Table(Table),
    /// The data of the cluster of the disk with this number.
    Data(u64),
}

/// The n-th cluster of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    References(u64),
    ReferenceBlock(u64),
    L1(u64),
    L2(u64),
}

impl Layout {
    pub(super) fn new(virtual_size: u64, data_clusters: u64) -> Self {
        let data_clusters = data_clusters.min(MAX_VIRTUAL_SIZE / CLUSTER_SIZE);
        let virtual_size = virtual_size
            .min(MAX_VIRTUAL_SIZE)
            .next_multiple_of(512)
            .max(data_clusters * CLUSTER_SIZE);
        let l1_entries = virtual_size.div_ceil(CLUSTER_SIZE * ENTRIES).max(1);
        let mut layout = Self {
            virtual_size,
            l1_entries,
            reference_table_clusters: 1,
            reference_blocks: 1,
            l1_clusters: l1_entries.div_ceil(ENTRIES),
            l2_tables: data_clusters.div_ceil(ENTRIES),
            data_clusters,
        };
        // The reference blocks count themselves, so this grows until it fits.
        while layout.reference_blocks < layout.clusters().div_ceil(COUNTS) {
            layout.reference_blocks = layout.clusters().div_ceil(COUNTS);
            layout.reference_table_clusters = layout.reference_blocks.div_ceil(ENTRIES);
        }
        layout
    }

    fn clusters(&self) -> u64 {
        self.first_data() + self.data_clusters
    }

    pub(super) fn file_size(&self) -> u64 {
        self.clusters() * CLUSTER_SIZE
    }

    fn first_reference_block(&self) -> u64 {
        1 + self.reference_table_clusters
    }

    pub(super) fn first_l1(&self) -> u64 {
        self.first_reference_block() + self.reference_blocks
    }

    fn first_l2(&self) -> u64 {
        self.first_l1() + self.l1_clusters
    }

    fn first_data(&self) -> u64 {
        self.first_l2() + self.l2_tables
    }

    pub(super) fn cluster(&self, index: u64) -> Cluster {
        if index >= self.first_data() {
            Cluster::Data(index - self.first_data())
        } else if index >= self.first_l2() {
            Cluster::Table(Table::L2(index - self.first_l2()))
        } else if index >= self.first_l1() {
            Cluster::Table(Table::L1(index - self.first_l1()))
        } else if index >= self.first_reference_block() {
            Cluster::Table(Table::ReferenceBlock(index - self.first_reference_block()))
        } else if index >= 1 {
            Cluster::Table(Table::References(index - 1))
        } else {
            Cluster::Header
        }
    }

    /// Fills a piece of a table's cluster from the byte `inside` on.
    pub(super) fn fill_table(&self, table: Table, inside: usize, piece: &mut [u8]) {
        match table {
            Table::ReferenceBlock(block) => fill_entries(inside, piece, |entry| {
                let counted = block * COUNTS + entry < self.clusters();
                u16::from(counted).to_be_bytes()
            }),
            Table::References(nth) => fill_entries(inside, piece, |entry| {
                let block = nth * ENTRIES + entry;
                offset(self.first_reference_block(), block, self.reference_blocks).to_be_bytes()
            }),
            Table::L1(nth) => fill_entries(inside, piece, |entry| {
                let table = nth * ENTRIES + entry;
                copied(offset(self.first_l2(), table, self.l2_tables)).to_be_bytes()
            }),
            Table::L2(nth) => fill_entries(inside, piece, |entry| {
                let cluster = nth * ENTRIES + entry;
                copied(offset(self.first_data(), cluster, self.data_clusters)).to_be_bytes()
            }),
        }
    }
}

/// The offset in the file of the n-th cluster of a row, 0 behind its end.
fn offset(first: u64, nth: u64, count: u64) -> u64 {
    if nth < count {
        (first + nth) * CLUSTER_SIZE
    } else {
        0
    }
}

fn copied(offset: u64) -> u64 {
    if offset == 0 { 0 } else { offset | COPIED }
}

/// Writes the entries that the piece covers, the first and the last perhaps in part.
fn fill_entries<const N: usize>(inside: usize, piece: &mut [u8], entry: impl Fn(u64) -> [u8; N]) {
    let mut position = inside;
    let mut rest = piece;
    while !rest.is_empty() {
        let bytes = entry((position / N) as u64);
        let bytes = &bytes[position % N..];
        let count = bytes.len().min(rest.len());
        let (head, tail) = rest.split_at_mut(count);
        head.copy_from_slice(&bytes[..count]);
        position += count;
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_blocks_count_themselves() {
        for data_clusters in [0, 1, 32_762, 32_763, 32_764, 32_765, 1 << 20, 1 << 29] {
            let layout = Layout::new(0, data_clusters);
            let clusters = layout.clusters();
            assert!(
                layout.reference_blocks * COUNTS >= clusters,
                "{data_clusters}"
            );
            assert!(
                (layout.reference_blocks - 1) * COUNTS < clusters,
                "{data_clusters}"
            );
            assert!(layout.reference_table_clusters * ENTRIES >= layout.reference_blocks);
        }
    }

    #[test]
    fn a_piece_may_begin_and_end_inside_an_entry() {
        let layout = Layout::new(1 << 40, 10_000);
        let mut whole = vec![0; CLUSTER_SIZE as usize];
        layout.fill_table(Table::L2(0), 0, &mut whole);
        let mut piece = vec![0; 21];
        layout.fill_table(Table::L2(0), 13, &mut piece);
        assert_eq!(piece, whole[13..34]);
    }
}
