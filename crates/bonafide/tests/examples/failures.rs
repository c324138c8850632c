//! What people read when it fails: the whole text of the likeliest failures. Each says what happened,
//! with the values, and what to do next.
//!
//! `KEY` is the fingerprint of the key that signed, `ID` an image's, `TIME` any time, `DIR` the directory
//! of the files, `CLOUD` the address of an embedded cloud.

use std::process::Command;

use crate::scene::{Scene, own_channel};
use crate::{example, run};

/// A command, its exit status, and what it writes to standard error.
struct Failure {
    what: &'static str,
    command: &'static str,
    status: i32,
    says: &'static str,
}

#[rustfmt::skip]
const FAILURES: &[Failure] = &[
    Failure {
        what: "a plain list without its signature",
        command: "verify --vendor ubuntu --list SUMS",
        status: 1,
        says: "REFUSED: unsigned: not a clear-signed message, but a plain list: give its detached signature too, which the vendor publishes beside the list, as `SHA256SUMS.gpg`, `CHECKSUM.asc` or `SHA512SUMS.sign`",
    },
    Failure {
        what: "another vendor's list",
        command: "verify --vendor debian --list SUMS --signature by-fedora.sig",
        status: 1,
        says: "REFUSED: the signature is by an unknown key 36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6 of TIME; pinned for debian: DF9B9C49EAA9298432589D76DA87E80D6294BE9B; this key is pinned for fedora: if the file is fedora's, use the keyring `fedora-44`",
    },
    Failure {
        what: "another release's list",
        command: "verify --vendor fedora-43 --list SUMS --signature by-fedora.sig",
        status: 1,
        says: "REFUSED: the signature is by an unknown key 36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6 of TIME; pinned for fedora: C6E7F081CF80E13146676E88829B606631645531; this is the key of another release of fedora: use the keyring `fedora-44`, or fetch the list of the release that you want",
    },
    Failure {
        what: "a list of Ubuntu's ISO images",
        command: "verify --vendor ubuntu --list SUMS --signature by-ubuntus-cd-key.sig",
        status: 1,
        says: "REFUSED: the signature is by an unknown key 843938DF228D22F7B3742BC0D94AA3F0EFE21092 of TIME; pinned for ubuntu: D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81, 4A3CE3CD565D7EB5C810E2B97FF3F408476CF100; this is Ubuntu's CD image key, which signs ISO images, not cloud images: fetch the list of https://cloud-images.ubuntu.com/",
    },
    Failure {
        what: "a list by a key that is not pinned anywhere",
        command: "verify --vendor debian --list SUMS --signature SUMS.asc",
        status: 1,
        says: "REFUSED: the signature is by an unknown key KEY of TIME; pinned for debian: DF9B9C49EAA9298432589D76DA87E80D6294BE9B; fetch the list and its signature anew from the vendor's own site, and ask the vendor whether it has a new key if that does not help",
    },
    Failure {
        what: "a signature over SHA-1",
        command: "verify --key rsa.asc --pinned RSA --list SUMS --signature sha1.sig",
        status: 1,
        says: "REFUSED: weak digest: the signature of key RSA of TIME uses SHA1; SHA-256 or stronger is required: take a newer build, or ask the vendor to sign with SHA-256 or stronger",
    },
    Failure {
        what: "a list of MD5 digests",
        command: "verify OWN --list MD5SUMS --signature MD5SUMS.asc",
        status: 1,
        says: "REFUSED: the list is signed, but its digests are MD5 only, which prove nothing: files can be made to fit them; use the vendor's list of SHA256 or SHA512 digests",
    },
    Failure {
        what: "an error page for a signature",
        command: "verify --vendor ubuntu --list SUMS --signature page.html",
        status: 1,
        says: "REFUSED: the signature is not readable as OpenPGP data: it is an HTML page, as servers answer with for an error: open the URL that it was fetched from, and fetch the signature itself",
    },
    Failure {
        what: "an error page for a list",
        command: "verify --vendor fedora-44 --list page.html",
        status: 1,
        says: "REFUSED: unsigned: not a clear-signed message, but an HTML page, as servers answer with for an error: open the URL that it was fetched from, and fetch the list itself",
    },
    Failure {
        what: "an error page for a key",
        command: "verify --vendor flatcar --key page.html --list SUMS --signature SUMS.asc",
        status: 1,
        says: "REFUSED: no pinned key of flatcar in the key file: it is an HTML page; give the file of F88CFEDEFF29A5B4D9523864E25D9AED0593B34A",
    },
    Failure {
        what: "an empty signature",
        command: "verify --vendor ubuntu --list SUMS --signature empty",
        status: 1,
        says: "REFUSED: unsigned: the signature file is empty; fetch it anew",
    },
    Failure {
        what: "a signature that was cut short",
        command: "verify OWN --list SUMS --signature cut.asc",
        status: 1,
        says: "REFUSED: the signature is not readable as OpenPGP data: it is cut short: its armor has no last line; fetch it anew",
    },
    Failure {
        what: "a list of today and a signature of yesterday",
        command: "verify OWN --list SUMS --signature OLD.asc",
        status: 1,
        says: "REFUSED: bad signature: the data is not what key KEY signed at TIME; it was changed on the way, or the signature belongs to another file or another day: fetch both anew from one directory, and report it to the vendor if that does not help",
    },
    Failure {
        what: "a list whose line ends were converted",
        command: "verify OWN --list SUMS.crlf --signature SUMS.asc",
        status: 1,
        says: "REFUSED: bad signature: the data is not what key KEY signed at TIME; it was changed on the way: it has CRLF line ends and matches without, so a program converted it; fetch it anew, and do not convert it",
    },
    Failure {
        what: "a name that is not listed",
        command: "verify OWN --list SUMS --signature SUMS.asc --file imgae.qcow2",
        status: 1,
        says: "REFUSED: `imgae.qcow2` is not in the signed list, which has 2 names; did you mean `image.qcow2`?",
    },
    Failure {
        what: "a list that `sha256sum ./*` wrote",
        command: "verify OWN --list DOTS --signature DOTS.asc --file image.qcow2",
        status: 1,
        says: "REFUSED: `image.qcow2` is not in the signed list, which has 1 name; `./image.qcow2` is, as `sha256sum ./*` writes it: ask for that name",
    },
    Failure {
        what: "a download that was cut short, by a list with sizes",
        command: "verify OWN --list SIZES --signature SIZES.asc --file cut.qcow2 --as image.qcow2",
        status: 1,
        says: "REFUSED: `image.qcow2` is not the vendor's file: sha256 expected `97e9d7a16021e6d07fbe28cce398f5847fc00c574991fbff65d95fd5e032d389`, computed `9867b985c3f837dc6eaae9c32c439cbe3052214e9b150ec76136ef31d78383f6` over 5 bytes; it is cut short, since the list says 9 bytes: fetch it anew, or the rest of it",
    },
    Failure {
        what: "a download that was cut short, by a list without",
        command: "verify OWN --list SUMS --signature SUMS.asc --file cut.qcow2 --as image.qcow2",
        status: 1,
        says: "REFUSED: `image.qcow2` is not the vendor's file: sha256 expected `97e9d7a16021e6d07fbe28cce398f5847fc00c574991fbff65d95fd5e032d389`, computed `9867b985c3f837dc6eaae9c32c439cbe3052214e9b150ec76136ef31d78383f6` over 5 bytes; it is cut short, changed or of another build: fetch it anew, and report it to the vendor if that does not help",
    },
    Failure {
        what: "a missing file",
        command: "verify --vendor ubuntu --list SHA256SUMS --signature SUMS.asc",
        status: 2,
        says: "error: `SHA256SUMS` can't be read: No such file or directory (os error 2); look at the path, or fetch the file first",
    },
    Failure {
        what: "a URL for a file",
        command: "verify --vendor ubuntu --list https://cloud-images.ubuntu.com/SHA256SUMS",
        status: 2,
        says: "error: `https://cloud-images.ubuntu.com/SHA256SUMS` is a URL, and only files are read; fetch it first, or give <(curl -fsSL https://cloud-images.ubuntu.com/SHA256SUMS)",
    },
    Failure {
        what: "a misspelt vendor",
        command: "verify --vendor ubunut --list SUMS --signature SUMS.asc",
        status: 2,
        says: "error: no keys of `ubunut` are known; did you mean `ubuntu`? There are almalinux-10, almalinux-8, almalinux-9, centos, centos-7, debian, fedora-42, fedora-43, fedora-44, fedora-45, flatcar, opensuse, rocky-10, rocky-8, rocky-9, ubuntu",
    },
    Failure {
        what: "Flatcar without its key",
        command: "verify --vendor flatcar --list SUMS --signature SUMS.asc",
        status: 2,
        says: "error: the key of `flatcar` is not embedded; give it with --key, for example from https://www.flatcar.org/security/image-signing-key/Flatcar_Image_Signing_Key.asc",
    },
    Failure {
        what: "another key file",
        command: "verify --vendor flatcar --key key.asc --list SUMS --signature SUMS.asc",
        status: 1,
        says: "REFUSED: no pinned key of flatcar in the key file: it holds KEY; give the file of F88CFEDEFF29A5B4D9523864E25D9AED0593B34A",
    },
    Failure {
        what: "a clear-signed list as a detached signature",
        command: "verify OWN --list SUMS --signature CLEAR",
        status: 1,
        says: "REFUSED: the signature file is a clear-signed message, whose signature is over the text in it: give it as the list, without a signature",
    },
    Failure {
        what: "a detached signature as a list",
        command: "verify OWN --list SUMS.asc",
        status: 1,
        says: "REFUSED: unsigned: not a clear-signed message, but a detached signature: give it as the signature, and the file that it is over as the list",
    },
    Failure {
        what: "list and signature the other way round",
        command: "verify OWN --list SUMS.asc --signature SUMS",
        status: 1,
        says: "REFUSED: the signature is not readable as OpenPGP data: it is a list of checksums; give the list and its signature the other way round",
    },
    Failure {
        what: "a clock that is behind",
        command: "verify OWN --list SUMS --signature tomorrow.asc",
        status: 1,
        says: "REFUSED: the signature of key KEY is from the future: made at TIME, now it is TIME; check this machine's clock",
    },
];

