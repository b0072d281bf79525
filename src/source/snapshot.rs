//! Snapshot files: reads and writes inventories as JSON, plain or compressed with zstd, and makes one inventory of several files.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::error::SourceError;
use crate::inventory::Inventory;
use crate::inventory::merge::{Part, merged};
use crate::inventory::snapshot::{SnapshotError, from_text, to_text};

/// How many bytes of a snapshot or JSON report are read, unpacked: 4 GiB. The snapshot of an estate of 100,000 secrets has 82 MB, its report about 1 GB. A zstd bomb ends here.
pub const MAX_BYTES: u64 = 4 << 30;

/// So much is looked at first: what is no JSON object goes no further, so that a device without an end fills no memory.
const START: u64 = 1 << 16;

/// The first bytes of a zstd frame (<https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1>).
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The level at which snapshots are compressed: the library's usual one.
const ZSTD_LEVEL: i32 = 3;

/// Reads the snapshot in `path`; whether it is compressed is seen by its first bytes, not by its name.
pub fn read(path: &Path) -> Result<Inventory, SourceError> {
    let text = text_of(path, MAX_BYTES)?;
    from_text(&text).map_err(|cause| SourceError::Snapshot { path: path.to_owned(), cause })
}

/// How the files of a folder end that are read as snapshots.
const ENDINGS: [&str; 2] = [".json", ".json.zst"];

/// Reads the snapshots in `paths` into one inventory. A folder stands for every `*.json` and `*.json.zst` in it, by name; what is in folders in it is left alone. One file that
/// cannot be read is an error, because nobody would miss what it holds.
pub fn read_all(paths: &[PathBuf]) -> Result<Inventory, SourceError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { files.extend(files_of(path)?) } else { files.push(path.clone()) }
    }
    if let [one] = files.as_slice() {
        return read(one);
    }
    let part = |path: &PathBuf| Ok(Part { name: path.display().to_string(), inventory: read(path)? });
    let parts = files.iter().map(part).collect::<Result<_, SourceError>>()?;
    let mut inventory = merged(parts).ok_or(SourceError::NoSnapshot { path: paths.first().cloned().unwrap_or_default() })?;
    inventory.share();
    Ok(inventory)
}

/// The snapshots in a folder, by name.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |cause| SourceError::Read { path: folder.to_owned(), cause };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // What begins with a dot is hidden, as the file is that a snapshot is written to at first.
        if !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending)) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(SourceError::NoSnapshot { path: folder.to_owned() }) } else { Ok(files) }
}

/// The unpacked text of a file that may be a snapshot or something else.
pub fn text(path: &Path) -> Result<Vec<u8>, SourceError> {
    text_of(path, MAX_BYTES)
}

/// Writes a snapshot of `inventory` to `path`, compressed when its name ends in `.zst`. A file that was there is replaced at once
/// and whole: nobody reads half a snapshot. What is not a regular file (a pipe, `/dev/stdout`) is written straight.
pub fn write(path: &Path, inventory: &Inventory) -> Result<(), SourceError> {
    let text = to_text(inventory).map_err(|cause| SourceError::Snapshot { path: path.to_owned(), cause })?;
    let failed = |cause| SourceError::Write { path: path.to_owned(), cause };
    let bytes = if path.extension() == Some(OsStr::new("zst")) {
        zstd::encode_all(text.as_bytes(), ZSTD_LEVEL).map_err(failed)?
    } else {
        text.into_bytes()
    };
    replace(path, &bytes).map_err(failed)
}

