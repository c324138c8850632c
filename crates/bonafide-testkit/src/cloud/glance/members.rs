//! Members: the projects that a shared image was offered to.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::image::{Image, Member, Visibility};
use super::images::{is_there, json_body};
use super::schema;
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

/// `GET /v2/images/{id}/members`: all for the owner, oneself for a member.
pub(crate) fn list(shared: &Shared, person: &Person, id: &str) -> Result<Answer, Failure> {
    let image = shared.registry.visible(id, person);
    let image = image.ok_or_else(|| missing(id))?;
    if image.visibility != Visibility::Shared {
        return Err(Failure::forbidden(format!(
            "Not allowed to list members for image {id}: Only shared images have members."
        )));
    }
    let members = image.members.iter();
    let members: Vec<Value> = members
        .filter(|member| may_see(&image, member, person))
        .map(|member| image.member_view(member))
        .collect();
    let body = json!({ "members": members, "schema": "/v2/schemas/members" });
    Ok(http::json(StatusCode::OK, &body))
}

/// `GET /v2/images/{id}/members/{project}`.
pub(crate) fn show(
    shared: &Shared,
    person: &Person,
    id: &str,
    project: &str,
) -> Result<Answer, Failure> {
    let image = shared.registry.visible(id, person);
    let image = image.ok_or_else(|| missing(id))?;
    if image.visibility != Visibility::Shared {
        return Err(Failure::not_found("Only shared images have members."));
    }
    let member = image
        .member(project)
        .filter(|member| may_see(&image, member, person))
        .ok_or_else(|| no_member(id, project))?;
    Ok(http::json(StatusCode::OK, &image.member_view(member)))
}

/// `POST /v2/images/{id}/members`. Nobody checks whether the project exists.
pub(crate) fn create(
    shared: &Shared,
    person: &Person,
    id: &str,
    body: &[u8],
) -> Result<Answer, Failure> {
    let project = created_member(body)?;
    change(shared, id, |image| {
        check_shared(image, person, "create")?;
        if !image.is_mutable_by(person) {
            return Err(Failure::policy("add_member"));
        }
        if image.member(&project).is_some() {
            return Err(Failure::conflict(format!(
                "Member {project} is duplicated for image {id}"
            )));
        }
        let now = shared.clock.now();
        let member = Member {
            project: project.clone(),
            status: "pending".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let answer = http::json(StatusCode::OK, &image.member_view(&member));
        image.members.push(member);
        Ok(answer)
    })
}

/// `PUT /v2/images/{id}/members/{project}`: the member's own word, or an administrator's.
pub(crate) fn update(
    shared: &Shared,
    person: &Person,
    id: &str,
    project: &str,
    body: &[u8],
) -> Result<Answer, Failure> {
    let status = updated_status(body)?;
    change(shared, id, |image| {
        check_shared(image, person, "update")?;
        let is_visible = image
            .member(project)
            .is_some_and(|member| may_see(image, member, person));
        if !is_visible {
            return Err(no_member(id, project));
        }
        let may_answer = person.is_admin() && !shared.settings.members_accept_alone;
        if !may_answer && person.project_id() != project {
            return Err(Failure::policy("modify_member"));
        }
        if !matches!(status.as_str(), "pending" | "accepted" | "rejected") {
            return Err(Failure::bad_request(
                "Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".",
            ));
        }
        let found = image
            .members
            .iter_mut()
            .find(|member| member.project == project)
            .ok_or_else(|| no_member(id, project))?;
        found.status.clone_from(&status);
        found.updated_at = shared.clock.now();
        let member = found.clone();
        Ok(http::json(StatusCode::OK, &image.member_view(&member)))
    })
}

/// `DELETE /v2/images/{id}/members/{project}`: by the owner; a member can't leave.
pub(crate) fn delete(
    shared: &Shared,
    person: &Person,
    id: &str,
    project: &str,
) -> Result<Answer, Failure> {
    change(shared, id, |image| {
        check_shared(image, person, "delete")?;
        let is_visible = image
            .member(project)
            .is_some_and(|member| may_see(image, member, person));
        if !is_visible {
            return Err(no_member(id, project));
        }
        if !image.is_mutable_by(person) {
            return Err(Failure::policy("delete_member"));
        }
        image.members.retain(|member| member.project != project);
        Ok(http::empty(StatusCode::NO_CONTENT))
    })
}

fn change(
    shared: &Shared,
    id: &str,
    change: impl FnOnce(&mut Image) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let changed = shared.registry.change(id, change);
    changed.unwrap_or_else(|| Err(missing(id)))
}

/// 404 for who can't see the image, 403 where it isn't shared.
fn check_shared(image: &Image, person: &Person, action: &str) -> Result<(), Failure> {
    let id = &image.id;
    if !is_there(image, person) {
        return Err(missing(id));
    }
    if image.visibility != Visibility::Shared {
        return Err(Failure::forbidden(format!(
            "Not allowed to {action} members for image {id}."
        )));
    }
    Ok(())
}

fn may_see(image: &Image, member: &Member, person: &Person) -> bool {
    image.is_mutable_by(person) || member.project == person.project_id()
}

fn created_member(body: &[u8]) -> Result<String, Failure> {
    match object(
        body,
        "member",
        "image_id",
        "Member to be added not specified",
    )? {
        Value::String(project) if !project.is_empty() => {
            schema::refuse_four_byte_value("member", &project)?;
            Ok(project)
        }
        Value::Null | Value::String(_) => Err(Failure::bad_request("Member can't be empty")),
        other => Ok(other.to_string()),
    }
}

fn updated_status(body: &[u8]) -> Result<String, Failure> {
    match object(body, "status", "status", "Status not specified")? {
        Value::String(status) => Ok(status),
        other => Ok(other.to_string()),
    }
}

/// The one member of a JSON object that counts.
fn object(body: &[u8], name: &str, example: &str, absent: &'static str) -> Result<Value, Failure> {
    let Value::Object(mut body) = json_body(body)? else {
        return Err(Failure::bad_request(format!(
            "Expected a {name} in the form: {{\"{name}\": \"{example}\"}}"
        )));
    };
    body.remove(name)
        .ok_or_else(|| Failure::bad_request(absent))
}

fn missing(id: &str) -> Failure {
    Failure::not_found(format!("Image {id} not found."))
}

fn no_member(id: &str, project: &str) -> Failure {
    Failure::not_found(format!(
        "{project} not found in the member list of the image {id}."
    ))
}
