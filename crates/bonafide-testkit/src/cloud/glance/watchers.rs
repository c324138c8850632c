//! Who looks on while images change.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::image::Image;

type Watcher = Arc<dyn Fn(&[Value]) + Send + Sync>;

/// The functions that are told of every change.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<Vec<Watcher>>);

impl Watchers {
    pub(crate) fn add(&self, watcher: impl Fn(&[Value]) + Send + Sync + 'static) {
        let mut watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.push(Arc::new(watcher));
    }

    /// Shows the images to everybody; they are asked for only when somebody watches.
    pub(crate) fn tell(&self, images: impl FnOnce() -> Vec<Image>) {
        let watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let watchers = watchers.clone();
        if watchers.is_empty() {
            return;
        }
        let views: Vec<Value> = images().iter().map(view).collect();
        for watcher in watchers {
            watcher(&views);
        }
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watchers").finish_non_exhaustive()
    }
}

/// The owner's view, with the members.
fn view(image: &Image) -> Value {
    let mut view = image.view();
    let members = image.members.iter();
    let members: Vec<Value> = members
        .map(|member| json!({ "member_id": member.project, "status": member.status }))
        .collect();
    view["members"] = Value::from(members);
    view
}
