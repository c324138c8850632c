//! The results of a run, as rows for people and as JSON for programs.

use std::fmt::Write as _;

use bonafide::PublishReport;
use bonafide::publisher::{
    Action, ChannelConfig, Error, Latest, Outcome as How, Plan, PlanNote, ReconcileReport,
    SkipReason, Target,
};
use serde_json::{Value, json};

use crate::row::{Of, Row};
use crate::{causes, show};

/// The results of a run, or of its plan.
#[derive(Debug)]
pub struct Outcome {
    rehearsal: bool,
    details: bool,
    /// With more than one cloud, rows name it.
    several: bool,
    clouds: Vec<String>,
    rows: Vec<Row>,
    /// The steps with older builds.
    steps: Vec<(String, Action)>,
    notes: Vec<(String, PlanNote)>,
    plans: Vec<(String, Plan)>,
    images: Vec<Value>,
    would: Vec<Value>,
    /// Whether a build has been waiting for another run for longer than an hour.
    overdue: bool,
}

const FAILED: &str = "FAILED";
const REFUSED: &str = "refused";
const WAITING: &str = "waiting";
const ENDED: &str = "ended";
const DRY_RUN: &str = "dry run";
/// Why a channel has no new builds, for programs.
const PAST: &str = "provided_until_has_passed";

impl Outcome {
    /// Of a run that has not begun.
    pub fn new(rehearsal: bool, details: bool) -> Self {
        Self {
            rehearsal,
            details,
            several: false,
            clouds: Vec::new(),
            rows: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            plans: Vec::new(),
            images: Vec::new(),
            would: Vec::new(),
            overdue: false,
        }
    }

    fn row(&mut self, how: &'static str, of: Of<'_>, code: &'static str, what: String) {
        self.rows.push(Row::new(how, of, code, what));
    }