#[test]
fn each_failure_says_what_happened_and_what_to_do() {
    let scene = Scene::new();
    let mut wrong = Vec::new();
    for failure in FAILURES {
        let (status, stdout, stderr) = scene.run(failure.command);
        let says = scene.plain(&stderr);
        if (status, says.as_str()) != (failure.status, failure.says) {
            let Failure {
                what, says: wanted, ..
            } = failure;
            wrong.push(format!(
                "{what}: {status}\n  {says}\nwanted: {}\n  {wanted}",
                failure.status
            ));
        }
        assert!(!stdout.contains("the file is verified"), "{}", failure.what);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The last line that says why, on whichever stream.
fn why(output: (i32, String, String), plain: impl Fn(&str) -> String) -> (i32, String) {
    let (status, stdout, stderr) = output;
    let all = format!("{stdout}{stderr}");
    let line = all.lines().rev().find(|line| {
        ["error: ", "REFUSED: ", "FAILED "]
            .iter()
            .any(|start| line.starts_with(start))
    });
    (status, plain(line.unwrap_or(&all)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_of_a_cloud_says_what_happened_and_what_to_do() {
    let scene = Scene::new();
    let cloud = own_channel(&scene.made).await;
    let plain = |text: &str| {
        let text = text.replace(cloud.image_url(), "GLANCE");
        let text = text.replace(cloud.auth_url(), "CLOUD");
        scene.plain(&text)
    };
    let command = |program: &str, clouds: &str, arguments: &str| -> Command {
        let mut command = example(program);
        command.current_dir(scene.made.root());
        command.env("HOME", scene.made.root());
        command.env_remove("XDG_CONFIG_HOME");
        if !clouds.is_empty() {
            command.env("OS_CLIENT_CONFIG_FILE", clouds);
        }
        command.args(arguments.split(' '));
        command
    };
    let publish = "--catalog catalog.toml --cloud ";

    std::fs::rename(scene.made.path("clouds.yaml"), scene.made.path("c.yaml")).unwrap();
    let (status, says) = why(
        run(&mut command("check", "", "--cloud publisher --edition v2")),
        plain,
    );
    assert_eq!(status, 2, "{says}");
    for wanted in [
        "cloud `publisher` is not in clouds.yaml",
        "`./clouds.yaml (absent)`",
        "`DIR/.config/openstack/clouds.yaml (absent)`",
        "`/etc/openstack/clouds.yaml (absent)`",
    ] {
        assert!(says.contains(wanted), "{says}");
    }

    let (status, says) = why(
        run(&mut command(
            "check",
            "wrong.yaml",
            "--cloud publisher --edition v2",
        )),
        plain,
    );
    assert_eq!(status, 2, "{says}");
    assert!(
        says.contains("was answered 401") && says.contains("check user, password"),
        "{says}"
    );

    let arguments = format!("{publish}publisher");
    let (status, says) = why(run(&mut command("publish", "c.yaml", &arguments)), plain);
    assert_eq!(status, 1, "{says}");
    assert!(
        says.contains("give the user the role that `publicize_image` requires"),
        "{says}"
    );

    // A disk that is full, as the operating system says it of files that may not grow.
    let several = format!("{publish}admin --cloud customer");
    let program = command("publish", "c.yaml", &several);
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    limited.arg(program.get_program()).args(program.get_args());
    limited.current_dir(scene.made.root());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.env("TMPDIR", scene.made.root());
    let (status, says) = why(run(&mut limited), plain);
    assert_eq!(status, 1, "{says}");
    assert!(
        says.contains("can't be kept in `DIR`") && says.contains("set TMPDIR"),
        "{says}"
    );
}
