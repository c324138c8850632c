//! The stores of a cloud's images.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::address::below;
use crate::http::request::{ApiRequest, Verb};
use crate::{Error, Glance};

/// A store of image data.
///
/// [`Glance::stores`](crate::Glance::stores) lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Store {
    /// Its id, for [`ImageBody::store`](crate::ImageBody::store).
    pub id: String,
    /// Its description by the cloud's operator.
    pub description: Option<String>,
    /// Whether it is the default for uploads.
    pub is_default: bool,
}

impl Glance {
    /// Lists the stores of the cloud. Empty if the cloud has no choice: an older one, or one with a
    /// single store.
    ///
    /// # Errors
    /// As every request.
    pub async fn stores(&self) -> Result<Vec<Store>, Error> {
        let url = below(&self.endpoint().await?, &["info", "stores"]);
        let answer = match self.session().send(&ApiRequest::new(Verb::Get, url)).await {
            Ok(answer) => answer,
            Err(Error::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let Stores { stores } = answer.json()?;
        Ok(stores.into_iter().map(Store::from).collect())
    }
}

#[derive(Deserialize)]
struct Stores {
    stores: Vec<Wire>,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    #[serde(default)]
    description: Option<String>,
    /// Glance sends the text `true`.
    #[serde(default)]
    default: Value,
}

impl From<Wire> for Store {
    fn from(wire: Wire) -> Self {
        let is_default = match &wire.default {
            Value::Bool(flag) => *flag,
            Value::String(text) => text.eq_ignore_ascii_case("true"),
            _ => false,
        };
        Self {
            id: wire.id,
            description: wire.description,
            is_default,
        }
    }
}
