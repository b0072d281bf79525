//! Reads the files that a template names: below the folder of the template, or below the one in which the program runs. `templates` hands it to the source.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::cloudformation::Beside;

/// The largest file that is read; the source says no to less.
const MOST_BYTES: u64 = 16 << 20;

/// The files below some folders.
pub(super) struct Folders {
    /// In full, without links.
    roots: Vec<PathBuf>,
}

impl Folders {
    /// Those below the working folder and below the one in which this template lies, or below the template itself if it is a folder.
    pub(super) fn around(template: &Path) -> Self {
        let own = if template.is_dir() { Some(template) } else { template.parent() };
        let folders = [own.filter(|folder| !folder.as_os_str().is_empty()), Some(Path::new("."))];
        Self { roots: folders.into_iter().flatten().filter_map(|folder| folder.canonicalize().ok()).collect() }
    }

    /// Those below this folder alone.
    pub(super) fn below(folder: &Path) -> Self {
        Self { roots: folder.canonicalize().into_iter().collect() }
    }

    /// Whether a file lies here, or nowhere at all.
    pub(super) fn holds(&self, file: &Path) -> bool {
        file.canonicalize().map_or(true, |file| self.roots.iter().any(|root| file.starts_with(root)))
    }
}

impl Beside for Folders {
    fn read(&self, name: &str) -> Result<String, String> {
        let file = Path::new(name).canonicalize().map_err(|error| error.to_string())?;
        if !self.holds(&file) {
            return Err("it lies neither below the folder of the template nor below the working folder".to_owned());
        }
        let about = fs::metadata(&file).map_err(|error| error.to_string())?;
        if !about.is_file() {
            return Err("it is no file".to_owned());
        }
        if about.len() > MOST_BYTES {
            return Err(format!("it is longer than {MOST_BYTES} bytes"));
        }
        fs::read_to_string(&file).map_err(|error| error.to_string())
    }
}
