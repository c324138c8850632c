//! Verifies a checksum list, and a file by it, with the vendor's pinned keys. Needs no network.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to people"
)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bonafide::verify::{
    ChecksumList, DigestCheck, FileDigests, Fingerprint, Issuer, SignatureCheck, SignedText,
};
use bonafide::{Evidence, Verified};
use clap::Parser;

use bonafide_examples_support::proof::{
    Failure, Found, MAX_KEY, MAX_LIST, MAX_SIGNATURE, Wanted, read, unreadable,
};

/// Larger than any image; an endless pipe is cut off here.
const MAX_FILE: u64 = 1 << 40;

/// Verifies a signed checksum list, and a file by it, with the vendor's pinned keys.
///
/// The form of a list is detected: SHA256SUMS, BSD's, one bare digest, or Ubuntu's simplestreams.
/// PATH may be a pipe, such as <(curl -fsS URL), and - is standard input.
#[derive(Debug, Parser)]
#[command(
    name = "verify",
    max_term_width = 80,
    after_help = "Exit status: 0 verified, 1 refused (the reason is printed), 2 wrong usage."
)]
struct Arguments {
    /// The keyring, for example ubuntu, centos-7 or fedora-44. Without it, the vendor whose pinned
    /// key the signature names
    #[arg(long, value_name = "KEYRING")]
    vendor: Option<String>,
    /// A key file: a newer copy of a vendor's key, one that is not embedded, or your own. Only the
    /// pinned keys in it are valid
    #[arg(long, value_name = "PATH")]
    key: Option<PathBuf>,
    /// The full fingerprint of the primary key in --key, for a key that is not an embedded
    /// vendor's; may be given again
    #[arg(
        long,
        value_name = "FINGERPRINT",
        requires = "key",
        conflicts_with = "vendor"
    )]
    pinned: Vec<Fingerprint>,
    /// The list of checksums, for example SHA256SUMS or image.qcow2.sha256
    #[arg(long, value_name = "PATH", required_unless_present = "file_signature")]
    list: Option<PathBuf>,
    /// The list's detached signature, for example SHA256SUMS.gpg; without it the list must be
    /// clear-signed
    #[arg(long, value_name = "PATH", requires = "list")]
    signature: Option<PathBuf>,
    /// A detached signature over the file itself, such as image.sig: with a list both must be
    /// valid, without one this signature alone verifies the file
    #[arg(long, value_name = "PATH", requires = "file")]
    file_signature: Option<PathBuf>,
    /// A file to verify
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The file's name in the list, if it was renamed
    #[arg(long = "as", value_name = "NAME", requires = "file", requires = "list")]
    name: Option<String>,
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

/// The input, limited in size.
struct Given {
    key: Option<Vec<u8>>,
    list: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    file_signature: Option<Vec<u8>>,
}

