//! Proves a checksum list, and a file by it, with the vendor's pinned keys. Needs no network.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bonafide::verify::{ChecksumList, DigestCheck, FileDigests};
use bonafide::{Evidence, Keyring, Verified};
use clap::Parser;

/// Proves a signed checksum list, and a file by it, with the vendor's pinned keys.
#[derive(Debug, Parser)]
#[command(
    name = "verify",
    after_help = "Exit status: 0 proven, 1 refused (the reason is printed), 2 wrong usage."
)]
struct Arguments {
    /// Whose keys count, for example ubuntu, centos-7 or fedora-44
    #[arg(long, value_name = "KEYRING")]
    vendor: String,
    /// A key file of the vendor's: a newer copy, or one that is not embedded. It counts only if its
    /// primary key is the pinned one
    #[arg(long, value_name = "PATH")]
    key: Option<PathBuf>,
    /// The list of checksums, for example SHA256SUMS
    #[arg(long, value_name = "PATH")]
    list: PathBuf,
    /// The list's detached signature, for example SHA256SUMS.gpg; without it the list must be
    /// clear-signed
    #[arg(long, value_name = "PATH")]
    signature: Option<PathBuf>,
    /// A detached signature over the file itself, which must count too
    #[arg(long, value_name = "PATH", requires = "file")]
    file_signature: Option<PathBuf>,
    /// A file to prove by the list
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The file's name in the list, if it was renamed
    #[arg(long = "as", value_name = "NAME", requires = "file")]
    name: Option<String>,
}

/// Either the person got something wrong, or the proof failed.
enum Failure {
    Refused(Box<dyn Error>),
    Usage(String),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error))
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Refused(error)) => {
            eprintln!("REFUSED: {error}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(reason)) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = &arguments.vendor;
    let Some(mut keyring) = Keyring::embedded(name) else {
        let known = Keyring::embedded_names().join(", ");
        return Err(Failure::Usage(format!(
            "no keys of `{name}` are known; there are {known}"
        )));
    };
    if let Some(key) = &arguments.key {
        keyring.add(&read(key)?)?;
    }
    if keyring.missing().len() == keyring.pinned().len() {
        let urls = Keyring::key_urls(name).join(" ");
        return Err(Failure::Usage(format!(
            "the key of `{name}` is not embedded; give it with --key, for example from {urls}"
        )));
    }
    let list = read(&arguments.list)?;
    let signature = arguments.signature.as_deref().map(read).transpose()?;
    let name = match &arguments.file {
        Some(file) => Some(name_of(file, arguments.name.as_deref())?),
        None => None,
    };
    let text = match signature {
        Some(signature) => keyring.verify_detached(&list, &signature, now())?,
        None => keyring.verify_cleartext(&list, now())?,
    };
    let list = text.checksum_list()?;
    show(list.evidence(), &list);
    if let (Some(file), Some(name)) = (&arguments.file, name) {
        let mut check = DigestCheck::new(&list.digest(&name)?);
        if let Some(path) = &arguments.file_signature {
            check = check.signed_by(keyring.file_signature(&read(path)?, now())?);
        }
        let digests = prove(file, check)?;
        println!("the file is proven: {name}, {} bytes", digests.bytes);
        println!("  sha256       {}", digests.sha256);
        println!("  sha512       {}", digests.sha512);
        if let Some(signature) = &digests.file_signature {
            println!("  itself by    {}", signature.signer);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("`{}` can't be read: {error}", path.display()))
}

fn name_of(file: &Path, given: Option<&str>) -> Result<String, Failure> {
    let own = || {
        file.file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned)
    };
    given.map(str::to_owned).or_else(own).ok_or_else(|| {
        Failure::Usage(format!(
            "`{}` has no file name; give one with --as",
            file.display()
        ))
    })
}

fn prove(path: &Path, mut check: DigestCheck) -> Result<Verified<FileDigests>, Failure> {
    let mut file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file
            .read(&mut buffer)
            .map_err(|error| cannot_read(path, &error))?
        {
            0 => return Ok(check.finish()?),
            length => check.update(&buffer[..length]),
        }
    }
}

fn show(evidence: &Evidence, list: &ChecksumList) {
    println!("the list is proven; it names {} files", list.len());
    println!("  vendor       {}", evidence.vendor);
    println!("  certificate  {}", evidence.certificate);
    println!("  signed by    {}", evidence.signer);
    println!("  signed at    {}", evidence.signed_at);
    println!(
        "  signature    version {}, {}",
        evidence.signature_version, evidence.digest_algorithm
    );
    println!("  list sha256  {}", evidence.signed_sha256);
    for concession in &evidence.concessions {
        println!("  accepted     {concession}");
    }
    for other in &evidence.others {
        println!("  not counted  a signature by {other}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program starts here: this is its clock"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
