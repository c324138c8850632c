//! `lifecycle`, and `publish` with plans and several clouds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::keys::{SignatureOptions, SigningKey};
use bonafide_testkit::qcow2::Qcow2Image;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{example, run};
use support::now;

#[test]
fn the_example_runs_to_its_end() {
    let (code, stdout, stderr) = run(&mut example("lifecycle"));
    assert_eq!(code, 0, "{stderr}");
    let part = |heading: &str| {
        let begin = stdout
            .find(heading)
            .unwrap_or_else(|| panic!("no `{heading}`"));
        let rest = &stdout[begin..];
        rest.split("\n== ").next().unwrap().to_owned()
    };
    let over = part("the grace period of the first build is over");
    assert!(over.contains("visibility public → shared"), "{over}");
    assert_eq!(over.matches("+ member ").count(), 2, "{over}");
    let left = part("customer2 deletes its server and the volume");
    let first = left
        .lines()
        .find(|line| line.starts_with("Ubuntu Noble 24.04 (2026-03-01)"));
    assert!(
        first.unwrap().ends_with("sees it, uses it (1)  -"),
        "{left}"
    );
    let gone = part("customer deletes the last server");
    assert!(
        gone.contains("- delete     Ubuntu Noble 24.04 (2026-03-01)"),
        "{gone}"
    );
    let down = part("a cell of Nova is down");
    assert!(
        down.contains("nothing is hidden or deleted of 1 superseded images"),
        "{down}"
    );
    assert!(
        !down.contains("- delete") && down.contains("(2026-03-31)"),
        "{down}"
    );
    let end = part("customer2 deletes the snapshot");
    assert!(
        end.contains("- delete     Ubuntu Noble 24.04 (2026-03-31)"),
        "{end}"
    );

    let promised = ["--uuid-validity", "last-1", "--grace", "7", "--scs"];
    let (code, stdout, stderr) = run(example("lifecycle").args(promised));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("Ubuntu 24.04 20260301"), "{stdout}");
    assert!(
        stdout.contains("but `uuid_validity` is `last-1`"),
        "{stdout}"
    );
    assert!(stdout.contains("by its id"), "{stdout}");
    let (code, _, stderr) = run(example("lifecycle").args(["--uuid-validity", "soon"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("`last-N`"), "{stderr}");
}

/// An operator's own image, signed by a key of its own, and some clouds.
pub(crate) struct Operator {
    directory: TempDir,
    key: SigningKey,
    pub(crate) clouds: Vec<EmbeddedCloud>,
}

impl Operator {
    pub(crate) async fn with_clouds(count: usize) -> Self {
        let created: Timestamp = now() - SignedDuration::from_hours(24 * 365);
        let operator = Self {
            directory: tempfile::tempdir().unwrap(),
            key: SigningKey::generate("Operator <images@operator.test>", created).unwrap(),
            clouds: {
                let mut clouds = Vec::new();
                for _ in 0..count {
                    clouds.push(EmbeddedCloud::start().await.unwrap());
                }
                clouds
            },
        };
        fs::create_dir_all(operator.images()).unwrap();
        let key = operator.key.public_key_armored().unwrap();
        fs::write(operator.path("key.asc"), key).unwrap();
        let catalog = format!(
            r#"
[[channel]]
lifecycle = {{ grace_days = 0, uuid_validity = "none", provided_until = "none" }}
trust = {{ pinned = ["{}"], key_files = ["key.asc"] }}
properties = {{ image_description = "made by us" }}

[channel.source.own]
channel = "rescue"
image = "https://images.operator.test/rescue.qcow2"
list = "https://images.operator.test/SHA256SUMS"
signature = "https://images.operator.test/SHA256SUMS.asc"
distribution = "ubuntu"
version = "24.04"
user = "ubuntu"
"#,
            operator.key.fingerprint()
        );
        fs::write(operator.path("catalog.toml"), catalog).unwrap();
        let mut clouds = String::from("clouds:\n");
        for (number, cloud) in operator.clouds.iter().enumerate() {
            let text = cloud.clouds_yaml();
            let admin = text.split("  admin:\n").nth(1).unwrap();
            let admin = admin.split("  publisher:\n").next().unwrap();
            clouds.push_str(&format!("  cloud{number}:\n{admin}"));
        }
        fs::write(operator.path("clouds.yaml"), clouds).unwrap();
        operator.build(1);
        operator
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn images(&self) -> PathBuf {
        self.path("mirror/images.operator.test")
    }

    /// A new build, signed so many days ago.
    fn build(&self, seed: u64) {
        let image: Vec<u8> = Qcow2Image::new(1 << 30, 2, seed)
            .chunks(0, 1 << 16)
            .flatten()
            .collect();
        let digest = format!("{:x}", Sha256::digest(&image));
        let list = format!("{digest} *rescue.qcow2\n");
        let at = now() - SignedDuration::from_hours(24 * i64::try_from(10 - seed).unwrap());
        let options = SignatureOptions::at(at);
        let signature = self.key.sign(list.as_bytes(), &options).unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(self.images().join(name), bytes).unwrap();
        write("rescue.qcow2", &image);
        write("SHA256SUMS", list.as_bytes());
        write("SHA256SUMS.asc", signature.as_bytes());
    }

    pub(crate) fn publish(&self, arguments: &[&str]) -> Command {
        let mut publish = example("publish");
        for number in (0..self.clouds.len()).filter(|_| !arguments.contains(&"--cloud")) {
            publish.args(["--cloud", &format!("cloud{number}")]);
        }
        publish
            .arg("--catalog")
            .arg(self.path("catalog.toml"))
            .arg("--from-directory")
            .arg(self.path("mirror"))
            .args(arguments)
            .env("OS_CLIENT_CONFIG_FILE", self.path("clouds.yaml"));
        publish
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut publish = self.publish(arguments);
        tokio::task::spawn_blocking(move || run(&mut publish))
            .await
            .unwrap()
    }

    fn images_of(&self, cloud: usize) -> Vec<Value> {
        self.clouds[cloud].images()
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_written_approved_and_applied() {
    let operator = Operator::with_clouds(1).await;
    let plan = operator.path("plan.json");
    let plan = plan.to_str().unwrap();
    let (code, stdout, stderr) = operator.run(&["--plan-out", plan]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("+ publish    rescue build "), "{stdout}");
    assert!(
        stdout.contains("from https://images.operator.test/rescue.qcow2"),
        "{stdout}"
    );
    assert!(operator.images_of(0).is_empty(), "a plan changes nothing");
    let written: Value = serde_json::from_str(&text(Path::new(plan))).unwrap();
    assert_eq!(written["cloud0"]["actions"][0]["action"], "publish");

    let (code, stdout, stderr) = operator.run(&["--apply", plan]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("published  rescue"), "{stdout}");
    assert_eq!(operator.images_of(0).len(), 1);

    // The same plan once more: what it says is done.
    let (code, stdout, _) = operator.run(&["--apply", plan]).await;
    assert_eq!(code, 1);
    assert!(
        stdout.contains("FAILED") && stdout.contains("the plan is outdated"),
        "{stdout}"
    );

    // A plan for one build does not publish another.
    operator.build(2);
    let (code, _, stderr) = operator.run(&["--plan-out", plan]).await;
    assert_eq!(code, 0, "{stderr}");
    operator.build(3);
    let (code, stdout, _) = operator.run(&["--apply", plan]).await;
    assert_eq!(code, 1);
    assert!(
        stdout.contains("no longer planned: + publish    rescue build"),
        "{stdout}"
    );
    assert_eq!(operator.images_of(0).len(), 1);

    // Without a plan the old build goes at once: no grace period, no promise, no user.
    let (code, stdout, stderr) = operator.run(&["--json"]).await;
    assert_eq!(code, 0, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["images"][0]["outcome"], "published");
    assert_eq!(report["images"][0]["cloud"], "cloud0");
    let steps = report["steps"].as_array().unwrap();
    let steps: Vec<_> = steps.iter().map(|step| &step["action"]).collect();
    assert_eq!(steps, ["delete"]);
    assert_eq!(operator.images_of(0).len(), 1);
    let (code, stdout, _) = operator.run(&["--dry-run"]).await;
    assert_eq!(code, 0);
    assert!(stdout.contains("nothing to do"), "{stdout}");

    // A plan without this cloud would do nothing and look like a success.
    let elsewhere = text(Path::new(plan)).replacen("cloud0", "far", 1);
    for (other, says) in [("{}", "for no cloud at all"), (&*elsewhere, "for `far`")] {
        fs::write(operator.path("other.json"), other).unwrap();
        let other = operator.path("other.json");
        let (code, _, stderr) = operator.run(&["--apply", other.to_str().unwrap()]).await;
        assert_eq!(code, 2, "{stderr}");
        assert!(
            stderr.contains(says) && stderr.contains("not for `cloud0`"),
            "{stderr}"
        );
    }

    fs::remove_file(plan).unwrap();
    let (code, _, stderr) = operator.run(&["--apply", plan]).await;
    assert_eq!(code, 2);
    assert!(stderr.contains("plan.json` can't be read"), "{stderr}");
    fs::write(plan, "{\"cloud0\": 7}").unwrap();
    let (code, _, stderr) = operator.run(&["--apply", plan]).await;
    assert_eq!(code, 2);
    assert!(stderr.contains("plan.json` is not a plan"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_clouds_are_served_in_one_run_and_one_that_fails_is_reported() {
    let operator = Operator::with_clouds(2).await;
    let (code, stdout, stderr) = operator.run(&[]).await;
    assert_eq!(code, 0, "{stderr}");
    for cloud in ["cloud0", "cloud1"] {
        let row = stdout.lines().find(|line| line.contains(cloud)).unwrap();
        assert!(row.starts_with("published  rescue"), "{row}");
        assert!(
            stderr.contains(&format!("{cloud}: rescue: image ")),
            "{stderr}"
        );
    }
    operator.build(2);
    let clouds = text(&operator.path("clouds.yaml"));
    let wrong = clouds.replacen("password: adminpw", "password: wrong", 1);
    fs::write(operator.path("clouds.yaml"), wrong).unwrap();
    let (code, stdout, _) = operator.run(&[]).await;
    assert_eq!(code, 1);
    let failed = stdout
        .lines()
        .find(|line| line.starts_with("FAILED"))
        .unwrap();
    assert!(
        failed.contains("cloud0: ") && failed.contains("401"),
        "{failed}"
    );
    let row = stdout
        .lines()
        .find(|line| line.contains("cloud1: "))
        .unwrap();
    assert!(row.starts_with("published  rescue"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_region_of_a_cloud_is_one_more_cloud() {
    let operator = Operator::with_clouds(1).await;
    // The file says that there are two; the service catalog knows one.
    let clouds = fs::read_to_string(operator.path("clouds.yaml")).unwrap();
    let both = clouds.replace("region_name: RegionOne", "regions: [RegionOne, RegionTwo]");
    assert_ne!(clouds, both);
    fs::write(operator.path("clouds.yaml"), both).unwrap();
    let regions = ["--cloud", "cloud0@RegionOne", "--cloud", "cloud0@RegionTwo"];
    let (code, stdout, stderr) = operator.run(&regions).await;
    assert_eq!(code, 1, "{stderr}");
    let published = stdout.lines().find(|line| line.starts_with("published"));
    assert!(
        published.unwrap().contains("cloud0@RegionOne: "),
        "{stdout}"
    );
    let failed = stdout.lines().find(|line| line.starts_with("FAILED"));
    let failed = failed.unwrap();
    assert!(
        failed.contains("cloud0@RegionTwo: ") && failed.contains("region `RegionTwo`"),
        "{failed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_clouds_yaml_does_not_have_is_refused_before_anything_is_done() {
    let operator = Operator::with_clouds(1).await;
    let regions = ["--cloud", "cloud0@RegionOne", "--cloud", "cloud0@RegionTwo"];
    let (code, stdout, stderr) = operator.run(&regions).await;
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(
        stderr.contains("region `RegionTwo` is not among those of the cloud: `RegionOne`"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_another_run_uploads_is_waited_for_and_no_failure() {
    let operator = Operator::with_clouds(1).await;
    let (code, stdout, _) = operator.run(&["--dry-run", "--json"]).await;
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let build = &report["plans"][0]["actions"][0]["build"];
    let cloud = &operator.clouds[0];
    let lease = now() + SignedDuration::from_hours(1);
    let image = serde_json::json!({
        "owner": cloud.project_id("admin"), "visibility": "private", "status": "queued",
        "bonafide_channel": "rescue", "bonafide_state": "uploading",
        "bonafide_vendor_digest": build["digest"], "bonafide_serial": build["serial"],
        "bonafide_lease_until": lease.to_string(),
    });
    cloud.adopt_image(&image).unwrap();
    for arguments in [&[][..], &["--dry-run"]] {
        let (code, stdout, stderr) = operator.run(arguments).await;
        assert_eq!(code, 0, "{stderr}");
        let row = stdout.lines().next().unwrap();
        let how = if arguments.is_empty() {
            "waiting "
        } else {
            "dry run "
        };
        assert!(
            row.starts_with(how) && row.contains("another run uploads image"),
            "{stdout}"
        );
        assert_eq!(operator.images_of(0).len(), 1);
    }
}
