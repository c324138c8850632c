use std::fs;
use std::io::Write as _;
use std::process::Command;

use super::*;

const HASTE: Patience = Patience {
    opening: Duration::from_millis(50),
    reading: Duration::from_millis(50),
};

fn named_pipe(directory: &Path) -> PathBuf {
    let path = directory.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    path
}

#[test]
fn a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_refused_with_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read(&path, 5).unwrap(), b"12345");
    assert_eq!(read_text(&path, 5).unwrap(), "12345");
    let error = read(&path, 4).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 4, .. }));
    let shown = path.display();
    assert_eq!(
        error.to_string(),
        format!(
            "`{shown}` has more than 4 bytes, the most that is read of such a file; is it the right one?"
        )
    );
}

#[test]
fn a_file_whose_size_is_not_announced_is_bounded_too() {
    assert!(matches!(
        read(Path::new("/dev/zero"), 1 << 16),
        Err(Error::TooLarge { limit: 65_536, .. })
    ));
    assert!(read(Path::new("/dev/null"), 1).unwrap().is_empty());
    // The kernel says that this file has no bytes.
    assert!(
        !read(Path::new("/proc/self/cmdline"), 1 << 16)
            .unwrap()
            .is_empty()
    );
    assert!(matches!(
        read(Path::new("/proc/self/cmdline"), 1),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn a_directory_and_a_missing_file_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    assert!(matches!(
        read(directory.path(), 1),
        Err(Error::Directory { .. })
    ));
    assert!(matches!(
        open(directory.path()),
        Err(Error::Directory { .. })
    ));
    for error in [read(&missing, 1).unwrap_err(), open(&missing).unwrap_err()] {
        let shown = missing.display();
        assert_eq!(error.to_string(), format!("`{shown}` can't be read"));
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    fs::write(&path, b"ab\xff").unwrap();
    assert!(matches!(
        read_text(&path, 9),
        Err(Error::NotText { at: 2, .. })
    ));
}

#[test]
fn what_streams_must_have_an_end() {
    assert!(matches!(
        open(Path::new("/dev/zero")),
        Err(Error::Endless { .. })
    ));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    fs::write(&path, "image").unwrap();
    let mut text = String::new();
    open(&path).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "image");
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = named_pipe(directory.path());
    for limit in [4, 3] {
        let writer = path.clone();
        let writer = thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(writer).unwrap();
            // A reader that has had enough closes its end.
            let _ = pipe.write_all(b"list");
        });
        let read = read(&path, limit);
        match limit {
            4 => assert_eq!(read.unwrap(), b"list"),
            _ => assert!(matches!(read, Err(Error::TooLarge { limit: 3, .. }))),
        }
        writer.join().unwrap();
    }
}

#[test]
fn a_pipe_without_a_writer_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = named_pipe(directory.path());
    let error = read_within(&path, 9, HASTE).unwrap_err();
    assert!(matches!(error, Error::NoWriter { .. }), "{error}");
    // Ends the thread that still waits.
    drop(fs::OpenOptions::new().write(true).open(&path).unwrap());
}

#[test]
fn a_pipe_that_does_not_end_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = named_pipe(directory.path());
    // Open for reading too, so that opening it waits for no other end.
    let held = fs::OpenOptions::new().read(true).write(true).open(&path);
    let mut held = held.unwrap();
    held.write_all(b"a list without an end").unwrap();
    let patient = Patience {
        opening: PATIENCE.opening,
        ..HASTE
    };
    let error = read_within(&path, 99, patient).unwrap_err();
    assert!(matches!(error, Error::TooSlow { .. }), "{error}");
}
