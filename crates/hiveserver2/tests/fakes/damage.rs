//! Answers that are damaged somewhere: the client refuses or reads them, but never panics, hangs or believes a length.

use std::time::Duration;

use hiveserver2::{ErrorKind, Result, Session};

use crate::server::{
    Fake, Reply, bare_text, column, description, list, ok_status, ordinary, rows, structure,
};

const CALLS: [&str; 5] =
    ["OpenSession", "ExecuteStatement", "GetOperationStatus", "GetResultSetMetadata", "FetchResults"];

/// The fields of a sound answer.
fn sound(call: &str) -> Vec<u8> {
    let columns = [("n", 3), ("s", 7), ("d", 7), ("b", 0)];
    match call {
        "GetResultSetMetadata" => {
            let columns: Vec<_> = columns.iter().map(|(name, of)| description(name, *of)).collect();
            [ok_status(), structure(2, &list(1, 12, &columns))].concat()
        }
        "FetchResults" => {
            let numbers: Vec<_> = (0..9_i32).map(|number| number.to_be_bytes().to_vec()).collect();
            let texts: Vec<_> = (0..9).map(|number| bare_text(format!("text {number}").as_bytes())).collect();
            let digits: Vec<_> = (0..9).map(|number| bare_text(format!("{number}").as_bytes())).collect();
            let booleans: Vec<_> = (0..9_u8).map(|number| vec![number % 2]).collect();
            rows(&[
                column(4, 8, &numbers, &[0b10, 1]),
                column(7, 11, &texts, &[0b100]),
                column(7, 11, &digits, &[]),
                column(1, 2, &booleans, &[0xff]),
            ])
        }
        call => match ordinary(call) {
            Reply::Fields(fields) => fields,
            Reply::Raw(_) | Reply::Edited(..) => Vec::new(),
        },
    }
}

fn damage(random: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
    for _ in 0..=random.usize(..3) {
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => bytes.truncate(at.max(1)),
            3 => bytes.insert(at, random.u8(..16)),
            _ => {
                let lie = [i32::MAX, i32::MIN, -1, 1 << 28][random.usize(..4)].to_be_bytes();
                for (byte, new) in bytes[at..].iter_mut().zip(lie) {
                    *byte = new;
                }
            }
        }
    }
}

/// Opens a session and fetches rows once; the answer to one of the calls is damaged.
async fn one_session(seed: u64) -> Result<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let damaged = CALLS[random.usize(..CALLS.len())];
    let is_framed = random.bool();
    let answer = move |call: &str| {
        if call == damaged {
            let mut random = random.fork();
            return Reply::Edited(sound(call), Box::new(move |reply| damage(&mut random, reply)));
        }
        Reply::Fields(sound(call))
    };
    let fake =
        if is_framed { Fake::sasl(vec![5, 0, 0, 0, 0], answer).await } else { Fake::bare(answer).await };
    let mut session = Session::open(&fake.config().with_max_message_bytes(1 << 20)).await?;
    let mut operation = session.execute("SELECT * FROM t").await?;
    Ok(operation.fetch().await?.map_or(0, |batch| batch.num_rows()))
}

#[tokio::test]
async fn an_answer_damaged_anywhere_is_read_or_refused() {
    let (mut read, mut refused) = (0, 0);
    for seed in 0..400 {
        let session = tokio::time::timeout(Duration::from_secs(20), one_session(seed));
        match session.await.unwrap_or_else(|_| panic!("seed {seed} hangs")) {
            Ok(_) => read += 1,
            Err(error) => {
                assert_ne!(error.kind(), ErrorKind::InvalidConfig, "seed {seed}: {error}");
                refused += 1;
            }
        }
    }
    // Both happen, so the damage is neither without effect nor total.
    assert!(read > 0 && refused > 50, "{read} read, {refused} refused");
}
