//! A run in a process of its own: this test binary, started once more.

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio, exit};
use std::sync::Arc;
use std::time::Duration;

use bonafide::properties::{LifecyclePolicy, ProvidedUntil, ReplaceFrequency, UuidValidity};
use bonafide::publisher::{Heartbeat, NoEvents};
use bonafide::{Channel, CloudConfig, HttpFetch, Keyring, Profile, Publisher, Session};
use bonafide::{Ubuntu, UbuntuRelease};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::site::VendorSite;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use bonafide_examples_support::signals::Signals;
use support::{Cloud, now, quick};

/// Names the file with the commands of a process.
const TOLD: &str = "BONAFIDE_TEST_RUN";

/// What a process is to do.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Told {
    clouds_yaml: String,
    namespace: Uuid,
    site: SocketAddr,
    hosts: Vec<String>,
    authority: String,
    key: Vec<u8>,
    fingerprint: String,
    /// Whether images are named as the SCS standards do.
    scs: bool,
    /// How often it shows that it lives, in milliseconds.
    interval: u64,
}

impl Told {
    pub(crate) fn new(cloud: &Cloud, namespace: Uuid, site: &VendorSite, key: &SigningKey) -> Self {
        Self {
            clouds_yaml: cloud.clouds_yaml().to_owned(),
            namespace,
            site: site.address(),
            hosts: site.hosts(),
            authority: site.ca_certificate_pem().to_owned(),
            key: key.public_key_binary().unwrap(),
            fingerprint: key.fingerprint(),
            scs: false,
            interval: 30_000,
        }
    }

    /// Glance is reached at this address.
    pub(crate) fn through(mut self, url: &str) -> Self {
        let mut clouds: Value = serde_json::from_str(&self.clouds_yaml).unwrap();
        clouds["clouds"]["admin"]["image_endpoint_override"] = url.into();
        self.clouds_yaml = clouds.to_string();
        self
    }

    /// It shows that it lives at this interval, and is gone after six of them.
    pub(crate) fn every(mut self, interval: Duration) -> Self {
        self.interval = interval.as_millis().try_into().unwrap();
        self
    }

    /// With SCS names.
    pub(crate) fn with_scs_names(mut self) -> Self {
        self.scs = true;
        self
    }

    /// No grace period, and no id is promised.
    pub(crate) fn channel(&self) -> Channel {
        let mut keyring = Keyring::new("ubuntu", [self.fingerprint.parse().unwrap()]);
        keyring.add(&self.key).unwrap();
        let lifecycle = LifecyclePolicy::new(
            ReplaceFrequency::Monthly,
            ProvidedUntil::Notice,
            UuidValidity::None,
        );
        Channel::new(Ubuntu::released(UbuntuRelease::Noble), keyring)
            .lifecycle(lifecycle)
            .grace(SignedDuration::ZERO)
            .profile(match self.scs {
                true => Profile::Scs,
                false => Profile::default(),
            })
    }

    pub(crate) fn publisher(&self) -> Publisher {
        let mut fetch = HttpFetch::builder()
            .no_proxy()
            .only_authority(&self.authority);
        for host in &self.hosts {
            fetch = fetch.resolve(host, self.site);
        }
        let config = CloudConfig::from_yaml(&self.clouds_yaml, "admin").unwrap();
        let session = Session::new(quick(config), now).unwrap();
        Publisher::new(Arc::new(fetch.build().unwrap()), session, now)
            .namespace(self.namespace)
            .heartbeat(Heartbeat::every(Duration::from_millis(self.interval)))
    }

    /// Runs until the end, or until a signal.
    async fn run(&self) {
        let signals = Signals::caught().unwrap();
        let channels = [self.channel()];
        let publisher = self.publisher().cancelled_by(signals.token());
        let done = publisher.reconcile(&channels, &NoEvents).await.unwrap();
        for refused in &done.skipped {
            assert!(!refused.is_failure(), "{refused:?}");
        }
        if let Some(status) = signals.status() {
            exit(status.into());
        }
    }
}

/// A process without commands does nothing.
pub(crate) async fn do_as_told() {
    let Some(path) = env::var_os(TOLD) else {
        return;
    };
    let told: Told = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    told.run().await;
}

/// A process that follows its commands, until it ends or is killed.
pub(crate) struct Process {
    child: Child,
    stdout: Option<ChildStdout>,
    stderr: PathBuf,
}

impl Process {
    /// Starts one; it may keep files in the directory.
    pub(crate) fn start(test: &str, told: &Told, directory: &Path) -> Self {
        let name = Uuid::new_v4().to_string();
        let file = directory.join(&name);
        fs::write(&file, serde_json::to_vec(told).unwrap()).unwrap();
        let stderr = file.with_extension("stderr");
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(TOLD, file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take();
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits until its output ends, which it does with the process.
    pub(crate) async fn ended(&mut self) {
        if let Some(mut stdout) = self.stdout.take() {
            let read = spawn_blocking(move || stdout.read_to_string(&mut String::new()));
            read.await.unwrap().unwrap();
        }
    }

    /// SIGKILL; the process has no time for anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(
            status.code(),
            None,
            "it ended before it was killed: {status}"
        );
    }

    /// Sends a signal, `TERM` or `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success(), "no process {id}");
    }

    /// Waits for its end: how it exited, and what it said.
    pub(crate) async fn exited(mut self) -> (Option<i32>, String) {
        self.ended().await;
        let status = self.child.wait().unwrap();
        (status.code(), fs::read_to_string(&self.stderr).unwrap())
    }

    /// Waits for its end, which has to be a good one.
    pub(crate) async fn finish(mut self) {
        self.ended().await;
        let status: ExitStatus = self.child.wait().unwrap();
        let said = fs::read_to_string(&self.stderr).unwrap();
        assert!(status.success(), "{status}: {said}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already, unless a test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
