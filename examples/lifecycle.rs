//! The life of an image: three builds over some months, with servers that come and go.
//!
//! Everything runs inside this process: a vendor's site, a cloud with Keystone, Glance, Nova and
//! Cinder, and a clock that is moved by days and weeks. After each step it prints what was done and
//! which project sees which image.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::process::ExitCode;
use std::sync::Arc;

use bonafide::glance::Usage;
use bonafide::properties::{LifecyclePolicy, ProvidedUntil, ReplaceFrequency, UuidValidity};
use bonafide::publisher::{NoEvents, ReconcileReport};
use bonafide::{
    Channel, CloudConfig, HttpFetch, Keyring, Profile, Publisher, Session, Ubuntu, UbuntuRelease,
};
use bonafide_testkit::cloud::{EmbeddedCloud, MovableClock};
use bonafide_testkit::keys::SigningKey;
use bonafide_testkit::qcow2::Qcow2Image;
use bonafide_testkit::site::{UbuntuBuild, VendorSite};
use clap::Parser;
use jiff::SignedDuration;
use uuid::Uuid;

use bonafide_examples_support::table::Table;
use bonafide_examples_support::{AnyError, causes};

/// Projects of customers, by name.
const CUSTOMERS: [&str; 2] = ["customer", "customer2"];
const START: &str = "2026-03-01T09:00:00Z";

/// Shows the life of an image: three builds over some months, with servers that come and go. After
/// each step it prints which project sees which image. Nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(
    name = "lifecycle",
    after_help = "Exit status: 0 every step was executed, 1 one was not, 2 nothing could be tried."
)]
struct Arguments {
    /// How many days a superseded build stays public
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    grace: u16,
    /// How long an image can be used by its id: none, last-N, a date, notice or forever
    #[arg(long, value_name = "PROMISE", default_value_t = UuidValidity::None)]
    uuid_validity: UuidValidity,
    /// Name images as the SCS standards do: a replaced image is renamed and hidden
    #[arg(long)]
    scs: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let told = async { Story::begin(Arguments::parse()).await?.tell().await };
    match told.await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", causes(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

struct Story {
    arguments: Arguments,
    site: VendorSite,
    cloud: EmbeddedCloud,
    clock: MovableClock,
    key: SigningKey,
    publisher: Publisher,
    went_well: bool,
}

impl Story {
    async fn begin(arguments: Arguments) -> Result<Self, AnyError> {
        let clock = MovableClock::new(START.parse()?);
        let site = VendorSite::start().await?;
        let cloud = EmbeddedCloud::builder().clock(clock.reader());
        let cloud = cloud.start().await?;
        let mut fetch = HttpFetch::builder()
            .no_proxy()
            .only_authority(site.ca_certificate_pem());
        for host in site.hosts() {
            fetch = fetch.resolve(&host, site.address());
        }
        let config = CloudConfig::from_yaml(cloud.clouds_yaml(), "admin")?;
        let session = Session::new(config, clock.reader())?;
        let created = "2025-01-01T00:00:00Z".parse()?;
        Ok(Self {
            arguments,
            publisher: Publisher::new(Arc::new(fetch.build()?), session, clock.reader()),
            key: SigningKey::generate("Vendor <images@vendor.test>", created)?,
            site,
            cloud,
            clock,
            went_well: true,
        })
    }

    async fn tell(mut self) -> Result<bool, AnyError> {
        let customer = self.project("customer")?;
        let customer2 = self.project("customer2")?;

        self.build(1)?;
        let first = self.step("the vendor publishes a first build").await?;
        let server = self.cloud.boot(&customer, first);
        let (onto, volume) = self.cloud.boot_from_volume(&customer2, first);
        self.step("customer boots a server of it, customer2 one from a volume of it")
            .await?;

        self.pass(30);
        self.build(2)?;
        let second = self.step("a month later: a second build").await?;
        let shelved = self.cloud.boot(&customer2, second);
        self.pass(i64::from(self.arguments.grace));
        self.step("the grace period of the first build is over")
            .await?;

        self.cloud.delete_server(onto);
        self.cloud.delete_volume(volume);
        self.step("customer2 deletes its server and the volume")
            .await?;

        self.build(3)?;
        self.step("a third build").await?;
        self.cloud.shelve(shelved);
        self.pass(i64::from(self.arguments.grace) + 1);
        self.step("customer2 shelves its server of the second build, and the grace period is over")
            .await?;

        self.cloud.delete_server(server);
        self.step("customer deletes the last server of the first build")
            .await?;
        self.cloud.set_cell_up("cell1", false);
        self.cloud.delete_server(shelved);
        self.step("a cell of Nova is down: the usage is not known")
            .await?;
        self.cloud.set_cell_up("cell1", true);
        self.step("it is up again; a snapshot of the shelved server is left")
            .await?;
        self.pass(1);
        for image in self.cloud.images() {
            if image["image_type"] == "snapshot"
                && let Some(id) = image["id"].as_str()
            {
                let glance = bonafide::Glance::new(self.session("customer2")?);
                glance.delete(id.parse()?).await?;
            }
        }
        self.step("customer2 deletes the snapshot").await?;
        Ok(self.went_well)
    }

