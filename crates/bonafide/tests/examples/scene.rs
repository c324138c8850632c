//! The files and the cloud of the failures that people meet.

use bonafide_testkit::cloud::EmbeddedCloud;
use bonafide_testkit::keys::{SignatureOptions, SigningDigest, SigningKey};
use bonafide_testkit::qcow2::Qcow2Image;
use jiff::{SignedDuration, Timestamp};

use crate::made::{Made, hour_ago, sha256};
use crate::{example, run};
use support::now;

/// What `OWN` is replaced by in a command.
const OWN: &str = "--key key.asc --pinned KEY";

/// The files that the commands name.
pub(crate) struct Scene {
    pub(crate) made: Made,
    rsa: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let made = Made::new();
        let list = format!(
            "{}  image.qcow2\n{}  b\n",
            sha256(b"the image"),
            sha256(b"b")
        );
        made.write("cut.qcow2", "the i");
        made.write("image.qcow2", "the image");
        made.write("imgae.qcow2", "the image");
        made.signed("SUMS", &list);
        made.write("SUMS.crlf", list.replace('\n', "\r\n"));
        made.signed(
            "OLD",
            format!("{}  image.qcow2\n", sha256(b"an older image")),
        );
        made.signed("DOTS", format!("{}  ./image.qcow2\n", sha256(b"the image")));
        let sizes = format!("SHA256 (image.qcow2) = {}\n", sha256(b"the image"));
        made.signed("SIZES", format!("# image.qcow2: 9 bytes\n{sizes}"));
        made.signed(
            "MD5SUMS",
            "MD5 (image.qcow2) = 900150983cd24fb0d6963f7d28e17f72\n",
        );
        made.clear_signed("CLEAR", &list);
        made.write("page.html", "<!DOCTYPE html><title>404 Not Found</title>");
        made.write("empty", "");
        let signature = std::fs::read(made.path("SUMS.asc")).unwrap();
        made.write("cut.asc", &signature[..150]);
        let tomorrow = now() + SignedDuration::from_hours(24);
        let options = SignatureOptions::at(tomorrow);
        made.write(
            "tomorrow.asc",
            made.key().sign(list.as_bytes(), &options).unwrap(),
        );
        for (name, key) in [
            ("by-fedora.sig", "36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6"),
            (
                "by-ubuntus-cd-key.sig",
                "843938DF228D22F7B3742BC0D94AA3F0EFE21092",
            ),
        ] {
            made.write(name, naming(&made, list.as_bytes(), key));
        }
        let created = hour_ago() - SignedDuration::from_hours(24);
        let rsa = SigningKey::generate_rsa("Vendor <a@vendor.test>", created, 2048).unwrap();
        made.write("rsa.asc", rsa.public_key_armored().unwrap());
        let sha1 = SignatureOptions::at(hour_ago()).digest(SigningDigest::Sha1);
        made.write("sha1.sig", rsa.sign_binary(list.as_bytes(), &sha1).unwrap());
        let rsa = rsa.fingerprint();
        Self { made, rsa }
    }

    pub(crate) fn run(&self, command: &str) -> (i32, String, String) {
        let command = command.replace("OWN", OWN);
        let command = command.replace("KEY", &self.made.fingerprint());
        let command = command.replace("RSA", &self.rsa);
        let mut words = command.split(' ');
        let mut program = example(words.next().unwrap());
        run(program.args(words).current_dir(self.made.root()))
    }

    /// The text without what differs from run to run.
    pub(crate) fn plain(&self, text: &str) -> String {
        let text = text.replace(&self.made.fingerprint(), "KEY");
        let text = text.replace(&self.rsa, "RSA");
        let text = text.replace(&*self.made.root().to_string_lossy(), "DIR");
        let words = text.trim_end().split(' ').map(|word| {
            let bare = word.trim_end_matches([';', ',', ':']);
            let end = &word[bare.len()..];
            if bare.parse::<Timestamp>().is_ok() {
                format!("TIME{end}")
            } else if bare.parse::<uuid::Uuid>().is_ok() && bare.len() == 36 {
                format!("ID{end}")
            } else {
                word.to_owned()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A signature that says that another key made it.
fn naming(made: &Made, data: &[u8], fingerprint: &str) -> Vec<u8> {
    let signature = made
        .key()
        .sign_binary(data, &SignatureOptions::at(hour_ago()));
    let mut signature = signature.unwrap();
    let bytes = |text: &str| -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2);
        let pair = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(pair).collect()
    };
    let (own, other) = (bytes(&made.fingerprint()), bytes(fingerprint));
    // The key id is the end of the fingerprint.
    for part in [0..20, 12..20] {
        let places = signature.windows(part.len()).enumerate();
        let places = places.filter(|(_, window)| *window == &own[part.clone()]);
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        for place in places {
            signature[place..place + part.len()].copy_from_slice(&other[part.clone()]);
        }
    }
    signature
}

/// A catalog of one image that the made key signed, and its clouds.
pub(crate) async fn own_channel(made: &Made) -> EmbeddedCloud {
    let image: Vec<u8> = Qcow2Image::new(1 << 30, 4, 3)
        .chunks(0, 1 << 16)
        .flatten()
        .collect();
    made.write("own.qcow2", &image);
    made.signed("OWNSUMS", format!("{}  own.qcow2\n", sha256(&image)));
    let pin = made.fingerprint();
    made.write(
        "catalog.toml",
        format!(
            r#"
[[channel]]
naming = {{ stack = "Own" }}
lifecycle = {{ replace_frequency = "never", provided_until = "none" }}
trust = {{ pinned = ["{pin}"], key_files = ["key.asc"] }}

[channel.source.own]
channel = "own"
image = "own.qcow2"
list = "OWNSUMS"
signature = "OWNSUMS.asc"
distribution = "ubuntu"
version = "24.04"

[channel.properties]
image_description = "An image of the operator's own"
"#
        ),
    );
    let cloud = EmbeddedCloud::start().await.unwrap();
    made.write("clouds.yaml", cloud.clouds_yaml());
    made.write(
        "wrong.yaml",
        cloud.clouds_yaml().replace("userpw", "guessed"),
    );
    cloud
}
