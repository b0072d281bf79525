//! The spool: a file to which every definite answer is appended while a collection runs, so that one that was broken off goes on where it was.
//!
//! The file begins with a line that names its format. Records follow: length and CRC-32 of the payload (4 bytes each, little-endian), then the payload, JSON.
//! The first record says what was asked for. A record that is torn or damaged ends what is read; it and what follows is cut off, and asked again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stored::{Key, Stored};
use crate::source::error::SourceError;

/// The first line. The number is that of the format: another one is not read.
const FORMAT: &[u8] = b"rotaudit-spool 1\n";

/// The longest payload that is believed, in bytes: some times the longest body.
const LONGEST: u32 = 256 << 20;

/// What a collection was asked for, by name.
pub(crate) type AskedFor = BTreeMap<String, String>;

/// A record.
#[derive(Debug, Serialize, Deserialize)]
enum Record {
    /// What was asked for, and the time at which the inventory counts as read.
    Head { as_of: Timestamp, asked: AskedFor },
    /// More of what a resumed collection has to agree with, which was not known before AWS was asked.
    Found { what: String, value: String },
    /// A request and its answer.
    Answer { key: Key, answer: Stored },
}

/// An open spool.
#[derive(Debug)]
pub(super) struct Spool {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Where the next record goes.
    end: u64,
    /// Where the payload of each answer is, and its length.
    answers: BTreeMap<Key, (u64, u32)>,
    found: BTreeMap<String, String>,
    /// Why nothing is stored any more.
    problem: Option<String>,
}

impl Spool {
    /// Begins a spool; one that was there is replaced.
    pub(super) fn begin(path: &Path, as_of: Timestamp, asked: AskedFor) -> Result<Self, SourceError> {
        let failed = |cause| SourceError::Write { path: path.to_owned(), cause };
        let file = options().create(true).open(path).map_err(failed)?;
        lock(&file, path)?;
        let mut open = Open { file, end: 0, answers: BTreeMap::new(), found: BTreeMap::new(), problem: None };
        let begin = |open: &mut Open| {
            open.file.set_len(0)?;
            open.file.rewind()?;
            open.file.write_all(FORMAT)?;
            open.end = FORMAT.len() as u64;
            open.append(&Record::Head { as_of, asked })
        };
        begin(&mut open).map_err(failed)?;
        Ok(Self { path: path.to_owned(), open: Mutex::new(open) })
    }

    /// Goes on with a spool, if it was asked for the same; gives the time at which its inventory counts as read. `None` when nothing was begun there.
    pub(super) fn resume(path: &Path, asked: &AskedFor) -> Result<Option<(Self, Timestamp)>, SourceError> {
        let failed = |cause| SourceError::Read { path: path.to_owned(), cause };
        let file = match options().open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        lock(&file, path)?;
        let mut open = Open { file, end: 0, answers: BTreeMap::new(), found: BTreeMap::new(), problem: None };
        let Some((as_of, stored)) = open.read(path).map_err(|error| error.unwrap_or_else(failed))? else { return Ok(None) };
        let differences = differences(&stored, asked);
        if !differences.is_empty() {
            return Err(SourceError::OtherSpool { path: path.to_owned(), differences: differences.join("; ") });
        }
        Ok(Some((Self { path: path.to_owned(), open: Mutex::new(open) }, as_of)))
    }

    /// The stored answer of a request.
    pub(super) fn answer(&self, key: &Key) -> Option<Stored> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, length) = *open.answers.get(key)?;
        let mut payload = vec![0; usize::try_from(length).ok()?];
        open.file.seek(SeekFrom::Start(start)).ok()?;
        open.file.read_exact(&mut payload).ok()?;
        match serde_json::from_slice(&payload) {
            Ok(Record::Answer { answer, .. }) => Some(answer),
            _ => None,
        }
    }

    /// Stores the answer of a request. A spool that cannot be written ends; the collection does not.
    pub(super) fn store(&self, key: Key, answer: Stored) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.keep(&Record::Answer { key, answer });
    }

    /// What a resumed collection finds must be what the first one found.
    pub(super) fn confirm(&self, what: &str, value: &str) -> Result<(), SourceError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.found.get(what) {
            Some(before) if before != value => {
                let differences = format!("{what} was {before} and is {value} now");
                Err(SourceError::OtherSpool { path: self.path.clone(), differences })
            }
            Some(_) => Ok(()),
            None => {
                open.keep(&Record::Found { what: what.to_owned(), value: value.to_owned() });
                Ok(())
            }
        }
    }

    /// How many answers there are.
    pub(super) fn len(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).answers.len()
    }

    /// Why nothing is stored any more, if so.
    pub(super) fn problem(&self) -> Option<String> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).problem.clone()
    }

    /// Removes the file: what it held is in a safe place.
    pub(super) fn remove(&self) -> Result<(), SourceError> {
        std::fs::remove_file(&self.path).map_err(|cause| SourceError::Write { path: self.path.clone(), cause })
    }
}

