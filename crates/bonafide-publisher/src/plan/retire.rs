//! The rules of retirement, for one image that is no longer the newest.

use std::collections::BTreeSet;

use bonafide_glance::{MemberStatus, Status, Visibility};
use bonafide_properties::UuidValidity;
use jiff::tz::TimeZone;

use super::builds::Older;
use super::draft::{Deciding, Phase};
use super::{Action, ImageSnapshot, PlanNote};
use crate::channel::Channel;
use crate::ledger::{keys, marker};
use crate::spec::names::Names;

const UUID_VALIDITY: &str = "uuid_validity";

/// The channel that the image is of.
pub(super) struct Retiring<'a> {
    pub(super) channel: &'a Channel,
    /// Whether it is uncertain which image is the newest: then nothing is taken away.
    pub(super) doubtful: bool,
    /// The names of the channel's images, once all of them have given up their place.
    pub(super) names: Option<Names>,
}

impl Retiring<'_> {
    /// A superseded image gives up its place; in the grace period nothing else happens. Then it is
    /// shared with the projects that use it; without any, it is deleted once its id is not promised
    /// any more.
    pub(super) fn decide(&mut self, plan: &mut Deciding<'_>, older: &Older<'_>) {
        let image = older.image;
        let (channel, id) = (self.channel.name().to_owned(), image.id);
        if image.status == Status::Deactivated {
            plan.notes
                .push(PlanNote::Deactivated { channel, image: id });
            return;
        }
        // Runs never make an older image private, so that was intended.
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
            // Nothing is taken away, but the known users get access.
            if image.visibility != Visibility::Shared || projects.is_empty() {
                return;
            }
        } else if image.protected && (public || !used) {
            plan.notes.push(PlanNote::Protected { channel, image: id });
            return;
        }
        if complete && !used {
            // It may have been shared by hand before its time; it is not deleted before its time.
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
            if marker::remembered(image, keys::COMMUNITY_REFUSED).is_some() {
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
        if !add.is_empty() && marker::remembered(image, keys::MEMBERS_REFUSED).is_some() {
            plan.notes.push(PlanNote::MembersRefused {
                channel: channel.clone(),
                image: image.id,
                projects: std::mem::take(&mut add),
            });
            // Projects with which it can't be shared keep access by its current visibility.
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
                // A project without access does not wait for an upload.
                if !is_shared || gives {
                    plan.act(Phase::Give, step(add, accept, Vec::new()));
                }
                if !remove.is_empty() {
                    plan.act(Phase::Withdraw, step(Vec::new(), Vec::new(), remove));
                }
            }
        }
    }

    /// Whether no promise holds the image: neither the one on the image nor that of the channel. A
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
