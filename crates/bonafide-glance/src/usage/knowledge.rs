//! Which projects use which images, as far as that is known.

use serde::Serialize;

use super::gap::UsageGap;
use super::uses::Uses;

/// Which projects use an image, as far as it is known.
///
/// Before a removal, check [`Usage::complete`]: if a cloud could not be asked, or a part of an
/// answer was missing, it is unknown whether an image is *unused*. There is no third case, so this
/// enum is closed.
///
/// # Limits
/// The look-up is not a snapshot of the cloud: it takes time, and users that are created meanwhile
/// may be missing, as may a soft-deleted server that is restored meanwhile. Prevent new use of the
/// image first, and look then. A database of Nova (a cell) that is down while the first page is
/// read, or when the lists begin or end, is noticed; one that is down only in between is not, since
/// no answer of Nova shows it. A cell without compute hosts, such as that of servers which never
/// got a host, is noticed only while the first page has room for its servers. Regions that share an
/// image service are noticed if they are in the service catalog. No service reports which image a
/// server is being rescued with.
/// being rescued with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// The usage is known completely.
    Complete(Uses),
    /// A part is unknown.
    Incomplete {
        /// The known part, which is certain.
        known: Uses,
        /// The gaps.
        gaps: Vec<UsageGap>,
    },
}

impl Usage {
    /// The users of the images, if all of them are known.
    ///
    /// `None` if anything is unknown: then nothing may be removed.
    #[must_use]
    pub fn complete(&self) -> Option<&Uses> {
        match self {
            Self::Complete(uses) => Some(uses),
            Self::Incomplete { .. } => None,
        }
    }

    /// The known users of the images, which may not be all.
    ///
    /// Enough to give access to a project, and not enough to take it away.
    #[must_use]
    pub fn known(&self) -> &Uses {
        match self {
            Self::Complete(uses) | Self::Incomplete { known: uses, .. } => uses,
        }
    }

    /// The gaps; empty if the usage is complete.
    #[must_use]
    pub fn gaps(&self) -> &[UsageGap] {
        match self {
            Self::Complete(_) => &[],
            Self::Incomplete { gaps, .. } => gaps,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use uuid::Uuid;

    use super::*;
    use crate::UsageSource;

    #[test]
    fn only_complete_knowledge_is_complete() {
        let mut uses = Uses::new();
        uses.add(Uuid::nil(), "p", UsageSource::Servers);
        let complete = Usage::Complete(uses.clone());
        assert_eq!(complete.complete(), Some(&uses));
        assert!(complete.gaps().is_empty());
        let gaps = vec![UsageGap::new(UsageSource::Volumes, "it is closed today")];
        let incomplete = Usage::Incomplete {
            known: uses.clone(),
            gaps,
        };
        assert_eq!(incomplete.complete(), None);
        assert_eq!(incomplete.known(), &uses);
        assert_eq!(
            incomplete.gaps()[0].to_string(),
            "volumes: it is closed today"
        );
    }

    #[test]
    fn usage_is_written_as_json() {
        let mut known = Uses::new();
        known.add(Uuid::nil(), "p", UsageSource::Servers);
        let usage = Usage::Incomplete {
            known,
            gaps: vec![UsageGap::new(UsageSource::ServerSnapshots, "why")],
        };
        let counts = json!({
            "servers": 1, "volumes": 0, "volume_snapshots": 0, "server_snapshots": 0,
        });
        assert_eq!(
            serde_json::to_value(usage).unwrap(),
            json!({"incomplete": {
                "known": {Uuid::nil().to_string(): {"p": counts}},
                "gaps": [{"source": "server_snapshots", "why": "why"}],
            }})
        );
    }
}