impl Open {
    fn keep(&mut self, record: &Record) {
        if self.problem.is_none()
            && let Err(error) = self.append(record)
        {
            self.problem = Some(error.to_string());
        }
    }

    /// Writes a record in one piece behind the others.
    fn append(&mut self, record: &Record) -> io::Result<()> {
        let payload = serde_json::to_vec(record)?;
        let length = u32::try_from(payload.len()).ok().filter(|length| *length <= LONGEST);
        let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "an answer is too long to be stored"))?;
        let mut bytes = Vec::with_capacity(payload.len() + 8);
        bytes.extend(length.to_le_bytes());
        bytes.extend(crc32fast::hash(&payload).to_le_bytes());
        bytes.extend(payload);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&bytes)?;
        self.note(self.end + 8, length, record);
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Remembers where a record is. Of two answers to one request the later counts.
    fn note(&mut self, start: u64, length: u32, record: &Record) {
        match record {
            Record::Head { .. } => {}
            Record::Found { what, value } => {
                self.found.insert(what.clone(), value.clone());
            }
            Record::Answer { key, .. } => {
                self.answers.insert(key.clone(), (start, length));
            }
        }
    }

    /// Reads what is whole and cuts off the rest. `None` when not even the head is whole: nothing was asked yet.
    fn read(&mut self, path: &Path) -> Result<Option<(Timestamp, AskedFor)>, Result<SourceError, io::Error>> {
        let size = self.file.metadata().map_err(Err)?.len();
        let mut reader = BufReader::new(self.file.try_clone().map_err(Err)?);
        let mut format = Vec::new();
        reader.by_ref().take(FORMAT.len() as u64).read_to_end(&mut format).map_err(Err)?;
        if !FORMAT.starts_with(&format) {
            return Err(Ok(SourceError::NotASpool { path: path.to_owned() }));
        }
        self.end = format.len() as u64;
        let mut head = None;
        while let Some(payload) = whole(&mut reader, size.saturating_sub(self.end)).map_err(Err)? {
            let Ok(record) = serde_json::from_slice(&payload) else { break };
            let length = u32::try_from(payload.len()).unwrap_or(LONGEST);
            self.note(self.end + 8, length, &record);
            self.end += u64::from(length) + 8;
            match record {
                Record::Head { as_of, asked } if head.is_none() => head = Some((as_of, asked)),
                _ if head.is_none() => break,
                _ => {}
            }
        }
        self.file.set_len(self.end).map_err(Err)?;
        Ok(head)
    }
}

/// The payload of the next record; `None` at the end, or where it is torn or damaged. `left` is how much the file still has.
fn whole(reader: &mut impl Read, left: u64) -> io::Result<Option<Vec<u8>>> {
    let (mut length, mut sum) = ([0; 4], [0; 4]);
    if left < 8 {
        return Ok(None);
    }
    reader.read_exact(&mut length)?;
    reader.read_exact(&mut sum)?;
    let (length, sum) = (u32::from_le_bytes(length), u32::from_le_bytes(sum));
    if length > LONGEST || u64::from(length) > left - 8 {
        return Ok(None);
    }
    let mut payload = Vec::new();
    reader.take(u64::from(length)).read_to_end(&mut payload)?;
    Ok((crc32fast::hash(&payload) == sum && payload.len() as u64 == u64::from(length)).then_some(payload))
}

