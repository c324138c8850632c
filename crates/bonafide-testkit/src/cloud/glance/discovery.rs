//! What Glance says of itself: versions, health, import methods, stores, schemas.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::schema::image_schema;
use crate::cloud::errors::Failure;
use crate::cloud::http::{self, Answer};
use crate::cloud::keystone::users::Person;
use crate::cloud::shared::Shared;

/// The minor versions of the Image API that Glance 33 lists; there is no 2.14 and no 2.16 without
/// further stores and caches.
const VERSIONS: [u8; 16] = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/// `GET /` (300) and `GET /versions` (200).
pub(crate) fn versions(shared: &Shared, status: StatusCode) -> Answer {
    let href = format!("{}/v2/", shared.image_url);
    let versions: Vec<Value> = VERSIONS
        .iter()
        .map(|minor| {
            let status = if *minor == VERSIONS[0] {
                "CURRENT"
            } else {
                "SUPPORTED"
            };
            json!({
                "id": format!("v2.{minor}"),
                "status": status,
                "links": [{ "rel": "self", "href": href }],
            })
        })
        .collect();
    http::json(status, &json!({ "versions": versions }))
}

/// `GET /healthcheck`.
pub(crate) fn health() -> Answer {
    let body = json!({ "detailed": false, "reasons": ["OK"] });
    http::json(StatusCode::OK, &body)
}

/// `GET /v2/info/{what}`.
pub(crate) fn info(person: &Person, what: &[&str]) -> Result<Answer, Failure> {
    let stores = json!({
        "stores": [
            { "id": "fast", "description": "default store", "default": "true" },
            { "id": "slow", "description": "second store" },
        ]
    });
    let body = match what {
        // Import is not built here, so none is offered.
        ["import"] => json!({
            "import-methods": {
                "description": "Import methods available.", "type": "array", "value": [],
            }
        }),
        ["stores"] => stores,
        ["stores", "detail"] if person.is_admin() => stores,
        ["stores", "detail"] => return Err(Failure::policy("stores_info_detail")),
        _ => return Err(Failure::no_resource()),
    };
    Ok(http::json(StatusCode::OK, &body))
}

/// `GET /v2/schemas/{name}`.
pub(crate) fn schema(name: &str) -> Result<Answer, Failure> {
    let body = match name {
        "image" => image_schema(),
        "images" => json!({
            "name": "images",
            "properties": {
                "images": { "type": "array", "items": image_schema() },
                "first": { "type": "string" },
                "next": { "type": "string" },
                "schema": { "type": "string" },
            },
        }),
        _ => return Err(Failure::no_resource()),
    };
    Ok(http::json(StatusCode::OK, &body))
}
