//! `publish` and `upload` when they are asked to stop, and how they exit when a build waits.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use bonafide_testkit::cloud::EmbeddedCloud;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::lifecycle::Operator;
use crate::{example, run};
use support::now;
use support::proxy::{Proxy, Stop};

/// A program that runs; its standard error is read by the test.
struct Program(Child);

impl Program {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success(), "no process {id}");
    }

    /// Reads until a line has these words.
    async fn says(mut self, words: &'static str) -> Self {
        spawn_blocking(move || {
            let mut stderr = BufReader::new(self.0.stderr.take().unwrap());
            let mut line = String::new();
            while !line.contains(words) {
                line.clear();
                assert_ne!(
                    stderr.read_line(&mut line).unwrap(),
                    0,
                    "never said {words}"
                );
            }
            self.0.stderr = Some(stderr.into_inner());
            self
        })
        .await
        .unwrap()
    }

    async fn exited(mut self) -> (Option<i32>, String) {
        spawn_blocking(move || {
            let mut said = String::new();
            if let Some(mut stderr) = self.0.stderr.take() {
                stderr.read_to_string(&mut said).unwrap();
            }
            (self.0.wait().unwrap().code(), said)
        })
        .await
        .unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It is gone already, unless a test fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The cloud is reached through the proxy.
fn through(operator: &Operator, proxy: &Proxy) {
    let path = operator.path("clouds.yaml");
    let clouds = fs::read_to_string(&path).unwrap();
    let clouds = clouds.replace(
        "  cloud0:\n",
        &format!("  cloud0:\n    image_endpoint_override: {}\n", proxy.url()),
    );
    fs::write(path, clouds).unwrap();
}

fn upload(operator: &Operator) -> Command {
    let mut upload = example("upload");
    upload
        .arg(operator.images().join("rescue.qcow2"))
        .args(["--cloud", "cloud0", "--unverified", "a test"])
        .env("OS_CLIENT_CONFIG_FILE", operator.path("clouds.yaml"));
    upload
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_within_an_upload_leaves_nothing_and_is_the_exit_status() {
    type Start = fn(&Operator) -> Command;
    let programs: [Start; 2] = [|operator| operator.publish(&[]), upload];
    for program in programs {
        for (signal, status) in [("TERM", 143), ("INT", 130)] {
            let operator = Operator::with_clouds(1).await;
            let cloud: &EmbeddedCloud = &operator.clouds[0];
            let proxy = Proxy::telling(cloud.image_url(), Stop::Body(1_000)).await;
            through(&operator, &proxy);
            let running = Program::start(&mut program(&operator));
            proxy.stopped().await;
            running.signal(signal);
            let (code, said) = running.exited().await;
            assert_eq!(code, Some(status), "{said}");
            assert!(said.contains("stopping: "), "{said}");
            assert!(!said.contains("stopped after"), "{said}");
            assert_eq!(cloud.images(), Vec::<Value>::new(), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_what_a_silent_cloud_holds() {
    let operator = Operator::with_clouds(1).await;
    // From then on nothing is answered, not even the clean-up.
    let proxy = Proxy::start(operator.clouds[0].image_url(), Stop::Body(1_000)).await;
    through(&operator, &proxy);
    let running = Program::start(&mut operator.publish(&[]));
    proxy.stopped().await;
    running.signal("TERM");
    let running = running.says("stopping: ").await;
    running.signal("INT");
    let (code, said) = running.exited().await;
    assert_eq!(code, Some(130), "{said}");
    assert!(!said.contains("stopped after"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_cloud_holds_a_program_no_longer_than_promised() {
    let operator = Operator::with_clouds(1).await;
    let proxy = Proxy::start(operator.clouds[0].image_url(), Stop::Body(1_000)).await;
    through(&operator, &proxy);
    let running = Program::start(&mut operator.publish(&[]));
    proxy.stopped().await;
    running.signal("TERM");
    let (code, said) = running.exited().await;
    assert_eq!(code, Some(143), "{said}");
    assert!(said.contains("stopped after 10 s"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_waits_for_longer_than_an_hour_is_not_a_success() {
    for (minutes, status) in [(50, 0), (70, 3)] {
        let operator = Operator::with_clouds(1).await;
        let cloud = &operator.clouds[0];
        let image = fs::read(operator.images().join("rescue.qcow2")).unwrap();
        let made = now() - SignedDuration::from_mins(minutes);
        let busy = json!({
            "id": Uuid::new_v4(), "name": "another run's", "status": "queued", "visibility": "private",
            "owner": cloud.project_id("admin").unwrap(), "created_at": made.to_string(),
            "bonafide_channel": "rescue", "bonafide_state": "uploading",
            "bonafide_vendor_digest": format!("sha256:{:x}", Sha256::digest(&image)),
            "bonafide_lease_until": (now() + SignedDuration::from_hours(2)).to_string(),
        });
        cloud.adopt_image(&busy).unwrap();
        let (code, stdout, stderr) = operator.run(&[]).await;
        assert_eq!(code, status, "{stdout}{stderr}");
        assert!(stdout.starts_with("waiting    rescue"), "{stdout}");
        assert_eq!(
            stdout.contains("more than an hour"),
            status == 3,
            "{stdout}"
        );
        // A dry run says the same.
        assert_eq!(operator.run(&["--dry-run"]).await.0, status);
    }
    let (_, help, _) = run(example("publish").arg("--help"));
    let words: Vec<_> = help.split_whitespace().collect();
    let help = words.join(" ");
    assert!(help.contains("3 a build has been waiting"), "{help}");
}