/// The file holds policies: nobody else's business.
fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn lock(file: &File, path: &Path) -> Result<(), SourceError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(SourceError::BusySpool { path: path.to_owned() }),
        // Some file systems know no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn differences(before: &AskedFor, now: &AskedFor) -> Vec<String> {
    let said = |value: Option<&String>| value.map_or("not given".to_owned(), |value| format!("{value:?}"));
    let names: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    differing.map(|name| format!("{name} was {} and is {} now", said(before.get(name)), said(now.get(name)))).collect()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::super::label::Label;
    use super::*;
    use crate::inventory::Api;

    fn file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("rotaudit-spool-{name}-{}", std::process::id()))
    }

    fn asked(region: &str) -> AskedFor {
        BTreeMap::from([("--region".to_owned(), region.to_owned())])
    }

    fn key(index: usize) -> Key {
        let label = Label { api: Api::DescribeKey, region: "eu-west-1".into() };
        Key::of("111122223333", &label, &HttpRequest::new(SdkBody::from(index.to_string()))).unwrap()
    }

    fn answer(index: usize) -> Stored {
        let response = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(format!(r#"{{"answer":{index}}}"#)));
        Stored::of(Api::DescribeKey, &response).unwrap()
    }

    fn at() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn written(name: &str) -> PathBuf {
        let path = file(name);
        let spool = Spool::begin(&path, at(), asked("eu-west-1")).unwrap();
        spool.confirm("the account", "111122223333").unwrap();
        (0..10).for_each(|index| spool.store(key(index), answer(index)));
        path
    }

    #[test]
    fn what_was_stored_is_there_again_and_the_time_of_the_first_run_with_it() {
        let path = written("again");
        let (spool, as_of) = Spool::resume(&path, &asked("eu-west-1")).unwrap().unwrap();
        assert_eq!((as_of, spool.len()), (at(), 10));
        assert_eq!(spool.answer(&key(3)), Some(answer(3)));
        spool.store(key(3), answer(33));
        spool.store(key(10), answer(10));
        assert_eq!(spool.answer(&key(3)), Some(answer(33)), "the later one counts");
        drop(spool);
        let (spool, _) = Spool::resume(&path, &asked("eu-west-1")).unwrap().unwrap();
        assert_eq!((spool.answer(&key(3)), spool.answer(&key(10)), spool.answer(&key(11))), (Some(answer(33)), Some(answer(10)), None));
        spool.remove().unwrap();
        assert!(Spool::resume(&path, &asked("eu-west-1")).unwrap().is_none());
    }

    #[test]
    fn other_options_and_another_account_are_named() {
        let path = written("others");
        let error = Spool::resume(&path, &asked("us-east-1")).unwrap_err();
        assert!(error.to_string().contains(r#"--region was "eu-west-1" and is "us-east-1" now"#), "{error}");
        let (spool, _) = Spool::resume(&path, &asked("eu-west-1")).unwrap().unwrap();
        assert!(spool.confirm("the account", "111122223333").is_ok());
        let error = spool.confirm("the account", "444455556666").unwrap_err();
        assert!(error.to_string().contains("the account was 111122223333 and is 444455556666 now"), "{error}");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_spool_is_left_as_it_is_and_one_in_use_is_not_touched() {
        let path = file("foreign");
        std::fs::write(&path, "rotaudit-spool 2\nprecious").unwrap();
        assert!(matches!(Spool::resume(&path, &asked("")), Err(SourceError::NotASpool { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"rotaudit-spool 2\nprecious");
        let _first = Spool::begin(&path, at(), asked("")).unwrap();
        assert!(matches!(Spool::resume(&path, &asked("")), Err(SourceError::BusySpool { .. })));
        assert!(matches!(Spool::begin(&path, at(), asked("")), Err(SourceError::BusySpool { .. })));
        std::fs::remove_file(path).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_torn_or_damaged_tail_is_cut_off_and_what_is_before_it_stays(at_byte in 0_usize..1000, flip in any::<bool>(), bit in 0_u8..8) {
            let path = written(&format!("torn-{at_byte}-{flip}-{bit}"));
            let mut bytes = std::fs::read(&path).unwrap();
            let at_byte = FORMAT.len() + at_byte % (bytes.len() - FORMAT.len());
            if flip { bytes[at_byte] ^= 1 << bit } else { bytes.truncate(at_byte) }
            std::fs::write(&path, &bytes).unwrap();
            if let Some((spool, _)) = Spool::resume(&path, &asked("eu-west-1")).unwrap() {
                let left = spool.len();
                prop_assert!(left < 10);
                for index in 0..10 {
                    prop_assert_eq!(spool.answer(&key(index)), (index < left).then(|| answer(index)));
                }
                spool.store(key(20), answer(20));
                drop(spool);
                let (spool, _) = Spool::resume(&path, &asked("eu-west-1")).unwrap().unwrap();
                prop_assert_eq!(spool.len(), left + 1);
            }
            std::fs::remove_file(path).unwrap();
        }
    }
}