    /// The planned rows.
    pub fn planned(&mut self, targets: &[Target<'_>], plans: Vec<(String, Result<Plan, Error>)>) {
        self.several = plans.len() > 1;
        self.clouds = plans.iter().map(|(cloud, _)| cloud.clone()).collect();
        for (cloud, plan) in plans {
            let plan = match plan {
                Ok(plan) => plan,
                Err(error) => {
                    self.row(FAILED, Of::all(&cloud), error.code(), causes(&error));
                    continue;
                }
            };
            for target in targets {
                let (channel, title) = (target.channel.name(), target.channel.title());
                let of = Of::new(&cloud, channel, &title);
                let mut notes = plan.notes.iter();
                let refusal = notes.find_map(|note| match note {
                    PlanNote::Refused { channel: of, why } if of == channel => Some(why.clone()),
                    _ => None,
                });
                let (code, what) = match (&target.latest, refusal) {
                    (_, Some(why)) => {
                        let code = SkipReason::Refused(String::new()).code();
                        self.row(FAILED, of, code, why);
                        continue;
                    }
                    (Latest::Found(_), None) => {
                        self.overdue |= is_overdue(&plan.notes, channel);
                        would(&plan, channel)
                    }
                    (Latest::Ended, None) => (PAST, "has ended: no new builds".to_owned()),
                    _ => continue,
                };
                self.would.push(json!({
                    "cloud": cloud, "channel": channel, "title": title, "code": code, "action": what,
                }));
                self.row(DRY_RUN, of, code, what);
            }
            for action in &plan.actions {
                self.steps.push((cloud.clone(), action.clone()));
            }
            self.take_notes(&cloud, plan.notes.clone());
            self.plans.push((cloud, plan));
        }
    }

    /// The rows of what was done.
    pub fn done(
        &mut self,
        targets: &[Target<'_>],
        clouds: Vec<(String, Result<ReconcileReport, Error>)>,
    ) {
        self.several = clouds.len() > 1;
        self.clouds = clouds.iter().map(|(cloud, _)| cloud.clone()).collect();
        for (cloud, done) in clouds {
            let done = match done {
                Ok(done) => done,
                Err(error) => {
                    self.row(FAILED, Of::all(&cloud), error.code(), causes(&error));
                    continue;
                }
            };
            for report in &done.reports {
                let (how, code) = how(report);
                let of = Of::new(&cloud, &report.channel, &report.name);
                self.row(how, of, code, proof(report));
                if let Some(row) = self.rows.last_mut().filter(|_| self.details) {
                    row.details = show::report(report);
                }
                let mut image = serde_json::to_value(report).unwrap_or_default();
                image["cloud"] = json!(cloud);
                image["title"] = json!(title(targets, &report.channel));
                image["code"] = json!(code);
                self.images.push(image);
            }
            for refused in &done.skipped {
                let title = title(targets, &refused.channel);
                let mut what = reason(&refused.reason);
                if let Some(action) = &refused.action {
                    let step = action.headline();
                    let step = step.split_whitespace().collect::<Vec<_>>().join(" ");
                    let step = step.trim_start_matches(['+', '-', '~', ' ']);
                    what = match refused.is_seen {
                        true => format!("{step} was not done: {what}"),
                        // The cloud could not be looked at afterwards.
                        false => format!("{step} failed, and may be done or not: {what}"),
                    };
                }
                if let SkipReason::Busy { overdue, .. } = refused.reason {
                    self.overdue |= overdue;
                }
                let how = match refused.is_failure() {
                    true => FAILED,
                    false => WAITING,
                };
                let of = Of::new(&cloud, &refused.channel, &title);
                self.row(how, of, refused.reason.code(), what);
            }
            for target in targets {
                let (channel, title) = (target.channel.name(), target.channel.title());
                let of = Of::new(&cloud, channel, &title);
                let told = done.reports.iter().any(|report| report.channel == channel)
                    || done
                        .skipped
                        .iter()
                        .any(|refused| refused.channel == channel);
                match &target.latest {
                    Latest::Ended => {
                        let what = "provided_until has passed: no new builds".to_owned();
                        self.row(ENDED, of, PAST, what);
                    }
                    Latest::Found(_) if !told => {
                        self.overdue |= is_overdue(&done.notes, channel);
                        let cancelled = || {
                            let why = SkipReason::Cancelled;
                            done.cancelled.then(|| (why.code(), why.to_string()))
                        };
                        let why = held_up(&done.notes, channel).or_else(cancelled);
                        let (code, what) = why.unwrap_or_else(|| {
                            ("not_public", "its newest build is not public".to_owned())
                        });
                        self.row(WAITING, of, code, what);
                    }
                    _ => {}
                }
            }
            for action in done.applied {
                if !matches!(action, Action::Publish { .. } | Action::Repair { .. }) {
                    self.steps.push((cloud.clone(), action));
                }
            }
            self.take_notes(&cloud, done.notes);
        }
    }

    fn take_notes(&mut self, cloud: &str, notes: Vec<PlanNote>) {
        // Those have a row.
        let notes = notes
            .into_iter()
            .filter(|note| !matches!(note, PlanNote::Refused { .. }));
        self.notes
            .extend(notes.map(|note| (cloud.to_owned(), note)));
    }

    /// A channel that has no build to publish.
    pub fn refused(&mut self, channel: &str, title: &str, why: &SkipReason) {
        let how = match why {
            SkipReason::Cancelled => WAITING,
            SkipReason::Failed(error) if matches!(**error, Error::Ended { .. }) => ENDED,
            SkipReason::Failed(error) if error.is_expected() => REFUSED,
            _ => FAILED,
        };
        self.row(how, Of::new("", channel, title), why.code(), reason(why));
    }

    /// Whether a step or a channel failed.
    pub fn has_failed(&self) -> bool {
        self.count(FAILED) > 0
    }

    /// Whether a build has been waiting for another run for longer than an hour.
    pub const fn is_overdue(&self) -> bool {
        self.overdue
    }

    fn count(&self, how: &str) -> usize {
        self.rows.iter().filter(|row| row.how == how).count()
    }

    /// How many rows of each kind there are, in one line.
    pub fn summary(&self) -> String {
        format!(
            "{} published, {} unchanged, {} refused as nothing is signed, {} waiting, {} failed; {} \
             steps with older builds",
            self.count("published") + self.count("repaired"),
            self.count("unchanged"),
            self.count(REFUSED),
            self.count(WAITING),
            self.count(FAILED),
            self.steps.len()
        )
    }

    /// Rows in the order of the catalog, then the steps, then the notes.
    pub fn to_text(&self, entries: &[ChannelConfig]) -> String {
        let mut text = String::new();
        let order = |row: &&Row| {
            let place = entries.iter().position(|entry| entry.name() == row.channel);
            (place.unwrap_or(entries.len()), row.cloud.clone())
        };
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(order);
        for row in rows {
            let Row {
                how,
                channel,
                name,
                what,
                details,
                ..
            } = row;
            let cloud = self.in_cloud(&row.cloud);
            let _ = writeln!(text, "{how:<9}  {channel:<20}  {name:<34}  {cloud}{what}");
            text.push_str(details);
        }
        for (cloud, step) in &self.steps {
            let _ = writeln!(text, "{}{step}", self.in_cloud(cloud));
        }
        for (cloud, note) in &self.notes {
            let _ = writeln!(text, "! {}{note}", self.in_cloud(cloud));
        }
        text
    }

    fn in_cloud(&self, cloud: &str) -> String {
        match self.several && !cloud.is_empty() {
            true => format!("{cloud}: "),
            false => String::new(),
        }
    }

    /// The report for programs.
    pub fn to_json(&self, dry_run: bool) -> Value {
        let list = |how: &str| {
            let rows = self.rows.iter().filter(|row| row.how == how);
            let rows = rows.flat_map(|row| row.to_json(&self.clouds));
            rows.collect::<Vec<_>>()
        };
        let steps: Vec<_> = self.steps.iter().map(of_cloud).collect();
        let notes: Vec<_> = self.notes.iter().map(of_cloud).collect();
        let plans: Vec<_> = self.plans.iter().map(of_cloud).collect();
        json!({
            "mode": if self.rehearsal { "rehearsal" } else { "cloud" },
            "dry_run": dry_run,
            "would": self.would,
            "plans": plans,
            "images": self.images,
            "steps": steps,
            "notes": notes,
            "waiting": list(WAITING),
            "ended": list(ENDED),
            "refused": list(REFUSED),
            "failures": list(FAILED),
        })
    }
}

fn of_cloud<T: serde::Serialize>((cloud, what): &(String, T)) -> Value {
    let mut value = serde_json::to_value(what).unwrap_or_default();
    value["cloud"] = json!(cloud);
    value
}

/// The name of a channel's images; `-` for what is about all channels.
fn title(targets: &[Target<'_>], channel: &str) -> String {
    let target = targets
        .iter()
        .find(|target| target.channel.name() == channel);
    target.map_or_else(|| "-".to_owned(), |target| target.channel.title())
}

fn would(plan: &Plan, channel: &str) -> (&'static str, String) {
    let mut actions = plan
        .actions
        .iter()
        .filter(|action| action.channel() == channel);
    let newest = actions.find_map(|action| match action {
        Action::Publish {
            build, image: None, ..
        } => Some(("upload", format!("would upload {}", build.url))),
        Action::Publish {
            image: Some(image), ..
        } => Some((
            "complete",
            format!("would verify {} again and make it public", image.id),
        )),
        Action::Repair { image, changes, .. } => {
            let names: Vec<_> = changes.keys().map(String::as_str).collect();
            let names = names.join(", ");
            Some(("repair", format!("would restore on {}: {names}", image.id)))
        }
        _ => None,
    });
    let public = || {
        let what = "its newest build is public already; nothing to do";
        ("already_public", what.to_owned())
    };
    newest
        .or_else(|| held_up(&plan.notes, channel))
        .unwrap_or_else(public)
}

/// Why the newest build of a channel is left alone, though it is not public.
fn held_up(notes: &[PlanNote], channel: &str) -> Option<(&'static str, String)> {
    let mut notes = notes.iter().filter(|note| match note {
        PlanNote::Busy { channel: of, .. } => of == channel,
        _ => false,
    });
    notes.next().map(|note| ("busy", note.to_string()))
}

/// Whether the channel's newest build is not public since another run has worked on it for longer
/// than an hour.
fn is_overdue(notes: &[PlanNote], channel: &str) -> bool {
    notes.iter().any(
        |note| matches!(note, PlanNote::Busy { channel: of, overdue: true, .. } if of == channel),
    )
}

fn reason(why: &SkipReason) -> String {
    match why {
        SkipReason::Failed(error) => causes(error.as_ref()),
        SkipReason::Cloud(error) => causes(error.as_ref()),
        other => other.to_string(),
    }
}

/// The word of a row, and the one for programs.
const fn how(report: &PublishReport) -> (&'static str, &'static str) {
    match report.outcome {
        How::AlreadyPublished => ("unchanged", "already_public"),
        How::Repaired => ("repaired", "repaired"),
        How::Completed => ("published", "completed"),
        _ => ("published", "published"),
    }
}

fn proof(report: &PublishReport) -> String {
    let evidence = &report.evidence;
    let day = evidence.signed_at.strftime("%Y-%m-%d");
    format!(
        "build {}, signed by {} on {day}",
        report.serial, evidence.signer
    )
}
