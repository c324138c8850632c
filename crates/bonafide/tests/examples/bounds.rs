//! What is read from a path may be a pipe, has a bound, and says it.

use std::process::{Command, Stdio};

use crate::forms::verify;
use crate::made::{Made, sha256};
use crate::{example, run};

const IMAGE: &[u8] = b"the bytes of an image";

#[test]
fn lists_and_signatures_may_come_through_pipes() {
    let made = Made::new();
    made.signed("SUMS", format!("{}  image.qcow2\n", sha256(IMAGE)));
    let script = r#"
        "$VERIFY" --key <(cat key.asc) --pinned "$PINNED" --list <(cat SUMS) --signature <(cat SUMS.asc)
        "$VERIFY" --key key.asc --pinned "$PINNED" --list - --signature SUMS.asc < SUMS
        cat SUMS | "$VERIFY" --key key.asc --pinned "$PINNED" --list /dev/stdin --signature SUMS.asc
    "#;
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", script]).current_dir(made.root());
    bash.env("VERIFY", example("verify").get_program());
    bash.env("PINNED", made.fingerprint());
    let (code, stdout, stderr) = run(bash.stdin(Stdio::null()));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        stdout.matches("the list is verified").count(),
        3,
        "{stdout}"
    );
}

#[test]
fn everything_that_is_read_is_bounded_and_says_the_bound() {
    let made = Made::new();
    made.signed("SUMS", format!("{}  image.qcow2\n", sha256(IMAGE)));
    let pinned = &made.fingerprint();
    let given = |key, list, signature| {
        let mut verify = example("verify");
        verify.current_dir(made.root());
        verify.args(["--pinned", pinned, "--key", key]);
        run(verify.args(["--list", list, "--signature", signature]))
    };
    for (answer, bound) in [
        (given("key.asc", "/dev/zero", "SUMS.asc"), "67108864"),
        (given("key.asc", "SUMS", "/dev/zero"), "65536"),
        (given("/dev/zero", "SUMS", "SUMS.asc"), "1048576"),
    ] {
        let (code, stdout, stderr) = answer;
        assert_eq!((code, stdout.as_str()), (2, ""));
        let wanted = format!("error: `/dev/zero` has more than {bound} bytes");
        assert!(stderr.starts_with(&wanted), "{stderr}");
    }
    // A file of that size is refused by its size.
    let large = std::fs::File::create(made.path("large")).unwrap();
    large.set_len(300 << 20).unwrap();
    let (code, _, stderr) = given("key.asc", "large", "SUMS.asc");
    assert_eq!(code, 2);
    assert!(stderr.contains("more than 67108864 bytes"), "{stderr}");
    let (code, _, stderr) = given("key.asc", ".", "SUMS.asc");
    assert_eq!(code, 2);
    assert!(stderr.contains("`.` is a directory"), "{stderr}");
    let endless = [
        "--list",
        "SUMS",
        "--signature",
        "SUMS.asc",
        "--as",
        "image.qcow2",
    ];
    let (code, _, stderr) = verify(&made, &[&endless[..], &["--file", "/dev/zero"]].concat());
    assert_eq!(code, 2);
    assert!(stderr.contains("a device without an end"), "{stderr}");

    for (program, option) in [("publish", "--catalog"), ("check", "")] {
        let option = Some(option).filter(|option| !option.is_empty());
        let (code, _, stderr) = run(example(program).args(option).arg("/dev/zero"));
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains("`/dev/zero` has more than "), "{stderr}");
    }
    let publish = |name: &str, value: &str| {
        let mut publish = example("publish");
        publish.args(["--cloud", "nowhere", "--only", "ubuntu-24.04"]);
        let clouds = made.path("clouds.yaml");
        run(publish
            .env("OS_CLIENT_CONFIG_FILE", clouds)
            .env(name, value))
    };
    let (code, _, stderr) = publish("OS_CLIENT_CONFIG_FILE", "/dev/zero");
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("more than 4194304 bytes"), "{stderr}");
    let cloud = |certificate: &str| {
        format!(
            "clouds:\n  nowhere:\n    {certificate}\n    auth: {{auth_url: \"https://127.0.0.1:9/\", \
             username: a, password: b, project_name: c, user_domain_name: d, project_domain_name: d}}\n"
        )
    };
    for certificate in [
        "cacert: /dev/zero",
        "cert: /dev/zero",
        "cert: key.asc\n    key: /dev/zero",
    ] {
        made.write("clouds.yaml", cloud(certificate));
        let mut publish = example("publish");
        publish.current_dir(made.root());
        publish.args(["--cloud", "nowhere", "--only", "ubuntu-24.04"]);
        let (code, _, stderr) = run(&mut publish);
        assert_eq!(code, 2, "{stderr}");
        assert!(
            stderr.contains("`/dev/zero` has more than 4194304 bytes"),
            "{stderr}"
        );
    }
}
