//! Events as a progress bar on a terminal and as plain lines elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bonafide::{Event, EventSink, PublishReport};
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

/// Shows events on standard error.
#[derive(Debug, Default)]
pub struct Show {
    /// The label of events without a channel.
    of: String,
    bars: MultiProgress,
    /// How far each channel is.
    channels: Mutex<BTreeMap<String, Progress>>,
}

/// How far an upload is.
#[derive(Clone, Debug)]
struct Progress {
    bar: Option<ProgressBar>,
    /// The last tenth that was printed, without a terminal.
    tenths: u64,
}

impl Show {
    /// Events that are about no channel are about this.
    pub fn new(of: &str) -> Self {
        Self {
            of: of.to_owned(),
            ..Self::default()
        }
    }

    /// Prints a line about a channel, above the bars.
    pub fn line(&self, channel: &str, text: &str) {
        let line = match channel {
            "" => text.to_owned(),
            channel => format!("{channel}: {text}"),
        };
        self.bars.suspend(|| eprintln!("{line}"));
    }

    /// Removes all bars.
    pub fn finish(&self) {
        let channels = self.channels.lock();
        let mut channels = channels.unwrap_or_else(PoisonError::into_inner);
        for progress in std::mem::take(&mut *channels).into_values() {
            if let Some(bar) = progress.bar {
                bar.finish_and_clear();
            }
        }
    }

    fn finish_one(&self, channel: &str) {
        let channels = self.channels.lock();
        let progress = channels
            .unwrap_or_else(PoisonError::into_inner)
            .remove(channel);
        if let Some(bar) = progress.and_then(|progress| progress.bar) {
            bar.finish_and_clear();
        }
    }

    fn start(&self, channel: &str) -> Progress {
        let bar = stderr().is_terminal().then(|| {
            let style = "{prefix}: {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
            let style = ProgressStyle::with_template(style);
            let bar = self.bars.add(ProgressBar::new(0));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(channel.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar, tenths: 0 }
    }

    fn progress(&self, channel: &str, received: u64, total: Option<u64>) {
        let total = total.unwrap_or(received).max(1);
        let told = {
            let channels = self.channels.lock();
            let mut channels = channels.unwrap_or_else(PoisonError::into_inner);
            let progress = channels
                .entry(channel.to_owned())
                .or_insert_with(|| self.start(channel));
            if let Some(bar) = &progress.bar {
                bar.set_length(total);
                bar.set_position(received);
                return;
            }
            let tenths = received.saturating_mul(10) / total;
            let told = progress.tenths;
            progress.tenths = told.max(tenths);
            told < tenths
        };
        if told {
            let tenths = received.saturating_mul(10) / total;
            let shown = format!("{} % of {} uploaded", tenths * 10, HumanBytes(total));
            self.line(channel, &shown);
        }
    }
}

impl EventSink for Show {
    fn emit(&self, event: &Event<'_>) {
        self.emit_for(&self.of, event);
    }

    fn emit_for(&self, channel: &str, event: &Event<'_>) {
        let line = |text: &str| self.line(channel, text);
        match event {
            Event::Found { release } => {
                let serial = release.serial.as_ref();
                let build = serial.map_or_else(
                    || "a list of builds".to_owned(),
                    |serial| format!("build {serial}"),
                );
                line(&format!("found {build} at {}", release.directory));
            }
            Event::Verified { evidence } => line(&format!(
                "its list is verified: signed at {} by {}",
                evidence.signed_at, evidence.signer
            )),
            Event::PassedOver { url, reason, next } => {
                line(&format!(
                    "{url} did not return the image ({reason}); asking {next}"
                ));
            }
            Event::Rereading { list } => line(&format!("reading {list} once more")),
            Event::ListChanged { list } => {
                line(&format!(
                    "{list} changed meanwhile; once more from the start"
                ));
            }
            Event::Stale {
                list, signed_at, ..
            } => line(&format!(
                "ALARM: {list} was signed at {signed_at} and has not changed since"
            )),
            Event::Created { id, .. } => line(&format!("created private image {id}")),
            Event::Progress { received, total } => self.progress(channel, *received, *total),
            Event::Uploaded { digests, .. } => {
                self.finish_one(channel);
                line(&format!(
                    "the image is verified: sha256 {}",
                    digests.digests.sha256
                ));
            }
            Event::Compared { .. } => line("Glance stores exactly these bytes"),
            Event::Removed { id } => line(&format!("removed the incomplete image {id}")),
            Event::Repaired { id, properties } => line(&format!(
                "image {id} was changed, and is restored: {}",
                properties.join(", ")
            )),
            Event::IdTaken { id } => {
                line(&format!("another tenant has the id {id}; trying the next"));
            }
            Event::Applied {
                kind: "delete" | "share" | "unlist",
                headline,
            } => line(headline),
            Event::Retrying {
                reason,
                next,
                tries,
                wait,
                ..
            } => line(&format!("{reason}; try {next} of {tries} in {wait:.1?}")),
            Event::UploadFailed {
                id,
                error,
                next,
                tries,
                wait,
            } => {
                self.finish_one(channel);
                let error = crate::causes(*error);
                line(&format!(
                    "the upload to {id} failed: {error}; try {next} of {tries} in {wait:.1?}"
                ));
            }
            Event::Reinstated { id } => line(&format!("image {id} is the newest again")),
            Event::Superseded { id } => line(&format!("image {id} gives up its place")),
            Event::Published { id } => line(&format!("image {id} is public")),
            Event::Waiting { id } => line(&format!(
                "another run uploads image {id}; waiting until that run is known to be alive or dead"
            )),
            Event::NoHeartbeat { why } => line(&format!(
                "the cloud refuses the heartbeat image ({why}); uploading once more, with a lease"
            )),
            _ => {}
        }
    }
}

/// The evidence, as text.
pub fn report(report: &PublishReport) -> String {
    let evidence = &report.evidence;
    let mut lines = vec![
        ("image", report.image.to_string()),
        ("name", report.name.clone()),
        ("source", report.source.to_string()),
        ("build", report.serial.to_string()),
        ("signed by", evidence.signer.to_string()),
        ("signed at", evidence.signed_at.to_string()),
        (
            "signature",
            format!(
                "version {}, {}",
                evidence.signature_version, evidence.digest_algorithm
            ),
        ),
        ("list sha256", evidence.signed_sha256.to_string()),
    ];
    for accepted_weakness in &evidence.accepted_weaknesses {
        lines.push(("accepted", accepted_weakness.to_string()));
    }
    for other in &evidence.others {
        lines.push(("also by", format!("{other}, which is not valid")));
    }
    match &report.digests {
        Some(file) => lines.extend([
            ("size", format!("{} bytes", file.digests.bytes)),
            ("sha256", file.digests.sha256.to_string()),
            ("sha512", file.digests.sha512.to_string()),
        ]),
        None => lines.push((
            report.expected.digest.algorithm().name(),
            report.expected.digest.to_string(),
        )),
    }
    if let (Some(file), Some(stored)) = (&report.digests, &report.stored)
        && file.digests.sha512 != stored.sha512
    {
        lines.push(("unpacked", format!("{} bytes", stored.bytes)));
        lines.push(("its sha512", stored.sha512.to_string()));
    }
    if let Some(signature) = report
        .digests
        .as_ref()
        .and_then(|d| d.file_signature.as_ref())
    {
        lines.push((
            "file by",
            format!("{} at {}", signature.signer, signature.signed_at),
        ));
    }
    lines.push(("requests", format!("{} to the cloud", report.requests)));
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "  {name:<12} {value}");
        text
    })
}
