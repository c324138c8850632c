//! A large cloud: 2,000 images, 500 projects, 100,000 servers.

use std::sync::Arc;

use bonafide::glance::{CloudConfig, Session, Usage};
use bonafide::publisher::{
    Action, Catalog, Channel, Error, Inventory, Latest, Plan, Publisher, Target,
};
use bonafide::sources::DirectoryFetch;
use bonafide_testkit::cloud::{EmbeddedCloud, MovableClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// All images.
pub const IMAGES: usize = 2_000;
const PROJECTS: usize = 500;
/// All servers.
pub const SERVERS: usize = 100_000;
/// Old builds of each channel.
const BUILDS: usize = 15;
/// Projects that use one of them.
const USERS: usize = 3;
/// Images of the publisher that have lost their last user, and those that have a new one.
pub const UNUSED: usize = 5;
/// Shared images of the publisher that have one new user.
pub const UNSHARED: usize = 9;

/// The cloud, and what is wished for in it.
pub struct LargeCloud {
    /// The cloud.
    pub cloud: EmbeddedCloud,
    clock: MovableClock,
    channels: Vec<Channel>,
    /// Images of the publisher that are shared.
    pub shared: usize,
    /// All images of the publisher.
    pub own: usize,
}

impl LargeCloud {
    /// Fills an embedded cloud.
    pub async fn gather() -> Self {
        let clock = MovableClock::new("2026-11-01T00:00:00Z".parse().unwrap());
        let cloud = EmbeddedCloud::builder().clock(clock.reader());
        let cloud = cloud.start().await.unwrap();
        let nowhere = DirectoryFetch::new("/nonexistent");
        let mut channels = Vec::new();
        for entry in Catalog::builtin().entries() {
            // Those whose keys are embedded.
            if let Ok(channel) = entry.channel(&nowhere).await {
                channels.push(channel);
            }
        }
        let mut large = Self {
            cloud,
            clock,
            channels,
            shared: 0,
            own: 0,
        };
        large.settle();
        large
    }

    fn settle(&mut self) {
        let mut uses = Vec::new();
        let mut images = Vec::new();
        for channel in &self.channels {
            for build in 0..BUILDS {
                let superseded = build + 1 < BUILDS;
                let image = self.image(channel.name(), build, superseded, &mut uses);
                images.push(image);
            }
        }
        self.own = images.len();
        for image in images {
            self.cloud.adopt_image(&image).unwrap();
            self.shared += usize::from(image["visibility"] == "shared");
        }
        for number in self.own..IMAGES {
            let owner = project(number);
            let image = json!({ "id": Uuid::new_v4(), "owner": owner, "visibility": "private" });
            let id = self.cloud.adopt_image(&image).unwrap();
            uses.push((owner, id));
        }
        let servers: Vec<_> = uses.iter().cycle().take(SERVERS).cloned().collect();
        self.cloud.boot_many(servers);
    }

    fn image(
        &self,
        channel: &str,
        build: usize,
        superseded: bool,
        uses: &mut Vec<(String, Uuid)>,
    ) -> serde_json::Value {
        let id = Uuid::new_v4();
        let number = self.shared_before(channel) + build;
        let users: Vec<_> = match superseded && number >= UNUSED {
            true => (0..USERS)
                .map(|user| project(number * USERS + user))
                .collect(),
            false => Vec::new(),
        };
        let new = usize::from(superseded && (UNUSED..UNUSED + UNSHARED).contains(&number));
        let members = users.iter().skip(new);
        let members: Vec<_> = members.map(|user| json!({ "member_id": user })).collect();
        uses.extend(users.iter().map(|user| (user.clone(), id)));
        let hash = "ab".repeat(64);
        let made = self.now() - SignedDuration::from_hours(24 * (200 - build as i64));
        let mut image = json!({
            "id": id,
            "created_at": made,
            "os_hash_value": hash,
            "bonafide_image_digest": format!("sha512:{hash}"),
            "owner": self.cloud.project_id("admin"),
            "name": format!("{channel} {build}"),
            "visibility": if superseded { "shared" } else { "public" },
            "members": members,
            "bonafide_channel": channel,
            "bonafide_serial": format!("2026{:02}01", build + 1),
            "bonafide_signed_at": format!("2025-01-{:02}T00:00:00Z", build + 1),
            "uuid_validity": "none",
            "os_purpose": "generic",
        });
        if superseded {
            let since = self.now() - SignedDuration::from_hours(24 * 100);
            image["bonafide_superseded_at"] = json!(since);
            image["os_purpose"] = json!("oldgeneric");
        }
        image
    }

    /// Old builds of the channels before this one.
    fn shared_before(&self, channel: &str) -> usize {
        let place = self.channels.iter().position(|one| one.name() == channel);
        place.unwrap() * BUILDS
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A publisher with the rights of an administrator.
    pub fn publisher(&self) -> Publisher {
        let config = CloudConfig::from_yaml(self.cloud.clouds_yaml(), "admin").unwrap();
        let session = Session::new(config, self.clock.reader()).unwrap();
        let nowhere = Arc::new(DirectoryFetch::new("/nonexistent"));
        Publisher::new(nowhere, session, self.clock.reader())
    }

    fn targets(&self) -> Vec<Target<'_>> {
        let channels = self.channels.iter();
        let targets =
            channels.map(|channel| Target::new(channel, Latest::Unknown(Error::Cancelled.into())));
        targets.collect()
    }

    /// Looks at everything and plans. Vendors are not asked.
    pub async fn plan(&self, publisher: &Publisher) -> Plan {
        publisher.plan(&self.targets()).await.unwrap()
    }

    /// What a plan is made of.
    pub async fn seen(&self, publisher: &Publisher) -> (Inventory, Usage) {
        let inventory = publisher.inventory().await.unwrap();
        let usage = publisher.usage(&inventory.ids()).await;
        (inventory, usage)
    }

    /// The plan for what was seen.
    pub fn plan_of(&self, (inventory, usage): &(Inventory, Usage)) -> Plan {
        Plan::new(&self.targets(), inventory, usage, self.now())
    }
}

fn project(number: usize) -> String {
    format!("{:032x}", 0xC0FFEE + number % PROJECTS)
}

/// How many steps of the plan share an image, and how many delete one.
pub fn steps(plan: &Plan) -> (usize, usize) {
    let count = |wanted: fn(&Action) -> bool| plan.actions.iter().filter(|a| wanted(a)).count();
    (
        count(|action| matches!(action, Action::Share { .. })),
        count(|action| matches!(action, Action::Delete { .. })),
    )
}
