//! Plans as text.

use std::fmt;

use bonafide_glance::Visibility;

use super::{Action, ImageSnapshot, Plan, PlanNote};
use crate::ledger::keys::{COMMUNITY_REFUSED, MEMBERS_REFUSED, REPAIR_REFUSED};

/// `Ubuntu Noble 24.04 (2026-11-23) [id]`, with the current name.
impl fmt::Display for ImageSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.name.escape_debug(), self.id)
    }
}

impl Action {
    /// What is done to what, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        match self {
            Self::Delete { image, .. } => format!("- delete     {image}"),
            Self::Discard { image, .. } => format!("- discard    {image}"),
            Self::Publish { channel, build, .. } => {
                format!(
                    "+ publish    {} build {}",
                    channel.escape_debug(),
                    build.serial.escape_debug()
                )
            }
            Self::Reinstate { image, .. } => format!("~ reinstate  {image}"),
            Self::Repair { image, .. } => format!("~ repair     {image}"),
            Self::Share { image, .. } => format!("~ share      {image}"),
            Self::Supersede { image, .. } => format!("~ supersede  {image}"),
            Self::Unlist { image, .. } => format!("~ unlist     {image}"),
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Delete { image, .. } => {
                let mut lines = vec!["unused, and no promise holds it".to_owned()];
                if image.visibility != Visibility::Shared {
                    lines.push(becomes(image, Visibility::Shared, ", then deleted"));
                }
                lines
            }
            Self::Discard { .. } => vec!["left by a run that did not end".to_owned()],
            Self::Publish {
                build,
                image,
                supersedes,
                ..
            } => {
                let mut lines = vec![
                    format!("from {}", build.url),
                    format!("signed digest {}", build.digest.escape_debug()),
                ];
                if let Some(image) = image {
                    lines.push(format!("verifies {image} again instead of an upload"));
                }
                lines.extend(supersedes.iter().map(supersede));
                lines
            }
            Self::Reinstate { .. } => {
                vec!["no newer build exists: it becomes the newest again".to_owned()]
            }
            Self::Repair {
                changes,
                supersedes,
                ..
            } => {
                let each = changes.iter().map(|(name, value)| {
                    let (name, value) = (name.escape_debug(), value.escape_debug());
                    format!("restores {name} = {value}")
                });
                each.chain(supersedes.iter().map(supersede)).collect()
            }
            Self::Share {
                image,
                add,
                accept,
                remove,
                ..
            } => {
                let mut lines = Vec::new();
                if image.visibility != Visibility::Shared {
                    lines.push(becomes(image, Visibility::Shared, ""));
                }
                let line = |sign, project: &String, why| {
                    format!("{sign} member {}{why}", project.escape_debug())
                };
                lines.extend(add.iter().map(|project| line("+", project, "")));
                lines.extend(accept.iter().map(|p| line("~", p, ": accept for it")));
                lines.extend(remove.iter().map(|p| line("-", p, ": no longer uses it")));
                lines
            }
            Self::Supersede { name, .. } => {
                let named = name.iter();
                let named = named.map(|name| format!("name → {}", name.escape_debug()));
                let why = ["a newer build is public".to_owned()];
                why.into_iter().chain(named).collect()
            }
            Self::Unlist { image, .. } => {
                vec![becomes(
                    image,
                    Visibility::Community,
                    ": unused, and its id is still promised",
                )]
            }
        }
    }
}

fn supersede(older: &ImageSnapshot) -> String {
    format!("before that, supersede {older}")
}

