//! How long an audit of a large estate takes without AWS, and how much memory: reading the snapshot, auditing it, writing the report as JSON and as a table. Each size
//! is measured in a process of its own. `-- 1000 4000` measures these sizes; `-- write 5000 FILE` only writes a snapshot of so many secrets, `-- report FILE` the JSON report of
//! one, so that two builds can be compared to the byte.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use rotaudit::audit::audit;
use rotaudit::report::{Style, json, table};
use rotaudit::rules::RuleSet;
use rotaudit::source::snapshot;

#[path = "../tests/support/generate.rs"]
mod generate;

use generate::{Made, Shape};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// What is measured, in the order of the columns.
const COLUMNS: [&str; 9] = ["secrets", "read s", "audit s", "json s", "table s", "peak MB", "snapshot MB", "json MB", "findings"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", secrets, file] => Ok(snapshot::write(Path::new(file), &generate::inventory(Shape::of(secrets.parse()?))?)?),
        ["report", file] => Ok(json(&audit(&snapshot::read(Path::new(file))?, &RuleSet::builtin()?), &mut io::stdout().lock())?),
        ["measure", file] => measure(Path::new(file)),
        [] => compare(&SIZES),
        sizes => compare(&sizes.iter().map(|size| size.parse()).collect::<Result<Vec<usize>, _>>()?),
    }
}

/// Runs itself for each size and prints the numbers as a table, with the growth from one size to the next.
fn compare(sizes: &[usize]) -> Made<()> {
    let mut text = String::new();
    for column in COLUMNS {
        write!(text, "{column:>13}")?;
    }
    text.push('\n');
    let mut before: Option<Vec<f64>> = None;
    for size in sizes {
        let file = std::env::temp_dir().join(format!("rotaudit-offline-{}-{size}.json.zst", std::process::id()));
        let name = file.display().to_string();
        itself(&["write", &size.to_string(), &name])?;
        let measured = itself(&["measure", &name]);
        std::fs::remove_file(&file)?;
        let numbers: Vec<f64> = measured?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        for number in &numbers {
            write!(text, "{number:>13}")?;
        }
        text.push('\n');
        if let Some(before) = before {
            for (now, before) in numbers.iter().zip(&before) {
                write!(text, "{:>13}", format!("×{:.1}", now / before))?;
            }
            text.push('\n');
        }
        before = Some(numbers);
    }
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn itself(arguments: &[&str]) -> Made<String> {
    let output = Command::new(std::env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Measures this process, and prints the numbers in the order of [`COLUMNS`].
fn measure(file: &Path) -> Made<()> {
    let mut numbers = Vec::new();
    let rules = RuleSet::builtin()?;
    let (inventory, read) = timed(|| snapshot::read(file));
    let inventory = inventory?;
    let (report, audited) = timed(|| audit(&inventory, &rules));
    let mut written = Counted(0);
    let (done, as_json) = timed(|| json(&report, &mut written));
    done?;
    let (done, as_table) = timed(|| table(&report, Style { color: false, width: 120 }, &mut Counted(0)));
    done?;
    numbers.extend([inventory.secrets.len().to_string(), read, audited, as_json, as_table]);
    numbers.extend([peak()?, megabytes(std::fs::metadata(file)?.len()), megabytes(written.0), report.findings.len().to_string()]);
    Ok(writeln!(io::stdout(), "{}", numbers.join(" "))?)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, String) {
    let start = Instant::now();
    let done = work();
    (done, format!("{:.2}", start.elapsed().as_secs_f64()))
}

/// The most memory that this process has held (`VmHWM`), in MB.
fn peak() -> Made<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("this system does not tell the peak of its memory")?;
    Ok(megabytes(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024))
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// A place that counts what is written to it.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