/// The unpacked bytes of a file, at most `limit`.
fn text_of(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let failed = |cause| SourceError::Read { path: path.to_owned(), cause };
    let mut file = File::open(path).map_err(failed)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(ZSTD_MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
    let compressed = start == ZSTD_MAGIC;
    let whole = io::Cursor::new(start).chain(file);
    let mut text = Vec::new();
    let outcome = if compressed {
        zstd::Decoder::new(whole).and_then(|unpacked| read_to(limit, unpacked, &mut text))
    } else {
        read_to(limit, whole, &mut text)
    };
    match outcome {
        Ok(()) if is_no_object(&text) && text.len() as u64 >= START => {
            let cause = SnapshotError::NotASnapshot("it does not begin with {".to_owned());
            Err(SourceError::Snapshot { path: path.to_owned(), cause })
        }
        Ok(()) if text.len() as u64 > limit => Err(SourceError::TooLarge { path: path.to_owned(), limit }),
        Ok(()) => Ok(text),
        Err(error) if compressed && error.kind() == io::ErrorKind::UnexpectedEof => {
            let place = format!("inside its compressed data, after {} bytes of JSON", text.len());
            Err(SourceError::Snapshot { path: path.to_owned(), cause: SnapshotError::Truncated { place } })
        }
        Err(cause) => Err(failed(cause)),
    }
}

/// Reads until there is too much, or what cannot be a snapshot.
fn read_to(limit: u64, mut from: impl Read, text: &mut Vec<u8>) -> io::Result<()> {
    Read::by_ref(&mut from).take(START.min(limit.saturating_add(1))).read_to_end(text)?;
    if !is_no_object(text) {
        from.take(limit.saturating_add(1).saturating_sub(text.len() as u64)).read_to_end(text)?;
    }
    Ok(())
}

fn is_no_object(text: &[u8]) -> bool {
    text.trim_ascii_start().first().is_some_and(|first| *first != b'{')
}

/// Puts `bytes` in the place of the file `path` in one step.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = match fs::metadata(path) {
        Ok(there) if !there.is_file() => return File::options().write(true).open(path)?.write_all(bytes),
        // Through a symbolic link, so that the link stays.
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_owned(),
    };
    let beside = beside(&target)?;
    let written = File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&beside, &target));
    if replaced.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// The name of the file that is written before it takes the place of `target`, in the same folder.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is not the name of a file"))?;
    let mut hidden = OsStr::new(".").to_owned();
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    Ok(target.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("rotaudit-snapshot-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn inventory() -> Inventory {
        Inventory::empty(Timestamp::from_second(1_700_000_000).unwrap())
    }

    #[test]
    fn a_snapshot_is_read_back_whatever_its_name_says() {
        let folder = folder("read-back");
        let (plain, packed) = (folder.join("a.json"), folder.join("a.json.zst"));
        write(&plain, &inventory()).unwrap();
        write(&packed, &inventory()).unwrap();
        assert!(fs::read(&plain).unwrap().starts_with(b"{\"format\":\"rotaudit-inventory\""));
        assert!(fs::read(&packed).unwrap().starts_with(&ZSTD_MAGIC));
        fs::rename(&packed, &plain).unwrap();
        assert_eq!(read(&plain).unwrap(), inventory());
        write(&plain, &inventory()).unwrap();
        assert_eq!(read(&plain).unwrap(), inventory());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no half-written file stays behind");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_stands_for_the_snapshots_in_it_and_one_that_cannot_be_read_is_named() {
        let folder = folder("several");
        assert!(matches!(read_all(std::slice::from_ref(&folder)), Err(SourceError::NoSnapshot { .. })));
        let mut later = inventory();
        later.as_of = Timestamp::from_second(1_800_000_000).unwrap();
        write(&folder.join("a.json.zst"), &later).unwrap();
        fs::write(folder.join("notes.txt"), "no snapshot").unwrap();
        fs::create_dir(folder.join("deeper.json")).unwrap();
        assert_eq!(read_all(std::slice::from_ref(&folder)).unwrap(), later);
        write(&folder.join("b.json"), &inventory()).unwrap();
        assert_eq!(read_all(std::slice::from_ref(&folder)).unwrap().as_of, later.as_of);
        fs::write(folder.join("c.json"), "{}").unwrap();
        assert!(read_all(std::slice::from_ref(&folder)).unwrap_err().to_string().contains("c.json"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_cut_off_snapshot_says_so() {
        let folder = folder("cut-off");
        for name in ["a.json", "a.json.zst"] {
            let path = folder.join(name);
            write(&path, &inventory()).unwrap();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(&error, SourceError::Snapshot { cause: SnapshotError::Truncated { .. }, .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_unpacks_beyond_the_limit_is_refused() {
        let folder = folder("bomb");
        let path = folder.join("bomb.zst");
        fs::write(&path, zstd::encode_all(io::repeat(b' ').take(1 << 20), 1).unwrap()).unwrap();
        assert!(matches!(text_of(&path, 1000), Err(SourceError::TooLarge { limit: 1000, .. })));
        assert_eq!(text_of(&path, 1 << 20).unwrap().len(), 1 << 20);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named() {
        let folder = folder("missing");
        let missing = folder.join("none.json");
        assert!(read(&missing).unwrap_err().to_string().contains("none.json"));
        assert!(matches!(read(&folder), Err(SourceError::Read { .. })));
        assert!(matches!(write(&folder, &inventory()), Err(SourceError::Write { .. })));
        assert!(matches!(write(&folder.join("no/such/folder.json"), &inventory()), Err(SourceError::Write { .. })));
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_a_link_and_a_device_a_device() {
        let folder = folder("link");
        let (file, link) = (folder.join("file.json"), folder.join("link.json"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, &inventory()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read(&file).unwrap(), inventory());
        write(Path::new("/dev/null"), &inventory()).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        fs::remove_dir_all(folder).unwrap();
    }
}