fn becomes(image: &ImageSnapshot, visibility: Visibility, more: &str) -> String {
    format!("visibility {} → {visibility}{more}", image.visibility)
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        for line in self.details() {
            write!(f, "\n      {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlanNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy {
                channel,
                image,
                since,
                until,
                overdue,
            } => {
                let since = since.map_or_else(String::new, |since| format!(" since {since}"));
                write!(
                    f,
                    "{channel}: another run uploads image {image}{since}, and may until {until}"
                )?;
                match overdue {
                    true => f.write_str("; that is more than an hour: see what that run does"),
                    false => Ok(()),
                }
            }
            Self::CommunityRefused { channel, image } => write!(
                f,
                "{channel}: the cloud's policy does not allow image {image} to become a community image, so \
                 it stays as visible as it is; once it does, remove `{COMMUNITY_REFUSED}` (a property \
                 or a tag) from the image"
            ),
            Self::Deactivated { channel, image } => write!(
                f,
                "{channel}: image {image} is deactivated; only an administrator can do that, so it is left alone"
            ),
            Self::MembersRefused {
                channel,
                image,
                projects,
            } => write!(
                f,
                "{channel}: the cloud's policy allows no members of image {image}, which {} use, so it \
                 is not hidden from others; once it does, remove `{MEMBERS_REFUSED}` (a property or a \
                 tag) from the image",
                listed(projects)
            ),
            Self::NoHeartbeat { why } => write!(
                f,
                "the cloud refuses the heartbeat image ({}), so if this run dies while it uploads, others wait \
                 for the end of its lease; let the project have one image more",
                why.escape_debug()
            ),
            Self::Pending {
                channel,
                image,
                projects,
            } => write!(
                f,
                "{channel}: image {image} waits for its members {} to accept it, and in this cloud \
                 only they can do that; they use it by its id",
                listed(projects)
            ),
            Self::Private { channel, image } => write!(
                f,
                "{channel}: the superseded image {image} was made private, so it is left alone; \
                 delete it, or share it"
            ),
            Self::Promised {
                channel,
                image,
                uuid_validity,
            } => write!(
                f,
                "{channel}: no project uses image {image}, but `uuid_validity` is `{}`",
                uuid_validity.escape_debug()
            ),
            Self::Protected { channel, image } => write!(
                f,
                "{channel}: image {image} is protected, so it is neither hidden nor deleted; unprotect it \
                 to allow that"
            ),
            Self::Refused { channel, why } => write!(f, "{channel}: {why}"),
            Self::Stale {
                channel,
                list,
                signed_at,
                limit,
            } => write!(
                f,
                "{channel}: ALARM: the newest list {list} was signed {signed_at}, which is longer ago than \
                 {} days: either the vendor builds no more, or newer lists are kept from this machine",
                limit.as_hours() / 24
            ),
            Self::TooManyUsers {
                channel,
                image,
                users,
                most,
            } => write!(
                f,
                "{channel}: {users} projects use image {image}, but it can have {most} members only, so \
                 it stays as it is"
            ),
            Self::RepairRefused {
                channel,
                image,
                names,
            } => write!(
                f,
                "{channel}: the cloud's policy does not allow {} of image {image} to be restored; once it \
                 does, remove `{REPAIR_REFUSED}` (a property or a tag) from the image",
                listed(names)
            ),
            Self::Unreadable { channel, image } => write!(
                f,
                "{channel}: image {image} lacks properties of a published image (`bonafide_serial`, \
                 `bonafide_image_digest`), so it is left alone; delete it, or set that right"
            ),
            Self::UsageUnknown { images, gaps } => {
                write!(
                    f,
                    "nothing is hidden or deleted of {} superseded images, since it is not known who uses \
                     them",
                    images.len()
                )?;
                for gap in gaps {
                    write!(f, "\n      {gap}")?;
                }
                Ok(())
            }
        }
    }
}

/// Foreign names, in one line.
fn listed(names: &[String]) -> String {
    let names = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()));
    names.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.actions.is_empty() {
            f.write_str("nothing to do\n")?;
        }
        for action in &self.actions {
            writeln!(f, "{action}")?;
        }
        for note in &self.notes {
            writeln!(f, "! {note}")?;
        }
        Ok(())
    }
}
