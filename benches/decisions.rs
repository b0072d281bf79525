//! How many decisions a second one thread makes: the public suite with parsed policies, once in a row (most of the time then goes into fetching 16 MB of
//! policies and contexts from memory, so compare two commits only by running both in turns) and each question eight times in a row (as an audit does,
//! which asks the same policies again and again); and its first lines from text to answer.

use std::hint::black_box;
use std::io::Read;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rotaudit::policy::case::Case;
use rotaudit::policy::{PolicySet, Request, evaluate};

fn lines() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites/decisions/public.jsonl.gz");
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| flate2::read::GzDecoder::new(file).read_to_string(&mut text));
    assert!(read.is_ok(), "the public suite cannot be read: {read:?}");
    text.lines().map(str::to_owned).collect()
}

fn question(line: &str) -> Option<(Request, PolicySet)> {
    Case::parse(line).and_then(|case| case.question()).ok()
}

fn decisions(criterion: &mut Criterion) {
    let lines = lines();
    let questions: Vec<_> = lines.iter().filter_map(|line| question(line)).collect();
    assert_eq!(questions.len(), lines.len());
    let mut group = criterion.benchmark_group("decisions");
    group.throughput(Throughput::Elements(questions.len() as u64));
    group.bench_function("parsed policies", |bencher| {
        bencher.iter(|| {
            for (request, policies) in &questions {
                black_box(evaluate(black_box(request), black_box(policies)).decision());
            }
        });
    });
    group.throughput(Throughput::Elements(8 * questions.len() as u64));
    group.bench_function("parsed policies, each eight times", |bencher| {
        bencher.iter(|| {
            for (request, policies) in &questions {
                for _ in 0..8 {
                    black_box(evaluate(black_box(request), black_box(policies)).decision());
                }
            }
        });
    });
    let some = &lines[..300];
    group.throughput(Throughput::Elements(some.len() as u64));
    group.bench_function("from text", |bencher| {
        bencher.iter(|| {
            for line in some {
                black_box(question(line).map(|(request, policies)| evaluate(&request, &policies).decision()));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
