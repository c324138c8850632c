//! One cloud: looks, plans, applies, until nothing is left to do.

use std::collections::BTreeSet;
use std::sync::Arc;

use bonafide_glance::{Traffic, Usage, UsageGap, UsageSource};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::channel::Channel;
use crate::error::Error;
use crate::event::{EventSink, NoEvents, Of, counted};
use crate::ledger::build_state::{BuildState, among};
use crate::ledger::marker;
use crate::plan::inventory::Inventory;
use crate::plan::{Action, Latest, Plan, PlanNote, Target};
use crate::publish::publisher::Publisher;
use crate::publish::report::Outcome;
use crate::publish::watch::Settled;
use crate::reconcile::guard::Applying;
use crate::reconcile::report::{ALL, ReconcileReport, SkipReason, SkippedStep};

/// Bounds a run whose changes are undone by someone else.
const MOST: usize = 100_000;

/// Vendors that are asked at the same time.
const VENDORS_AT_ONCE: usize = 8;

/// How far this machine's clock and the cloud's may differ; grace periods are measured in days.
const CLOCKS_APART: SignedDuration = SignedDuration::from_hours(12);

/// The results of earlier rounds of a run.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) done: ReconcileReport,
    /// The steps that are not tried again.
    pub(crate) tried: Vec<Action>,
    /// Channels whose vendor has published a newer build meanwhile.
    pub(crate) moved: BTreeSet<String>,
    /// The state at the last look, and its notes.
    pub(crate) seen: Option<Observation>,
}

/// The state of the cloud, and a plan for it.
#[derive(Debug, Default)]
pub(crate) struct Observation {
    pub(crate) inventory: Inventory,
    pub(crate) notes: Vec<PlanNote>,
}

