//! The rules of retirement, for one image that is no longer the newest.

use std::collections::BTreeSet;

use bonafide_glance::{MemberStatus, Status, Visibility};
use bonafide_properties::UuidValidity;
use jiff::tz::TimeZone;

use super::builds::Older;
use super::decide::{Deciding, Phase};
use super::{Action, ImageSnapshot, PlanNote};
use crate::Channel;
use crate::ledger::marker;
use crate::spec::names::Names;

const UUID_VALIDITY: &str = "uuid_validity";

/// The channel that the image is of.
pub(super) struct Retiring<'a> {
    pub(super) channel: &'a Channel,
    /// Whether it is not sure which of the images is the newest: then nothing is taken.
    pub(super) doubtful: bool,
    /// What the channel's images are called, if those that have not given up their place do so now.
    pub(super) names: Option<Names>,
}

impl Retiring<'_> {
    /// Superseded: it gives up its place. In the grace period: nothing. Then it is shared with those who
    /// use it; with nobody, it goes once its id is not promised any more.
    pub(super) fn decide(&mut self, plan: &mut Deciding<'_>, older: &Older<'_>) {
        let image = older.image;
        let (channel, id) = (self.channel.name().to_owned(), image.id);
        if image.status == Status::Deactivated {
            plan.notes
                .push(PlanNote::Deactivated { channel, image: id });
            return;
        }
        // Runs never make an older image private, so somebody else meant it.
        if image.visibility == Visibility::Private {
            plan.notes.push(PlanNote::Private { channel, image: id });
            return;
        }
        let seen = ImageSnapshot::new(image);
        let public = image.visibility == Visibility::Public;
        let names = self.names.as_mut();
        let name = names.and_then(|names| names.older(self.channel, image));
        if self.names.is_some() && (older.since.is_none() || name.is_some()) {
            let supersede = Action::Supersede {
                channel,
                image: seen,
                name,
            };
            plan.act(Phase::Yield, supersede);
            return;
        }
        let Some(since) = older.since else {
            return;
        };
        let grace = self.channel.grace_end(since) > plan.now;
        if public && grace {
            return;
        }
        let owner = &plan.inventory.project;
        let uses = plan.usage.known();
        let used = uses.is_used(id);
        let projects = uses.projects(id).filter(|project| project != owner);
        let projects: BTreeSet<String> = projects.map(str::to_owned).collect();
        let known = plan.usage.complete().is_some();
        let complete = known && !self.doubtful;
        if !complete {
            if !known {
                plan.waiting.push(id);
            }
            // Nothing is taken, but who is known to use it gets it.
            if image.visibility != Visibility::Shared || projects.is_empty() {
                return;
            }
        } else if image.protected && (public || !used) {
            plan.notes.push(PlanNote::Protected { channel, image: id });
            return;
        }
        if complete && !used {
            // Somebody may have shared it before its time; it does not go before its time.
            if grace {
                return;
            }
            if self.may_go(plan, older) {
                plan.act(
                    Phase::Delete,
                    Action::Delete {
                        channel,
                        image: seen,
                    },
                );
                return;
            }
            let validity = image.properties.get(UUID_VALIDITY).cloned();
            plan.notes.push(PlanNote::Promised {
                channel: channel.clone(),
                image: id,
                uuid_validity: validity.unwrap_or_default(),
            });
            if image.visibility == Visibility::Community {
                return;
            }
            if marker::remembered(image, marker::COMMUNITY_REFUSED).is_some() {
                plan.notes
                    .push(PlanNote::CommunityRefused { channel, image: id });
            } else {
                plan.act(
                    Phase::Withdraw,
                    Action::Unlist {
                        channel,
                        image: seen,
                    },
                );
            }
            return;
        }
        if let Some(most) = marker::most_members(image).filter(|most| projects.len() > *most) {
            plan.notes.push(PlanNote::TooManyUsers {
                channel,
                image: id,
                users: projects.len(),
                most,
            });
            return;
        }
        self.share(plan, older, projects, complete);
    }

    fn share(
        &self,
        plan: &mut Deciding<'_>,
        older: &Older<'_>,
        projects: BTreeSet<String>,
        complete: bool,
    ) {
        let image = older.image;
        let channel = self.channel.name().to_owned();
        let members = plan.inventory.members.get(&image.id).cloned();
        let members = members.unwrap_or_default();
        let is_member = |project: &String| members.iter().any(|m| m.project == *project);
        let mut add: Vec<String> = projects.iter().filter(|p| !is_member(p)).cloned().collect();
        if !add.is_empty() && marker::remembered(image, marker::MEMBERS_REFUSED).is_some() {
            plan.notes.push(PlanNote::MembersRefused {
                channel: channel.clone(),
                image: image.id,
                projects: std::mem::take(&mut add),
            });
            // Those that it can't be shared with keep it as everybody has it.
            if image.visibility != Visibility::Shared {
                return;
            }
        }
        let pending = members.iter().filter(|member| {
            member.status == MemberStatus::Pending && projects.contains(&member.project)
        });
        let mut accept: Vec<String> = pending.map(|member| member.project.clone()).collect();
        if !accept.is_empty() && marker::members_accept_alone(image) {
            plan.notes.push(PlanNote::Pending {
                channel: channel.clone(),
                image: image.id,
                projects: std::mem::take(&mut accept),
            });
        }
        let others = members
            .iter()
            .filter(|member| complete && !projects.contains(&member.project));
        let remove: Vec<String> = others.map(|member| member.project.clone()).collect();
        let step = |add: Vec<String>, accept: Vec<String>, remove: Vec<String>| Action::Share {
            channel: channel.clone(),
            image: ImageSnapshot::new(image),
            projects: projects.clone(),
            add,
            accept,
            remove,
        };
        let is_shared = image.visibility == Visibility::Shared && !image.os_hidden;
        let gives = !add.is_empty() || !accept.is_empty();
        match (is_shared, image.visibility) {
            (false, Visibility::Public | Visibility::Community) => {
                plan.act(Phase::Withdraw, step(add, accept, remove));
            }
            _ => {
                // Who has no access yet does not wait for an upload.
                if !is_shared || gives {
                    plan.act(Phase::Give, step(add, accept, Vec::new()));
                }
                if !remove.is_empty() {
                    plan.act(Phase::Withdraw, step(Vec::new(), Vec::new(), remove));
                }
            }
        }
    }

    /// Whether no promise holds the image: neither that which stands on it nor that of the channel. A
    /// promise that can't be read holds.
    fn may_go(&self, plan: &Deciding<'_>, older: &Older<'_>) -> bool {
        let today = TimeZone::UTC.to_datetime(plan.now).date();
        let lifecycle = self.channel.lifecycle_policy();
        let until = lifecycle.provided_until;
        let allows = |validity: UuidValidity| validity.allows_removal(older.newer, until, today);
        let said = older.image.properties.get(UUID_VALIDITY);
        let said_allows = match said.map(|said| said.parse::<UuidValidity>()) {
            None => true,
            Some(Ok(validity)) => allows(validity),
            Some(Err(_)) => false,
        };
        said_allows && allows(lifecycle.uuid_validity)
    }
}
