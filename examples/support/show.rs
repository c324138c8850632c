//! Events as a progress bar on a terminal and as plain lines elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bonafide::{Event, Observe, Report};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Shows the events of one channel on standard error.
#[derive(Debug)]
pub(crate) struct Show {
    channel: String,
    bar: Option<ProgressBar>,
    /// The last tenth that was told, where there is no terminal.
    tenths: AtomicU64,
}

impl Show {
    pub(crate) fn new(channel: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = "{prefix}: {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
            let style = ProgressStyle::with_template(style);
            let bar = ProgressBar::hidden();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(channel.to_owned());
            bar
        });
        Self {
            channel: channel.to_owned(),
            bar,
            tenths: AtomicU64::new(0),
        }
    }

    pub(crate) fn line(&self, text: &str) {
        let line = format!("{}: {text}", self.channel);
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn progress(&self, received: u64, total: Option<u64>) {
        let total = total.unwrap_or(received).max(1);
        if let Some(bar) = &self.bar {
            if bar.is_hidden() {
                bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(200));
            }
            bar.set_length(total);
            bar.set_position(received);
            return;
        }
        let tenths = received.saturating_mul(10) / total;
        if self.tenths.fetch_max(tenths, Ordering::Relaxed) < tenths {
            self.line(&format!(
                "{} % of {} uploaded",
                tenths * 10,
                HumanBytes(total)
            ));
        }
    }
}

impl Observe for Show {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Found { release } => {
                let serial = release.serial.as_ref();
                let build = serial.map_or_else(
                    || "a list of builds".to_owned(),
                    |serial| format!("build {serial}"),
                );
                self.line(&format!("found {build} at {}", release.directory));
            }
            Event::Proven { evidence } => self.line(&format!(
                "its list is proven: signed at {} by {}",
                evidence.signed_at, evidence.signer
            )),
            Event::Rereading { list } => self.line(&format!("reading {list} once more")),
            Event::Moved { list } => {
                self.line(&format!(
                    "{list} changed meanwhile; once more from the start"
                ));
            }
            Event::Stale {
                list, signed_at, ..
            } => self.line(&format!(
                "ALARM: {list} was signed at {signed_at} and has not moved since"
            )),
            Event::Created { id, .. } => self.line(&format!("created private image {id}")),
            Event::Progress { received, total } => self.progress(*received, *total),
            Event::Uploaded { digests, .. } => {
                self.finish();
                self.line(&format!("the image is proven: sha256 {}", digests.sha256));
            }
            Event::Compared { .. } => self.line("Glance stores exactly these bytes"),
            Event::Removed { id } => self.line(&format!("removed the incomplete image {id}")),
            Event::Repaired { id, properties } => self.line(&format!(
                "image {id} was changed, and is put back: {}",
                properties.join(", ")
            )),
            Event::IdTaken { id } => {
                self.line(&format!(
                    "somebody else has taken the id {id}; trying the next"
                ));
            }
            Event::Published { id } => self.line(&format!("image {id} is public")),
            _ => {}
        }
    }
}

/// What was proven, for a person.
pub(crate) fn report(report: &Report) -> String {
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
    for concession in &evidence.concessions {
        lines.push(("accepted", concession.to_string()));
    }
    for other in &evidence.others {
        lines.push(("also by", format!("{other}, which does not count")));
    }
    match &report.digests {
        Some(digests) => lines.extend([
            ("size", format!("{} bytes", digests.bytes)),
            ("sha256", digests.sha256.to_string()),
            ("sha512", digests.sha512.to_string()),
        ]),
        None => lines.push((
            report.expected.digest.algorithm().name(),
            report.expected.digest.to_string(),
        )),
    }
    if let (Some(file), Some(stored)) = (&report.digests, &report.stored)
        && file.sha512 != stored.sha512
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
