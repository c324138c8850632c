//! The members of an image: other projects with which it is shared.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use uuid::Uuid;

use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::http::response::decode;
use crate::{Error, Glance};

/// A project with which an image of visibility `shared` is shared.
///
/// [`Glance::members`](crate::Glance::members) lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Member {
    /// The id of the project.
    pub project: String,
    /// Its status.
    pub status: MemberStatus,
}

/// The status of a member.
///
/// Every member can use the image by its id; lists only omit images that are not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberStatus {
    /// It has accepted the image, which is in its lists.
    Accepted,
    /// It has not decided yet.
    Pending,
    /// It has rejected the image, which is not in its lists.
    Rejected,
    /// A status that is unknown here.
    Other(String),
}

impl MemberStatus {
    /// The value in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accepted => "accepted",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for MemberStatus {
    fn from(word: &str) -> Self {
        match word {
            "accepted" => Self::Accepted,
            "pending" => Self::Pending,
            "rejected" => Self::Rejected,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for MemberStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MemberStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

impl Serialize for MemberStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Glance {
    /// Lists the members of an image.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is visible to this project and its visibility is not `shared`,
    /// [`Error::NotFound`] if it does not exist or the project may not see it; else as every
    /// request.
    pub async fn members(&self, id: Uuid) -> Result<Vec<Member>, Error> {
        let url = self.url(&[&id.to_string(), "members"]).await?;
        let call = ApiRequest::new(Verb::Get, url);
        let Members { members } = self.session().send(&call).await?.json()?;
        let members = members.into_iter();
        members.map(|member| member.of(id, &call)).collect()
    }

    /// Shares an image with a project, which sees it in its lists after it has accepted it. Glance
    /// does not check that the project exists.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is a member already, [`Error::Forbidden`] if the project must not
    /// share the image or its visibility is not `shared`, [`Error::InvalidProject`] without a
    /// request; else as every request.
    pub async fn add_member(&self, id: Uuid, project: &str) -> Result<Member, Error> {
        let project = segment(project)?;
        let url = self.url(&[&id.to_string(), "members"]).await?;
        let body = json!({"member": project}).to_string();
        let call = ApiRequest::new(Verb::Post, url).body("application/json", body);
        let answer = self.session().exchange(&call).await?;
        if answer.doubt && answer.status == 409 {
            return self.added_before(id, project, answer).await;
        }
        let member: Wire = answer.accepted()?.json()?;
        member.of(id, &call)?.named(project, &call)
    }

    /// Sets the status of a member. The member itself may, and an administrator; the image's owner
    /// may not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the user must not set it, [`Error::NotFound`] if the project is not
    /// a member, [`Error::Rejected`] if Glance does not support the status,
    /// [`Error::InvalidProject`] without a request; else as every request.
    pub async fn set_member_status(
        &self,
        id: Uuid,
        project: &str,
        status: MemberStatus,
    ) -> Result<Member, Error> {
        let project = segment(project)?;
        let url = self.url(&[&id.to_string(), "members"]).await?;
        let body = json!({"status": status}).to_string();
        let call =
            ApiRequest::new(Verb::Put, below(&url, &[project])).body("application/json", body);
        let member: Wire = self.session().send(&call).await?.json()?;
        member.of(id, &call)?.named(project, &call)
    }

    /// Stops sharing an image with a project. Its servers of the image stay.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the project is not a member, [`Error::Forbidden`] if the project must
    /// not share the image, [`Error::InvalidProject`] without a request; else as every request.
    pub async fn remove_member(&self, id: Uuid, project: &str) -> Result<(), Error> {
        let project = segment(project)?;
        let url = self.url(&[&id.to_string(), "members"]).await?;
        let call = ApiRequest::new(Verb::Delete, below(&url, &[project]));
        self.session().exchange(&call).await?.removed()
    }
}

#[derive(Deserialize)]
struct Members {
    members: Vec<Wire>,
}

#[derive(Deserialize)]
struct Wire {
    image_id: Uuid,
    member_id: String,
    status: MemberStatus,
}

impl Wire {
    /// An answer about another image than the requested one is an error.
    fn of(self, id: Uuid, call: &ApiRequest) -> Result<Member, Error> {
        if self.image_id == id {
            return Ok(Member {
                project: self.member_id,
                status: self.status,
            });
        }
        let reason = format!("it is about image {} instead of {id}", self.image_id);
        Err(decode(call.verb, &call.url, reason))
    }
}

impl Member {
    /// So is one about another project.
    fn named(self, project: &str, call: &ApiRequest) -> Result<Self, Error> {
        if self.project == project {
            return Ok(self);
        }
        let reason = format!(
            "it is about project `{}` instead of `{project}`",
            self.project
        );
        Err(decode(call.verb, &call.url, reason))
    }
}

/// A project id that is one segment of a path, and not a path itself.
fn segment(project: &str) -> Result<&str, Error> {
    let refused = project.is_empty()
        || matches!(project, "." | "..")
        || project.contains(|letter: char| matches!(letter, '/' | '\\') || letter.is_control());
    if refused {
        return Err(Error::InvalidProject {
            project: project.to_owned(),
        });
    }
    Ok(project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_would_change_the_address_is_refused() {
        for project in ["", ".", "..", "../..", "a/b", "a\\b", "a\nb"] {
            assert!(
                matches!(segment(project), Err(Error::InvalidProject { .. })),
                "{project:?}"
            );
        }
        assert_eq!(segment("a.b c").unwrap(), "a.b c");
    }

    #[test]
    fn an_unknown_status_is_kept() {
        for word in ["accepted", "pending", "rejected", "thinking"] {
            let status: MemberStatus = serde_json::from_value(json!(word)).unwrap();
            assert_eq!(status.to_string(), word);
            assert_eq!(json!(status), word);
        }
        assert_eq!(
            MemberStatus::from("thinking"),
            MemberStatus::Other("thinking".to_owned())
        );
    }
}
