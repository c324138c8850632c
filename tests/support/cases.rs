//! Every source, and builds as its vendor makes them.

use bonafide::Source;
use bonafide::sources::{
    AlmaLinux, Centos, CustomImage, Debian, Fedora, Flatcar, FlatcarFile, OpenSuse, Rocky, Ubuntu,
    UbuntuRelease,
};
use bonafide_testkit::site::{
    AlmaBuild, Build, CentosBuild, DebianBuild, FedoraBuild, FlatcarBuild, OpenSuseBuild, OwnBuild,
    RockyBuild, UbuntuBuild, VendorBuild,
};
use jiff::civil::{Date, date};

use crate::making::Making;

/// One source with two builds, the older first.
pub struct Case {
    /// The source.
    pub source: fn() -> Box<dyn Source>,
    /// The older build, 0, or the newer one, 1, made in this way.
    pub build: fn(usize, &Making) -> Box<dyn VendorBuild>,
    /// The serials of both, as the source reads them.
    pub serials: [&'static str; 2],
    /// When the newer one was built, as far as its names have it; else the day of the signature.
    pub built: Date,
    /// What must be in the newer image's URL, so that it never means another build.
    pub dated: &'static str,
}

const SIGNED: Date = date(2026, 6, 19);

fn boxed(source: impl Source + 'static) -> Box<dyn Source> {
    Box::new(source)
}

fn made<L>(build: Build<L>, making: &Making) -> Box<dyn VendorBuild>
where
    Build<L>: VendorBuild + 'static,
{
    Box::new(making.apply(build))
}

/// Ubuntu 24.04, released builds.
pub const UBUNTU_RELEASED: Case = Case {
    source: || boxed(Ubuntu::released(UbuntuRelease::Noble)),
    build: |which, making| {
        let serial = ["20261101", "20261110.1"][which];
        made(UbuntuBuild::release("24.04", "noble", serial), making)
    },
    serials: ["20261101", "20261110.1"],
    built: date(2026, 11, 10),
    dated: "/releases/noble/release-20261110.1/",
};

/// Ubuntu 24.04, daily builds.
pub const UBUNTU_DAILY: Case = Case {
    source: || boxed(Ubuntu::daily(UbuntuRelease::Noble)),
    build: |which, making| {
        let serial = ["20261101", "20261110"][which];
        made(UbuntuBuild::daily("24.04", "noble", serial), making)
    },
    serials: ["20261101", "20261110"],
    built: date(2026, 11, 10),
    dated: "/noble/20261110/",
};

/// Ubuntu 24.04, found by its simplestreams index.
pub const UBUNTU_STREAMS: Case = Case {
    source: || boxed(Ubuntu::streams(UbuntuRelease::Noble)),
    build: |which, making| {
        let serial = ["20261101", "20261110"][which];
        // The index follows the images and not the lists, so there another version is used instead of a
        // changed list.
        let (version, codename) = match making.is_edited() {
            true => ("22.04", "jammy"),
            false => ("24.04", "noble"),
        };
        made(
            UbuntuBuild::release(version, codename, serial).streams(),
            making,
        )
    },
    serials: ["20261101", "20261110"],
    built: date(2026, 11, 10),
    dated: "/releases/noble/release-20261110/",
};

/// CentOS 7.
pub const CENTOS_7: Case = Case {
    source: || boxed(Centos::seven()),
    build: |which, making| made(CentosBuild::seven(["2009", "2211"][which]), making),
    serials: ["2009", "2211"],
    built: date(2022, 11, 1),
    dated: "GenericCloud-2211.qcow2",
};

/// As it would be, did CentOS sign it.
pub const CENTOS_STREAM_9: Case = Case {
    source: || boxed(Centos::stream("9").unwrap()),
    build: |which, making| {
        let serial = ["20261101.1", "20261110.0"][which];
        made(CentosBuild::stream("9", serial).signed(), making)
    },
    serials: ["20261101.1", "20261110.0"],
    built: date(2026, 11, 10),
    dated: "-9-20261110.0.x86_64",
};

/// Debian 9, from the archive.
pub const DEBIAN_9_ARCHIVED: Case = Case {
    source: || boxed(Debian::openstack("9", "stretch").unwrap()),
    build: |which, making| {
        let version = ["9.9.0", "9.13.0"][which];
        made(DebianBuild::openstack("9", version).archived(), making)
    },
    serials: ["9.9.0", "9.13.0"],
    built: SIGNED,
    dated: "/archive/9.13.0/debian-9.13.0-",
};

/// Debian 10.
pub const DEBIAN_10: Case = Case {
    source: || boxed(Debian::openstack("10", "buster").unwrap()),
    build: |which, making| {
        let version = ["10.9.0", "10.13.22-20261110"][which];
        made(DebianBuild::openstack("10", version), making)
    },
    serials: ["10.9.0", "10.13.22-20261110"],
    built: date(2026, 11, 10),
    dated: "/10.13.22-20261110/",
};

/// As it would be, did Debian sign it.
pub const DEBIAN_12: Case = Case {
    source: || boxed(Debian::cloud("12", "bookworm").unwrap()),
    build: |which, making| {
        let version = ["20261101-2530", "20261110-2537"][which];
        made(
            DebianBuild::cloud("12", "bookworm", version).signed(),
            making,
        )
    },
    serials: ["20261101-2530", "20261110-2537"],
    built: date(2026, 11, 10),
    dated: "/bookworm/20261110-2537/",
};

fn flatcar(which: usize, making: &Making) -> Box<dyn VendorBuild> {
    let (version, build) = [
        ("4593.2.4", "2026-11-01-2350"),
        ("4593.2.5", "2026-11-10-2350"),
    ][which];
    made(FlatcarBuild::stable(version, build), making)
}

/// Flatcar stable, the compressed image.
pub const FLATCAR_BZIP2: Case = Case {
    source: || boxed(Flatcar::stable(FlatcarFile::Bzip2)),
    build: flatcar,
    serials: ["4593.2.4", "4593.2.5"],
    built: date(2026, 11, 10),
    dated: "/4593.2.5/",
};

/// Flatcar stable, the plain image.
pub const FLATCAR_PLAIN: Case = Case {
    source: || boxed(Flatcar::stable(FlatcarFile::Plain)),
    build: flatcar,
    serials: ["4593.2.4", "4593.2.5"],
    built: date(2026, 11, 10),
    dated: "/4593.2.5/",
};

/// AlmaLinux 9.
pub const ALMALINUX_9: Case = Case {
    source: || boxed(AlmaLinux::new("9").unwrap()),
    build: |which, making| {
        let version = ["9.8-20261101", "9.8-20261110"][which];
        made(AlmaBuild::new("9", version), making)
    },
    serials: ["9.8-20261101", "9.8-20261110"],
    built: date(2026, 11, 10),
    dated: "-9.8-20261110.x86_64",
};

/// The list in the form that AlmaLinux used before.
pub const ALMALINUX_8_BSD: Case = Case {
    source: || boxed(AlmaLinux::new("8").unwrap()),
    build: |which, making| {
        let version = ["8.9-20261110", "8.10-20261110"][which];
        made(AlmaBuild::new("8", version).bsd(), making)
    },
    serials: ["8.9-20261110", "8.10-20261110"],
    built: date(2026, 11, 10),
    dated: "-8.10-20261110.x86_64",
};

/// Rocky Linux 10.
pub const ROCKY_10: Case = Case {
    source: || boxed(Rocky::new("10").unwrap()),
    build: |which, making| {
        let version = ["10.1-20261101.0", "10.1-20261110.0"][which];
        made(RockyBuild::new("10", version), making)
    },
    serials: ["10.1-20261101.0", "10.1-20261110.0"],
    built: date(2026, 11, 10),
    dated: "-10.1-20261110.0.x86_64",
};

/// The signature under its older name, one directory above.
pub const ROCKY_8_ABOVE: Case = Case {
    source: || boxed(Rocky::new("8").unwrap()),
    build: |which, making| {
        let version = ["8.9-20261110.0", "8.10-20261110.0"][which];
        made(RockyBuild::new("8", version).sig().signed_above(), making)
    },
    serials: ["8.9-20261110.0", "8.10-20261110.0"],
    built: date(2026, 11, 10),
    dated: "-8.10-20261110.0.x86_64",
};

/// As it would be, did Rocky Linux sign it.
pub const ROCKY_9: Case = Case {
    source: || boxed(Rocky::new("9").unwrap()),
    build: |which, making| {
        let version = ["9.8-20261110.0", "9.8-20261110.1"][which];
        made(RockyBuild::new("9", version).signed(), making)
    },
    serials: ["9.8-20261110.0", "9.8-20261110.1"],
    built: date(2026, 11, 10),
    dated: "-9.8-20261110.1.x86_64",
};

/// Fedora 44.
pub const FEDORA_44: Case = Case {
    source: || boxed(Fedora::new("44").unwrap()),
    build: |which, making| made(FedoraBuild::new("44", ["1.7", "1.14"][which]), making),
    serials: ["1.7", "1.14"],
    built: SIGNED,
    dated: "-44-1.14.x86_64",
};

/// openSUSE Leap 15.6.
pub const OPENSUSE_15: Case = Case {
    source: || boxed(OpenSuse::leap("15.6").unwrap()),
    build: |which, making| {
        made(
            OpenSuseBuild::leap("15.6", ["19.143", "19.1460"][which]),
            making,
        )
    },
    serials: ["19.143", "19.1460"],
    built: SIGNED,
    dated: "-15.6.0-Cloud-Build19.1460.qcow2",
};

/// openSUSE Leap 16.1, whose list has SHA-512 digests.
pub const OPENSUSE_16_1: Case = Case {
    source: || boxed(OpenSuse::leap("16.1").unwrap()),
    build: |which, making| {
        made(
            OpenSuseBuild::leap("16.1", ["2.9", "2.16"][which]).sha512(),
            making,
        )
    },
    serials: ["2.9", "2.16"],
    built: SIGNED,
    dated: "-Cloud-Build2.16.qcow2",
};

/// openSUSE Tumbleweed.
pub const TUMBLEWEED: Case = Case {
    source: || boxed(OpenSuse::tumbleweed()),
    build: |which, making| {
        made(
            OpenSuseBuild::tumbleweed(["20261101", "20261110"][which]),
            making,
        )
    },
    serials: ["20261101", "20261110"],
    built: date(2026, 11, 10),
    dated: "-Cloud-Snapshot20261110.qcow2",
};

/// openSUSE MicroOS.
pub const MICRO_OS: Case = Case {
    source: || boxed(OpenSuse::micro_os()),
    build: |which, making| {
        made(
            OpenSuseBuild::micro_os(["20261101", "20261110"][which]),
            making,
        )
    },
    serials: ["20261101", "20261110"],
    built: date(2026, 11, 10),
    dated: "-OpenStack-Cloud-Snapshot20261110.qcow2",
};

/// openSUSE Leap 16.0.
pub const OPENSUSE_16: Case = Case {
    source: || boxed(OpenSuse::leap("16.0").unwrap()),
    build: |which, making| {
        made(
            OpenSuseBuild::leap("16.0", ["18.7", "18.12"][which]),
            making,
        )
    },
    serials: ["18.7", "18.12"],
    built: SIGNED,
    dated: "-Build18.12.qcow2",
};

/// Two images beside each other; the catalog says which.
pub const OWN: Case = Case {
    source: || {
        let at = |name| {
            format!("https://images.operator.test/own/{name}")
                .parse()
                .unwrap()
        };
        let own = CustomImage::new(
            "own",
            at("own-20261110.qcow2"),
            at("SHA256SUMS"),
            Some(at("SHA256SUMS.asc")),
        );
        boxed(own.unwrap().serial("20261110".parse().unwrap()))
    },
    build: |which, making| {
        let name = ["own-20261101.qcow2", "own-20261110.qcow2"][which];
        made(OwnBuild::new("images.operator.test", "/own/", name), making)
    },
    serials: ["20261101", "20261110"],
    built: date(2026, 11, 10),
    dated: "own-20261110.qcow2",
};

/// All of them but those that would be the same image in a cloud.
pub const ALL: &[&Case] = &[
    &ALMALINUX_8_BSD,
    &ALMALINUX_9,
    &CENTOS_7,
    &CENTOS_STREAM_9,
    &DEBIAN_10,
    &DEBIAN_12,
    &DEBIAN_9_ARCHIVED,
    &FEDORA_44,
    &FLATCAR_BZIP2,
    &FLATCAR_PLAIN,
    &OPENSUSE_15,
    &OPENSUSE_16,
    &OPENSUSE_16_1,
    &TUMBLEWEED,
    &MICRO_OS,
    &OWN,
    &ROCKY_10,
    &ROCKY_8_ABOVE,
    &ROCKY_9,
    &UBUNTU_DAILY,
    &UBUNTU_RELEASED,
    &UBUNTU_STREAMS,
];
