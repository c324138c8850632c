//! Several clouds in one run: each build is verified once and downloaded once.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide_glance::Traffic;
use bonafide_sources::{DownloadCache, Fetch};
use futures_util::future::join_all;

use crate::error::Error;
use crate::event::{EventSink, In, counted};
use crate::plan::{Action, Plan, Target};
use crate::publish::publisher::Publisher;
use crate::reconcile::guard::Applying;
use crate::reconcile::report::ReconcileReport;
use crate::reconcile::run::{Observation, Run};

/// Clouds, or regions of clouds, that have the same images.
///
/// A build that several of them need is downloaded once, into a file of the temporary directory
/// ([`DownloadCache`]), and uploaded to all of them at the same time; each upload is hashed again
/// on its way, since disks fail too. A failure of one cloud does not stop the others.
#[derive(Clone, Debug)]
pub struct Fleet {
    fetch: Arc<dyn Fetch>,
    clouds: Vec<(String, Publisher)>,
}

/// The work in one cloud.
struct CloudRun<'a> {
    name: &'a str,
    publisher: &'a Publisher,
    approved: Option<&'a Plan>,
    /// The first plan; `None` if it can't be made.
    plan: Option<Plan>,
    run: Run,
}

impl Fleet {
    /// No clouds yet; the vendors are reached through `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self {
            fetch,
            clouds: Vec::new(),
        }
    }

    /// Adds a cloud under a name for reports.
    #[must_use]
    pub fn cloud(mut self, name: impl Into<String>, publisher: Publisher) -> Self {
        self.clouds.push((name.into(), publisher));
        self
    }

    /// The plan for each cloud. Nothing is written.
    pub async fn plan(&self, targets: &[Target<'_>]) -> Vec<(String, Result<Plan, Error>)> {
        let plans = self.clouds.iter().map(|(_, cloud)| cloud.plan(targets));
        let names = self.clouds.iter().map(|(name, _)| name.clone());
        names.zip(join_all(plans).await).collect()
    }

    /// Makes every cloud what the channels say, as [`Publisher::reconcile_with`] does for one.
    pub async fn reconcile(
        &self,
        targets: &[Target<'_>],
        observer: &dyn EventSink,
    ) -> Vec<(String, Result<ReconcileReport, Error>)> {
        let approved = self.clouds.iter().map(|_| Ok(None)).collect();
        self.run(targets, approved, observer).await
    }

    /// Executes the steps of these plans, by the names of the clouds, and no others, as
    /// [`Publisher::apply`] does for one. A cloud without a plan is refused with
    /// [`Error::NoPlan`], and nothing is done there.
    pub async fn apply(
        &self,
        plans: &BTreeMap<String, Plan>,
        targets: &[Target<'_>],
        observer: &dyn EventSink,
    ) -> Vec<(String, Result<ReconcileReport, Error>)> {
        let approved = self.clouds.iter().map(|(name, _)| match plans.get(name) {
            Some(plan) => Ok(Some(plan)),
            None => Err(Error::NoPlan {
                cloud: name.clone(),
                planned: plans.keys().cloned().collect(),
            }),
        });
        self.run(targets, approved.collect(), observer).await
    }

    async fn run(
        &self,
        targets: &[Target<'_>],
        approved: Vec<Result<Option<&Plan>, Error>>,
        observer: &dyn EventSink,
    ) -> Vec<(String, Result<ReconcileReport, Error>)> {
        let clouds = self.clouds.iter().zip(approved);
        let all = clouds.map(|((name, publisher), approved)| {
            Ok(CloudRun {
                name,
                publisher,
                approved: approved?,
                plan: None,
                run: Run::default(),
            })
        });
        let mut all: Vec<Result<_, Error>> = all.collect();
        if self.clouds.len() > 1 {
            let mut runs: Vec<_> = all.iter_mut().flatten().collect();
            let giving = runs.iter_mut().map(|run| run.begin(targets, observer));
            join_all(giving).await;
            for target in targets {
                self.publish(target, targets, &mut runs, observer).await;
            }
        }
        let several = self.clouds.len() > 1;
        let ends = all
            .into_iter()
            .zip(&self.clouds)
            .map(|(run, (name, _))| async move {
                let done = match run {
                    Ok(run) => run.end(targets, several, observer).await,
                    Err(error) => Err(error),
                };
                (name.clone(), done)
            });
        join_all(ends).await
    }

    /// Publishes one channel's build in all clouds that need it.
    async fn publish(
        &self,
        target: &Target<'_>,
        targets: &[Target<'_>],
        runs: &mut [&mut CloudRun<'_>],
        observer: &dyn EventSink,
    ) {
        let channel = target.channel.name();
        let needs = |run: &&mut CloudRun<'_>| run.publishes(channel).is_some();
        if runs.iter().filter(|run| needs(run)).count() < 2 {
            return;
        }
        let spool: Arc<dyn Fetch> = Arc::new(DownloadCache::new(self.fetch.clone()));
        let uploads = runs.iter_mut().map(|run| {
            let spooled = run.publisher.through(spool.clone());
            async move {
                let mut plan = Plan::default();
                plan.actions.extend(run.publishes(channel));
                run.apply(&spooled, targets, plan, observer).await;
            }
        });
        join_all(uploads).await;
    }
}

impl CloudRun<'_> {
    /// Makes a plan, and executes the steps of it that neither take long nor take access away: a
    /// project without access to an image that it uses does not wait for uploads.
    async fn begin(&mut self, targets: &[Target<'_>], observer: &dyn EventSink) {
        let traffic = Traffic::new();
        let named = In {
            cloud: self.name,
            observer,
        };
        let planning = Box::pin(self.publisher.first_plan(targets));
        let planning = counted(&traffic, &named, planning);
        let plan = planning.await;
        self.run.done.requests += traffic.requests();
        // A failed plan is reported at the end.
        let Ok((inventory, plan)) = plan else {
            return;
        };
        let notes = plan.notes.clone();
        let plan = match self.approved {
            Some(approved) => plan.as_approved(approved),
            None => Ok(plan),
        };
        let Ok(plan) = plan else { return };
        self.run.seen = Some(Observation { inventory, notes });
        let mut giving = plan.clone();
        let publishes = |action: &Action| matches!(action, Action::Publish { .. });
        giving
            .actions
            .retain(|action| !action.takes() && !publishes(action));
        self.plan = Some(plan);
        self.apply(self.publisher, targets, giving, observer).await;
    }

    /// The step that publishes the channel's newest build, if it is planned.
    fn publishes(&self, channel: &str) -> Option<Action> {
        let mut actions = self.plan.iter().flat_map(|plan| &plan.actions);
        let publish = actions
            .find(|action| matches!(action, Action::Publish { .. }) && action.channel() == channel);
        publish.cloned()
    }

    async fn apply(
        &mut self,
        publisher: &Publisher,
        targets: &[Target<'_>],
        plan: Plan,
        observer: &dyn EventSink,
    ) {
        let traffic = Traffic::new();
        let observer = In {
            cloud: self.name,
            observer,
        };
        let mut applying = Applying {
            publisher,
            targets,
            observer: &observer,
            done: std::mem::take(&mut self.run.done),
            moved: std::mem::take(&mut self.run.moved),
        };
        let applied = Box::pin(applying.apply(&plan));
        counted(&traffic, &observer, applied).await;
        self.run.moved = applying.moved;
        self.run.done = applying.done;
        self.run.done.requests += traffic.requests();
        self.run.tried.extend(plan.actions);
    }

    async fn end(
        self,
        targets: &[Target<'_>],
        several: bool,
        observer: &dyn EventSink,
    ) -> Result<ReconcileReport, Error> {
        let named = In {
            cloud: self.name,
            observer,
        };
        let observer = if several { &named } else { observer };
        let run = self
            .publisher
            .run(targets, self.approved, self.run, observer);
        run.await
    }
}
