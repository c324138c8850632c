//! The result of a request whose first answer was lost, if Glance refuses the second one.

use uuid::Uuid;

use crate::http::response::ApiResponse;
use crate::{Error, Glance, Image, ImagePatch, Member, NewImage};

impl Glance {
    /// 409 to a create that was sent before: the id is taken, maybe by this client. The image is
    /// ours if this project owns it and all of its properties are those that were sent. A caller
    /// that must be sure adds a unique property.
    pub(crate) async fn created_before(
        &self,
        wanted: &NewImage,
        refused: ApiResponse,
    ) -> Result<Image, Error> {
        let project = self.session().project_id().await?;
        match self.find(wanted.id()).await? {
            Some(image) if image.owner.as_deref() == Some(&*project) && wanted.is(&image) => {
                Ok(image)
            }
            _ => Err(refused.refusal()),
        }
    }

    /// A refusal of a patch that was sent before: a property that it removes may be gone already.
    pub(crate) async fn updated_before(
        &self,
        id: Uuid,
        patch: &ImagePatch,
        refused: ApiResponse,
    ) -> Result<Image, Error> {
        match self.find(id).await? {
            Some(image) if patch.is_in(&image) => Ok(image),
            _ => Err(refused.refusal()),
        }
    }

    /// 409 to a member that was sent before: it may be a member by now.
    pub(crate) async fn added_before(
        &self,
        id: Uuid,
        project: &str,
        refused: ApiResponse,
    ) -> Result<Member, Error> {
        let members = self.members(id).await?;
        let member = members.into_iter().find(|member| member.project == project);
        member.ok_or_else(|| refused.refusal())
    }
}
