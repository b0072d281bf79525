//! Tests against an independent stand-in for AWS: what it holds and which requests reach it are told by the stand-in, not by this project's own mock.

#[cfg(test)]
#[path = "support/emulator.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use support::{Emulator, Seen, emulator};

/// How many faults `tests/emulator_seed.py` plants.
const FAULTS: usize = 46;

#[test]
fn the_manifest_names_every_fault_once_and_the_correct_rotations() {
    let Some(emulator) = emulator() else { return };
    let faults = emulator.manifest["faults"].as_array().expect("a list of faults");
    let ids: BTreeSet<_> = faults.iter().map(|fault| fault["id"].as_str().expect("a fault's id")).collect();
    assert_eq!((faults.len(), ids.len()), (FAULTS, FAULTS));
    assert_eq!(emulator.manifest["correct"], serde_json::json!(["orders/db", "catalog/db", "billing/db", "shipping/db"]));
    let not_held = emulator.manifest["not_held"].as_object().expect("reasons by id");
    assert!(ids.iter().all(|id| !not_held.contains_key(*id)), "a planted fault is not one that cannot be held");
}

#[test]
fn a_request_is_answered_from_the_seed_and_recorded_with_service_operation_and_region() {
    let Some(emulator) = emulator() else { return };
    let answer = list_secrets(emulator, "us-east-1").expect("the stand-in answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""Name": "catalog/db""#) && !answer.contains(r#""Name": "orders/db""#), "{answer}");
    let seen = Seen {
        service: Some("secretsmanager".to_owned()),
        operation: "ListSecrets".to_owned(),
        region: Some("us-east-1".to_owned()),
        status: Some(200),
    };
    assert!(emulator.log().contains(&seen), "{:?}", emulator.log());
}

/// The whole HTTP answer to one `ListSecrets`. moto reads the region from the signature's scope and does not check the signature.
fn list_secrets(emulator: &Emulator, region: &str) -> io::Result<String> {
    let address = emulator.endpoint.trim_start_matches("http://");
    let mut server = TcpStream::connect(address)?;
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\n\
         X-Amz-Target: secretsmanager.ListSecrets\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=test/20250101/{region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{{}}"
    );
    server.write_all(request.as_bytes())?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    Ok(answer)
}
