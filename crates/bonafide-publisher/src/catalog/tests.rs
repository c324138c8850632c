use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::channel::Profile;

const PIN: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

fn problems(text: &str) -> Vec<String> {
    match Catalog::parse(text) {
        Ok(catalog) => panic!("read: {catalog:?}"),
        Err(CatalogError::Invalid { problems, .. }) => {
            problems.iter().map(ToString::to_string).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

/// The only problem of the text, which must be at this place and contain this text.
#[track_caller]
fn refused(text: &str, place: &str, words: &str) {
    let problems = problems(text);
    let [problem] = &problems[..] else {
        panic!("one problem: {problems:#?}");
    };
    assert!(problem.starts_with(&format!("{place}: ")), "{problem}");
    assert!(problem.contains(words), "`{words}` is not in: {problem}");
}

fn ubuntu(more: &str) -> String {
    format!(
        "[[channel]]\nsource.ubuntu = {{ version = \"24.04\", codename = \"noble\" }}\n{more}\n"
    )
}

fn own(more: &str) -> String {
    format!(
        "[[channel]]\n{more}\n[channel.source.own]\nchannel = \"rescue\"\nimage = \"a.qcow2\"\n\
         list = \"SHA256SUMS\"\ndistribution = \"ubuntu\"\nversion = \"18.04\"\n"
    )
}

#[test]
fn the_grace_period_is_the_channels_or_else_the_files() {
    let text = format!("lifecycle.grace_days = 7\n{}", ubuntu("lifecycle = {}"));
    let grace = |text: &str| Catalog::parse(text).unwrap().entries()[0].grace;
    assert_eq!(grace(&text), Some(SignedDuration::from_hours(7 * 24)));
    let own = ubuntu("lifecycle.grace_days = 0");
    let text = format!("lifecycle.grace_days = 7\n{own}");
    assert_eq!(grace(&text), Some(SignedDuration::ZERO));
    assert_eq!(grace(&ubuntu("")), None);
    refused(
        &ubuntu("lifecycle.grace_days = -1"),
        "line 3, column 24",
        "u32",
    );
}

#[test]
fn the_builtin_catalog_has_every_row_of_the_operators_table() {
    let catalog = Catalog::builtin();
    let titles: Vec<_> = catalog.entries().iter().map(ChannelConfig::title).collect();
    assert_eq!(
        &titles[..13],
        [
            "CentOS 7",
            "CentOS 8 Stream",
            "Debian Stretch (9)",
            "Debian Buster (10)",
            "Debian Bullseye (11)",
            "Debian Bookworm (12)",
            "Debian Trixie (13)",
            "Flatcar Stable",
            "Ubuntu Bionic 18.04",
            "Ubuntu Focal 20.04",
            "Ubuntu Jammy 22.04",
            "Ubuntu Noble 24.04",
            "Ubuntu Resolute 26.04",
        ]
    );
    for beyond in [
        "centos-stream-9",
        "centos-stream-10",
        "almalinux-8",
        "almalinux-9",
        "almalinux-10",
        "rocky-8",
        "rocky-9",
        "rocky-10",
        "fedora-44",
        "opensuse-leap-16.0",
    ] {
        assert!(catalog.entry(beyond).is_some(), "{beyond}");
    }
}

#[test]
fn every_builtin_channel_has_pinned_keys() {
    for entry in Catalog::builtin().entries() {
        assert!(!entry.trust().fingerprints().is_empty(), "{}", entry.name());
    }
}

#[test]
fn a_channel_of_a_known_vendor_needs_no_code() {
    let text = format!(
        "[trust.fedora-60]\npinned = [\"{PIN}\"]\nkey_urls = [\"https://keys.test/60.asc\"]\n\
         [[channel]]\nsource.fedora = {{ version = \"60\" }}\nprofile = \"scs\"\n"
    );
    let catalog = Catalog::parse(&text).unwrap();
    let entry = catalog.entry("fedora-60").unwrap();
    assert_eq!(entry.title(), "Fedora 60");
    assert_eq!(entry.trust().fingerprints()[0].to_string(), PIN);
    let named = entry.clone().with_profile(Profile::Stack);
    assert_eq!(named.title(), "Fedora 60");
}

#[test]
fn errors_of_syntax_and_type_have_their_place() {
    refused("[[channel]\n", "line 1, column 11", "");
    refused(&ubuntu("min_ram = \"much\""), "line 3, column 11", "u32");
    refused(&ubuntu("min_rm = 1"), "line 3, column 1", "min_rm");
    refused(&ubuntu("profile = \"SCS\""), "line 3, column 11", "`scs`");
    refused("[[channel]]\nmin_ram = 1\n", "line 1, column 1", "source");
    refused(
        "[[channel]]\nsource.gentoo = { version = \"1\" }\n",
        "line 2, column 8",
        "`ubuntu`",
    );
}

#[test]
fn what_no_vendor_has_is_refused() {
    refused(
        "[[channel]]\nsource.ubuntu = { version = \"24.04\", codename = \"../x\" }\n",
        "line 2, column 1",
        "`../x` is not a code name",
    );
    refused(
        "[[channel]]\nsource.centos = { version = \"6\" }\n",
        "line 2, column 1",
        "`6`",
    );
    let twice = ubuntu("") + &ubuntu("");
    refused(&twice, "line 5, column 1", "two channels `ubuntu-24.04`");
}

#[test]
fn what_would_do_nothing_or_something_else_is_refused() {
    refused("", "line 1, column 1", "no [[channel]]");
    refused("profile = \"scs\"\n", "line 1, column 1", "no [[channel]]");
    refused(
        "[[channel]]\nsource.ubuntu = { version = \"24.04\", codename = \"jammy\" }\n",
        "line 2, column 1",
        "`noble`, not `jammy`",
    );
    refused(
        "[[channel]]\nsource.debian = { version = \"12\", codename = \"bullseye\" }\n",
        "line 2, column 1",
        "`bookworm`",
    );
    for name in ["", " x", "a\\nb", "a\\u001b[2J", "\\U0001F980"] {
        let naming = format!("naming.stack = \"{name}\"");
        refused(
            &ubuntu(&naming),
            "line 2, column 1",
            "can't be the name of an image",
        );
    }
    let scs = "naming.scs = \"x\"";
    let same = ubuntu(scs) + &ubuntu(scs).replace("24.04", "28.04");
    refused(
        &same,
        "line 5, column 1",
        "two channels would name their images `x`",
    );
    let same =
        ubuntu("naming.stack = \"x\"") + &ubuntu("naming.stack = \"x\"").replace("24.04", "28.04");
    refused(
        &same,
        "line 5, column 1",
        "two channels would name their images `x`",
    );
    refused(
        &ubuntu("trust.key_files = [\"/nonexistent/key.asc\"]"),
        "line 3, column 20",
        "no key file",
    );
}

#[test]
fn urls_with_secrets_are_refused_and_not_shown() {
    let own = own(&format!(
        "trust.pinned = [\"{PIN}\"]\nproperties.image_description = \"modified\""
    ));
    for secret in [
        "https://robot:hunter2@a.test/x",
        "https://a.test/x?token=hunter2",
    ] {
        let text = own.replace("\"a.qcow2\"", &format!("\"{secret}\""));
        let problems = problems(&text);
        assert!(problems[0].contains("user information"), "{problems:?}");
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }
}

#[test]
fn promises_are_those_of_the_standard() {
    refused(
        &ubuntu("lifecycle.uuid_validity = \"last-0\""),
        "line 3, column 27",
        "`last-N`",
    );
    refused(
        &ubuntu("lifecycle.provided_until = \"31.12.2027\""),
        "line 3, column 28",
        "YYYY-MM-DD",
    );
    refused(
        &ubuntu("lifecycle.replace_frequency = \"hourly\""),
        "line 3, column 31",
        "`monthly`",
    );
}

#[test]
fn properties_are_checked_when_the_catalog_is_read() {
    refused(
        &ubuntu("properties.hw_disk_bus = \"sata\""),
        "line 3, column 26",
        "`virtio`",
    );
    refused(
        &ubuntu("properties.bonafide_signer = \"x\""),
        "line 3, column 12",
        "reserved",
    );
    refused(
        &ubuntu("properties.os_distro = \"Ubuntu\""),
        "line 2, column 1",
        "lower case",
    );
    refused(&ubuntu("min_ram = 1"), "line 2, column 1", "64 MiB");
    refused(
        &ubuntu("properties.hw_rescue_bus = \"virtio\""),
        "line 3, column 28",
        "used together",
    );
}

#[test]
fn several_problems_are_reported_at_once_and_in_order() {
    let text = ubuntu(
        "lifecycle.uuid_validity = \"never\"\nproperties.os_purpose = \"all\"\n\
         properties.image_source = \"x\"",
    );
    let lines: Vec<_> = problems(&text).iter().map(|p| p[..6].to_owned()).collect();
    assert_eq!(lines, ["line 3", "line 4", "line 5"]);
}

#[test]
fn keys_are_pinned_by_full_fingerprints_and_fetched_by_https() {
    refused(
        &ubuntu("trust.pinned = [\"1A5D6C4C7DB87C81\"]"),
        "line 3, column 17",
        "fingerprint",
    );
    refused(
        &ubuntu("trust.key_urls = [\"http://keys.test/x\"]"),
        "line 3, column 19",
        "https",
    );
    refused(
        "[[channel]]\nsource.fedora = { version = \"60\" }\n",
        "line 2, column 1",
        "no key of `fedora-60` is known",
    );
    refused(
        &format!("[trust.gentoo]\npinned = [\"{PIN}\"]\n{}", ubuntu("")),
        "line 1, column 8",
        "no channel is signed",
    );
}

#[test]
fn versions_that_no_source_can_serve_are_refused_when_the_catalog_is_read() {
    for (source, served) in [
        ("almalinux = { version = \"9.4\" }", "from `8` on"),
        ("almalinux = { version = \"kitten-10\" }", "from `8` on"),
        ("centos = { version = \"8\" }", "`9-stream`"),
        ("centos = { version = \"7-stream\" }", "from `8` on"),
        (
            "debian = { version = \"12\", codename = \"bookworm\", images = \"openstack\" }",
            "`9` and `10`",
        ),
        (
            "debian = { version = \"9\", codename = \"stretch\" }",
            "from version `10` on",
        ),
        ("fedora = { version = \"rawhide\" }", "from `35` on"),
        ("fedora = { version = \"28\" }", "from `35` on"),
        ("flatcar = { channel = \"edge\" }", "`lts`"),
        (
            "opensuse = { version = \"16\" }",
            "`tumbleweed` and `microos`",
        ),
        ("opensuse = { version = \"15.2\" }", "from `15.5` on"),
        (
            "opensuse = { version = \"leap-micro-6.2\" }",
            "no image for OpenStack",
        ),
        ("rocky = { version = \"9.6\" }", "from `8` on"),
        (
            "ubuntu = { version = \"16.04\", codename = \"xenial\" }",
            "from `16.10` on",
        ),
        (
            "ubuntu = { version = \"24.04.1\", codename = \"noble\" }",
            "like `24.04`",
        ),
    ] {
        let text = format!("[[channel]]\nsource.{source}\n");
        refused(&text, "line 2, column 1", "is not supported");
        refused(&text, "line 2, column 1", served);
    }
    for source in [
        "opensuse = { version = \"15.6\" }",
        "opensuse = { version = \"16.1\" }",
        "opensuse = { version = \"tumbleweed\" }",
        "opensuse = { version = \"microos\" }",
        "flatcar = { channel = \"lts\" }",
        "ubuntu = { version = \"25.10\", codename = \"questing\" }",
    ] {
        let text = format!("[[channel]]\nsource.{source}\n");
        assert!(Catalog::parse(&text).is_ok(), "{source}");
    }
}

#[test]
fn mirrors_are_directories_and_https() {
    let mirror = |at: &str| {
        ubuntu(&format!(
            "mirror = {{ of = \"https://cloud-images.ubuntu.com/\", at = \"{at}\" }}"
        ))
    };
    assert!(Catalog::parse(&mirror("https://mirror.test/ubuntu/")).is_ok());
    for wrong in [
        "https://mirror.test/ubuntu",
        "http://mirror.test/",
        "mirror",
    ] {
        refused(&mirror(wrong), "line 3, column 10", "");
    }
}

#[test]
fn an_own_image_is_pinned_and_described() {
    let trust = format!("trust.pinned = [\"{PIN}\"]");
    let described = "properties.image_description = \"modified\"";
    let catalog = Catalog::parse(&own(&format!("{trust}\n{described}"))).unwrap();
    assert_eq!(catalog.entries()[0].name(), "rescue");
    assert_eq!(catalog.entries()[0].product().vendor, "operator");
    let problems = problems(&own(&trust));
    assert!(problems[0].contains("image_description"), "{problems:?}");
    let unpinned = own(described);
    assert!(
        Catalog::parse(&unpinned)
            .unwrap_err()
            .to_string()
            .contains("no key of `operator`")
    );
}

#[test]
fn paths_start_at_the_catalogs_directory() {
    let place = Place::of(Path::new("/etc/bonafide/catalog.toml")).unwrap();
    assert_eq!(
        place.url("images/a.qcow2").unwrap().as_str(),
        "file:///etc/bonafide/images/a.qcow2"
    );
    assert_eq!(
        place.url("https://a.test/b").unwrap().as_str(),
        "https://a.test/b"
    );
    assert!(place.url("ftp://a.test/b").is_err());
    let missing = Catalog::load(Path::new("/nonexistent/catalog.toml"));
    let error = missing.unwrap_err().to_string();
    assert!(error.contains("/nonexistent/catalog.toml"), "{error}");
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_file_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/catalog.schema.json");
    let written = std::fs::read_to_string(path).unwrap();
    let written: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(
        written,
        catalog_schema(),
        "write it anew: cargo run --example catalog -- --schema"
    );
}

proptest! {
    #[test]
    fn reading_never_panics(text in ".{0,300}|(\\[\\[channel\\]\\]\n|source|properties|[a-z.=\" {}\n]){0,60}") {
        let _ = Catalog::parse(&text);
    }
}