    fn project(&self, name: &str) -> Result<String, AnyError> {
        let project = self.cloud.project_id(name);
        project.ok_or_else(|| format!("there is no project {name}").into())
    }

    fn session(&self, user: &str) -> Result<Session, AnyError> {
        let config = CloudConfig::from_yaml(self.cloud.clouds_yaml(), user)?;
        Ok(Session::new(config, self.clock.reader())?)
    }

    fn pass(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    /// The vendor publishes a build that was made an hour ago.
    fn build(&self, seed: u64) -> Result<(), AnyError> {
        let built = self.clock.now() - SignedDuration::from_hours(1);
        let serial = built.strftime("%Y%m%d").to_string();
        let build = UbuntuBuild::release("24.04", "noble", &serial)
            .image(Qcow2Image::new(3 << 30, 16, seed))
            .signed_at(built);
        self.site.publish_ubuntu(&build, &self.key)?;
        Ok(())
    }

    fn channel(&self) -> Result<Channel, AnyError> {
        let mut keyring = Keyring::new("ubuntu", [self.key.fingerprint().parse()?]);
        keyring.add(&self.key.public_key_binary()?)?;
        let lifecycle = LifecyclePolicy::new(
            ReplaceFrequency::Monthly,
            ProvidedUntil::Notice,
            self.arguments.uuid_validity,
        );
        let grace = SignedDuration::from_hours(24 * i64::from(self.arguments.grace));
        let channel = Channel::new(Ubuntu::released(UbuntuRelease::Noble), keyring)
            .lifecycle(lifecycle)
            .grace(grace);
        Ok(match self.arguments.scs {
            true => channel.profile(Profile::Scs),
            false => channel,
        })
    }

    /// Reconciles, and prints what was done and which project sees which image. Returns the newest
    /// image.
    async fn step(&mut self, what: &str) -> Result<Uuid, AnyError> {
        let day = self.clock.now().strftime("%Y-%m-%d");
        println!("\n== {day}: {what}");
        let channels = [self.channel()?];
        let done = self.publisher.reconcile(&channels, &NoEvents).await?;
        self.tell_done(&done);
        let inventory = self.publisher.inventory().await?;
        let usage = self.publisher.usage(&inventory.ids()).await;
        let mut table = Table::new(["image", "visibility", "purpose", "customer", "customer2"]);
        let mut images = inventory.images;
        images.sort_by_key(|image| image.created_at);
        for image in &images {
            let [one, other] = CUSTOMERS.map(|name| self.sight(name, image.id, &usage));
            let hidden = if image.os_hidden { ", hidden" } else { "" };
            let purpose = image.properties.get("os_purpose").cloned();
            table.push([
                image.name.clone().unwrap_or_default(),
                format!("{}{hidden}", image.visibility),
                purpose.unwrap_or_default(),
                one,
                other,
            ]);
        }
        print!("{}", table.text());
        let newest = done.reports.first();
        Ok(newest.map(|report| report.image).unwrap_or_default())
    }

    fn tell_done(&mut self, done: &ReconcileReport) {
        for action in &done.applied {
            println!("{action}");
        }
        for refused in &done.skipped {
            println!("! {}: {}", refused.channel, refused.reason);
            self.went_well &= !refused.is_failure();
        }
        for note in &done.notes {
            println!("! {note}");
        }
    }

    /// Whether a customer finds the image in its list, and what it uses it for.
    fn sight(&self, customer: &str, image: Uuid, usage: &Usage) -> String {
        let Ok(project) = self.project(customer) else {
            return String::new();
        };
        let sees = match self.cloud.lists(&project).contains(&image) {
            true => "sees it",
            false if self.cloud.reaches(&project, image) => "by its id",
            false => "-",
        };
        let used = usage.known().counts(image, &project);
        match used.total() {
            0 => sees.to_owned(),
            uses => format!("{sees}, uses it ({uses})"),
        }
    }
}