impl Given {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        let all = [
            (&arguments.key, MAX_KEY),
            (&arguments.list, MAX_LIST),
            (&arguments.signature, MAX_SIGNATURE),
            (&arguments.file_signature, MAX_SIGNATURE),
        ];
        let mut whole = all.into_iter().map(|(path, limit)| match path {
            Some(path) => read(path, limit).map(Some),
            None => Ok(None),
        });
        let mut next = || whole.next().transpose().map(Option::flatten);
        Ok(Self {
            key: next()?,
            list: next()?,
            signature: next()?,
            file_signature: next()?,
        })
    }

    /// The issuers that the signatures name; those of the list before that of the file.
    fn issuers(&self) -> Result<Vec<Issuer>, bonafide::verify::Error> {
        match (&self.list, &self.signature, &self.file_signature) {
            (Some(_), Some(signature), _) | (None, _, Some(signature)) => {
                Issuer::of_detached(signature)
            }
            (Some(list), None, _) => Issuer::of_cleartext(list),
            (None, _, None) => Ok(Vec::new()),
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    // Mistakes are reported before anything is read.
    let name = arguments.file.as_deref();
    let name = name.map(|file| name_of(file, arguments.name.as_deref()));
    let name = name.transpose()?;
    if let Some(vendor) = &arguments.vendor {
        Wanted::check(vendor, arguments.key.is_some())?;
    }
    let given = Given::read(arguments)?;
    let wanted = Wanted {
        vendor: arguments.vendor.as_deref(),
        key: given.key.as_deref(),
        pinned: &arguments.pinned,
    };
    let found = wanted.keyring(|| given.issuers())?;
    let list = match &given.list {
        Some(list) => prove_list(list, &given, name.as_deref(), &found)?,
        None => None,
    };
    let (Some(file), Some(name)) = (&arguments.file, name) else {
        return Ok(());
    };
    let signature = given.file_signature.as_deref();
    let signature = signature.map(|signature| found.keyring.file_signature(signature, now()));
    let digests = match (list, signature.transpose()?) {
        (Some(list), signature) => {
            let expected = list.digest(&listed_name(&list, &name)?)?;
            let mut check = DigestCheck::new(&expected);
            if let Some(signature) = signature {
                check = check.signed_by(signature);
            }
            stream(file, |piece| check.update(piece))?;
            check.finish()?
        }
        (None, Some(signature)) => {
            let mut check = SignatureCheck::new(&name, signature);
            stream(file, |piece| check.update(piece))?;
            let digests = check.finish()?;
            println!("the file is verified by its own signature; no list names it");
            show(digests.evidence(), found.name);
            digests
        }
        (None, None) => return Err(Failure::Usage("give --list or --file-signature".into())),
    };
    tell(&digests);
    Ok(())
}

/// Verifies a list and prints the result. `None`: it is verified, and it is an index, which
/// verifies no file.
fn prove_list(
    list: &[u8],
    given: &Given,
    name: Option<&str>,
    found: &Found,
) -> Result<Option<Verified<ChecksumList>>, Failure> {
    let text = match &given.signature {
        Some(signature) => found.keyring.verify_detached(list, signature, now())?,
        None => found.keyring.verify_cleartext(list, now())?,
    };
    if let Some(documents) = text.simplestreams_index() {
        return prove_index(&text, &documents, name, found).map(|()| None);
    }
    let list = text.list_of_any_form(name.unwrap_or_default())?;
    let weak: Vec<_> = list.weak_algorithms().into_iter().collect();
    if list.is_empty() && !weak.is_empty() {
        let weak = weak.join(", ");
        return Err(refused(format!(
            "the list is signed, but its digests are {weak} only, which prove nothing: files can be \
             made to fit them; use the vendor's list of SHA256 or SHA512 digests"
        )));
    }
    match text.is_bare_digest() {
        true => println!("the list is verified; it is one digest, and names no file"),
        false => println!("the list is verified; it names {} files", list.len()),
    }
    show(list.evidence(), found.name);
    Ok(Some(list))
}

fn prove_index(
    text: &Verified<SignedText>,
    documents: &[String],
    name: Option<&str>,
    found: &Found,
) -> Result<(), Failure> {
    if let Some(name) = name {
        // A document is clear-signed only if its name says so.
        let signed = documents
            .iter()
            .map(|path| match path.strip_suffix(".json") {
                Some(path) => format!("{path}.sjson"),
                None => path.clone(),
            });
        return Err(refused(format!(
            "`{name}` can't be verified by an index: it names documents and has no digests; give the \
             document itself as --list: {}",
            signed.collect::<Vec<_>>().join(" or ")
        )));
    }
    println!("the index is verified; it names these documents of images:");
    for document in documents {
        println!("  {document}");
    }
    show(text.evidence(), found.name);
    Ok(())
}

/// The name that the list has for a file. In simplestreams, where names are paths, the only path
/// that ends with the file's name.
fn listed_name(list: &ChecksumList, name: &str) -> Result<String, Failure> {
    if list.names().any(|listed| listed == name) {
        return Ok(name.to_owned());
    }
    let ends = |listed: &&str| {
        listed
            .strip_suffix(name)
            .is_some_and(|path| path.ends_with('/'))
    };
    let of_paths = |listed: &&str| listed.matches('/').count() > 1;
    let paths: Vec<_> = list.names().filter(ends).filter(of_paths).collect();
    match paths[..] {
        [path] => Ok(path.to_owned()),
        [.., last] => Err(refused(format!(
            "{} listed paths end with `{name}`; say with --as which one it is, for example `{last}`",
            paths.len()
        ))),
        [] => Ok(name.to_owned()),
    }
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

fn stream(path: &Path, mut take: impl FnMut(&[u8])) -> Result<(), Failure> {
    let mut file = bonafide_files::open(path).map_err(|error| unreadable(&error))?;
    let mut buffer = vec![0; 256 * 1024];
    let mut left = MAX_FILE;
    loop {
        let read = file.read(&mut buffer);
        let length = read.map_err(|error| {
            Failure::Usage(format!("`{}` can't be read: {error}", path.display()))
        })?;
        if length == 0 {
            return Ok(());
        }
        left = left.checked_sub(length as u64).ok_or_else(|| {
            let path = path.display();
            Failure::Usage(format!(
                "`{path}` has more than {MAX_FILE} bytes, and no image is that large"
            ))
        })?;
        take(&buffer[..length]);
    }
}

fn refused(reason: String) -> Failure {
    Failure::Refused(reason.into())
}

fn show(evidence: &Evidence, keyring: Option<&str>) {
    println!("  vendor       {}", evidence.vendor);
    if let Some(keyring) = keyring {
        println!("  keyring      {keyring}");
    }
    println!("  certificate  {}", evidence.certificate);
    println!("  signed by    {}", evidence.signer);
    println!("  signed at    {}", evidence.signed_at);
    println!(
        "  signature    version {}, {}",
        evidence.signature_version, evidence.digest_algorithm
    );
    println!("  list sha256  {}", evidence.signed_sha256);
    for accepted_weakness in &evidence.accepted_weaknesses {
        println!("  accepted     {accepted_weakness}");
    }
    for other in &evidence.others {
        println!("  not valid    a signature by {other}");
    }
}

fn tell(file: &FileDigests) {
    println!(
        "the file is verified: {}, {} bytes",
        file.name, file.digests.bytes
    );
    println!("  sha256       {}", file.digests.sha256);
    println!("  sha512       {}", file.digests.sha512);
    if let Some(signature) = &file.file_signature {
        println!("  itself by    {}", signature.signer);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program starts here: this is its clock"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