impl Publisher {
    /// Asks the vendors of all channels for their newest builds, several at the same time, and
    /// verifies their lists. The targets are in the order of the channels.
    pub async fn latest<'a>(
        &self,
        channels: &'a [Channel],
        observer: &dyn EventSink,
    ) -> Vec<Target<'a>> {
        let asking = channels.iter().map(async |channel| {
            let latest = self.latest_of(channel, observer).await;
            Target::new(channel, latest)
        });
        stream::iter(asking)
            .buffered(VENDORS_AT_ONCE)
            .collect()
            .await
    }

    /// Asks a channel's vendor for its newest build and verifies its list, unless the channel has
    /// ended.
    pub async fn latest_of(&self, channel: &Channel, observer: &dyn EventSink) -> Latest {
        if channel.has_ended(self.clock.now()) {
            return Latest::Ended;
        }
        let observer = Of {
            channel: channel.name(),
            observer,
        };
        match self.find(channel, &observer).await {
            Ok(candidate) => Latest::Found(Arc::new(candidate)),
            Err(error) => Latest::Unknown(Arc::new(error)),
        }
    }

    /// The plan for this cloud. Nothing is written. If another run uploads a build of these
    /// channels, this waits until that run is known to be alive or dead.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`], and [`Error::Cancelled`].
    pub async fn plan(&self, targets: &[Target<'_>]) -> Result<Plan, Error> {
        Ok(self.first_plan(targets).await?.1)
    }

    /// What the cloud has, and what is to be done.
    pub(crate) async fn first_plan(
        &self,
        targets: &[Target<'_>],
    ) -> Result<(Inventory, Plan), Error> {
        let planning = async {
            let mut inventory = self.inventory().await?;
            if self.settle_before(targets, &inventory, &NoEvents).await {
                inventory = self.inventory().await?;
            }
            let plan = self.plan_for(targets, &inventory).await;
            Ok::<_, Error>((inventory, plan))
        };
        self.unless_cancelled(planning).await
    }

    async fn plan_for(&self, targets: &[Target<'_>], inventory: &Inventory) -> Plan {
        let now = self.clock.now();
        let mut usage = match Plan::needs_usage(targets, inventory, now) {
            true => self.usage(&inventory.ids()).await,
            false => usage_not_needed(),
        };
        if let Some(gap) = self.wrong_clock().await {
            let mut gaps = usage.gaps().to_vec();
            gaps.push(gap);
            let known = usage.known().clone();
            usage = Usage::Incomplete { known, gaps };
        }
        Plan::new(targets, inventory, &usage, now)
    }

    /// With a wrong clock no grace period can be computed.
    async fn wrong_clock(&self) -> Option<UsageGap> {
        let cloud = self.glance.session().cloud_time().await?;
        let ahead = self.clock.now().duration_since(cloud);
        (ahead.abs() > CLOCKS_APART).then(|| {
            let why = format!(
                "this machine's clock is {ahead:#} ahead of Keystone's, so no grace period can be computed"
            );
            UsageGap::new(UsageSource::Servers, why)
        })
    }

    /// Makes the cloud what the channels say: new builds are published, older ones are shared with
    /// the projects that use them, and deleted when unused. It plans again until nothing is left to
    /// do.
    ///
    /// The report has what was done and what was skipped, including vendors that can't be reached,
    /// and whether the run was asked to stop ([`Publisher::cancelled_by`]).
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`] if the state of the cloud can't be read.
    pub async fn reconcile(
        &self,
        channels: &[Channel],
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        let targets = self.latest(channels, observer).await;
        let mut reconciled = self.reconcile_with(&targets, observer).await?;
        for target in &targets {
            if let Latest::Unknown(error) = &target.latest {
                let name = target.channel.name();
                let skipped = SkippedStep::channel(name, SkipReason::from(error.clone()));
                reconciled.skipped.push(skipped);
            }
        }
        Ok(reconciled)
    }

    /// As [`Publisher::reconcile`], for targets that [`Publisher::latest`] has found. A vendor that
    /// failed is not in the report, but in its target.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`] if the state of the cloud can't be read.
    pub async fn reconcile_with(
        &self,
        targets: &[Target<'_>],
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        self.run(targets, None, Run::default(), observer).await
    }

    /// Executes the steps of a plan that was made for these targets, and no others. It plans again
    /// first: if a step of the plan is no longer planned, no step is executed.
    ///
    /// # Errors
    ///
    /// [`Error::Cloud`] if the state of the cloud can't be read.
    pub async fn apply(
        &self,
        plan: &Plan,
        targets: &[Target<'_>],
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        self.run(targets, Some(plan), Run::default(), observer)
            .await
    }

    /// Continues after earlier rounds.
    pub(crate) async fn run(
        &self,
        targets: &[Target<'_>],
        approved: Option<&Plan>,
        run: Run,
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        let traffic = Traffic::new();
        let running = Box::pin(self.run_to_the_end(targets, approved, run, observer));
        let mut done = counted(&traffic, observer, running).await?;
        done.requests += traffic.requests();
        Ok(done)
    }

    async fn run_to_the_end(
        &self,
        targets: &[Target<'_>],
        approved: Option<&Plan>,
        run: Run,
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        let Run {
            done,
            mut tried,
            moved,
            mut seen,
        } = run;
        if approved.is_some() {
            // Approved steps may depend on it.
            let waiting = async {
                let inventory = self.inventory().await?;
                self.settle_before(targets, &inventory, observer).await;
                Ok::<_, Error>(())
            };
            // An error here occurs again in the next plan.
            let _ = self.unless_cancelled(waiting).await;
        }
        let mut applying = Applying {
            publisher: self,
            targets,
            observer,
            done,
            moved,
        };
        let (mut settled, mut is_blind) = (BTreeSet::new(), false);
        let seen = loop {
            // The plan's builds of those channels are outdated.
            let targets: Vec<_> = targets
                .iter()
                .map(
                    |target| match applying.moved.contains(target.channel.name()) {
                        true => Target::new(target.channel, outdated(&target.latest)),
                        false => target.clone(),
                    },
                )
                .collect();
            let next = self.unless_cancelled(self.next_plan(&targets, approved, &tried));
            let (inventory, mut plan) = match next.await {
                Ok(next) => next,
                Err(Error::Cancelled) => {
                    applying.done.cancelled = true;
                    break seen.unwrap_or_default();
                }
                Err(error) => {
                    // Earlier results are kept.
                    let Some(seen) = seen else { return Err(error) };
                    let reason = SkipReason::Failed(Arc::new(error));
                    let refused = SkippedStep::channel(ALL, reason);
                    applying.done.skipped.push(refused);
                    is_blind = true;
                    break seen;
                }
            };
            let notes = plan.notes.clone();
            // Nothing is tried twice: a refused step is reported, and left to the next run.
            plan.actions
                .retain(|action| !tried.iter().any(|tried| tried.is_like(action)));
            if tried.len() > MOST {
                applying.see(&inventory);
                break Observation { inventory, notes };
            }
            if plan.is_empty() {
                // Everything else is done: now there is time to watch the other runs.
                let waiting = self.wait_for_others(&plan, &inventory, &mut settled, observer);
                let waited = self.unless_cancelled(waiting).await;
                applying.done.cancelled |= waited.is_err();
                if let Ok(true) = waited {
                    seen = Some(Observation { inventory, notes });
                    continue;
                }
                applying.see(&inventory);
                break Observation { inventory, notes };
            }
            let round = plan.before_taking();
            applying.apply(&round).await;
            tried.extend(round.actions);
            seen = Some(Observation { inventory, notes });
        };
        let mut done = applying.done;
        if approved.is_none() && !is_blind {
            let removing = async {
                self.remove_left_heartbeats(&seen.inventory, observer).await;
                Ok::<_, Error>(())
            };
            done.cancelled |= self.unless_cancelled(removing).await.is_err();
        }
        self.report_unchanged(targets, &seen.inventory, &mut done);
        for note in &seen.notes {
            let is_told = |channel: &str| {
                let mut refused = done.skipped.iter();
                refused.any(|refused| refused.channel == channel && refused.is_failure())
            };
            if let PlanNote::Refused { channel, why } = note
                && !is_told(channel)
            {
                let reason = SkipReason::Refused(why.clone());
                done.skipped.push(SkippedStep::channel(channel, reason));
            }
        }
        done.notes = seen.notes;
        if let Some(why) = self.pulses.refusal() {
            done.notes.push(PlanNote::NoHeartbeat { why });
        }
        Ok(done)
    }

    /// Waits until each other run on these channels is known to be alive or dead. Returns whether
    /// there was one.
    async fn settle_before(
        &self,
        targets: &[Target<'_>],
        inventory: &Inventory,
        observer: &dyn EventSink,
    ) -> bool {
        let plan = Plan::new(targets, inventory, &usage_not_needed(), self.clock.now());
        let unsettled = self.unsettled(&plan, inventory);
        self.settle_all(&unsettled, observer).await;
        !unsettled.is_empty()
    }

    /// Waits, once, until each other run is known to be alive or dead. Returns whether that changed
    /// anything.
    async fn wait_for_others(
        &self,
        plan: &Plan,
        inventory: &Inventory,
        settled: &mut BTreeSet<Uuid>,
        observer: &dyn EventSink,
    ) -> Result<bool, Error> {
        let mut unsettled = self.unsettled(plan, inventory);
        unsettled.retain(|(_, watched)| settled.insert(watched.heartbeat));
        let done = self.settle_all(&unsettled, observer).await;
        Ok(done.iter().any(|settled| *settled != Settled::Alive))
    }

    /// The remaining steps that were approved and not tried yet.
    async fn next_plan(
        &self,
        targets: &[Target<'_>],
        approved: Option<&Plan>,
        tried: &[Action],
    ) -> Result<(Inventory, Plan), Error> {
        let inventory = self.inventory().await?;
        let plan = self.plan_for(targets, &inventory).await;
        let Some(approved) = approved else {
            return Ok((inventory, plan));
        };
        let mut left = approved.clone();
        left.actions.retain(|action| !tried.contains(action));
        Ok((inventory, plan.as_approved(&left)?))
    }

    /// Builds that were public before have a report too.
    fn report_unchanged(
        &self,
        targets: &[Target<'_>],
        inventory: &Inventory,
        done: &mut ReconcileReport,
    ) {
        let told: BTreeSet<_> = done.reports.iter().map(|r| r.channel.clone()).collect();
        for target in targets {
            let (channel, Latest::Found(candidate)) = (target.channel, &target.latest) else {
                continue;
            };
            if told.contains(channel.name()) {
                continue;
            }
            let images = inventory.images.iter();
            let images = images.filter(|i| marker::is_own(i, channel.name(), &inventory.project));
            if let Ok(BuildState::Published(image)) = among(images, candidate) {
                let job = self.job(channel, candidate, &NoEvents);
                let report = job.report(outcome(done, channel.name()), &image, None);
                done.reports.push(report);
            }
        }
    }
}

/// The outcome for an image that became public although the answer of its publication was lost.
fn outdated(latest: &Latest) -> Latest {
    match latest {
        Latest::Found(candidate) => Latest::Unknown(Arc::new(Error::ListChanged {
            list: candidate.release().list.clone(),
        })),
        other => other.clone(),
    }
}

fn outcome(done: &ReconcileReport, channel: &str) -> Outcome {
    let mut applied = done
        .applied
        .iter()
        .filter(|action| action.channel() == channel);
    let outcome = applied.find_map(|action| match action {
        Action::Publish { image: None, .. } => Some(Outcome::Published),
        Action::Publish { .. } => Some(Outcome::Completed),
        Action::Repair { .. } => Some(Outcome::Repaired),
        _ => None,
    });
    outcome.unwrap_or(Outcome::AlreadyPublished)
}

/// No image is old enough to need the usage.
fn usage_not_needed() -> Usage {
    Usage::Incomplete {
        known: bonafide_glance::Uses::default(),
        gaps: vec![UsageGap::new(UsageSource::Servers, "not asked")],
    }
}
