//! Whatever bytes come: no panic, no endless work, no memory beyond the bytes that are there.
//!
//! The generator is seeded, so a failure comes again; the seed is in its message.

use bytes::Bytes;
use hive_thrift::codec::{Reader, Record, Reply, Scanner, Wire, encode, kind, open, read};

const LIMIT: usize = 1 << 20;

/// A tenth of what one announced length could make a careless reader allocate.
const MAX_PEAK_KIB: u64 = 200 << 10;

/// Appends a random value of that kind, without its field.
fn value(random: &mut fastrand::Rng, of: u8, depth: usize, out: &mut Vec<u8>) {
    let bytes = |random: &mut fastrand::Rng, count, out: &mut Vec<u8>| {
        out.extend((0..count).map(|_| random.u8(..)));
    };
    let any_kind = |random: &mut fastrand::Rng| {
        let leaves = [kind::BOOL, kind::BYTE, kind::DOUBLE, kind::I16, kind::I32, kind::I64, kind::TEXT];
        let nested = [kind::STRUCT, kind::MAP, kind::SET, kind::LIST];
        if depth > 4 || random.u8(..4) > 0 {
            leaves[random.usize(..leaves.len())]
        } else {
            nested[random.usize(..nested.len())]
        }
    };
    let count = |random: &mut fastrand::Rng, out: &mut Vec<u8>| {
        let count = random.i32(0..6);
        out.extend(count.to_be_bytes());
        count
    };
    match of {
        kind::BOOL | kind::BYTE => bytes(random, 1, out),
        kind::I16 => bytes(random, 2, out),
        kind::I32 => bytes(random, 4, out),
        kind::I64 | kind::DOUBLE => bytes(random, 8, out),
        kind::TEXT => {
            let length = count(random, out);
            bytes(random, length, out);
        }
        kind::STRUCT => {
            for id in 1..=random.i16(1..6) {
                let field = any_kind(random);
                out.push(field);
                out.extend(id.to_be_bytes());
                value(random, field, depth + 1, out);
            }
            out.push(kind::STOP);
        }
        kind::LIST | kind::SET => {
            let element = any_kind(random);
            out.push(element);
            for _ in 0..count(random, out) {
                value(random, element, depth + 1, out);
            }
        }
        _ => {
            let (key, of) = (any_kind(random), any_kind(random));
            out.extend([key, of]);
            for _ in 0..count(random, out) {
                value(random, key, depth + 1, out);
                value(random, of, depth + 1, out);
            }
        }
    }
}

/// A whole reply to the call `f` with the sequence number 1.
fn message(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut out = vec![0x80, 1, 0, 2, 0, 0, 0, 1, b'f', 0, 0, 0, 1];
    value(random, kind::STRUCT, 0, &mut out);
    out
}

/// Changes a few bytes, takes some out, puts some in, or writes a length that is a lie.
fn damage(random: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
    for _ in 0..=random.usize(..3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => {
                let end = (at + random.usize(1..9)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => bytes.insert(at, random.u8(..16)),
            _ => {
                let lie = [i32::MAX, i32::MIN, -1, 1 << 20, 1 << 30][random.usize(..5)].to_be_bytes();
                for (byte, new) in bytes[at..].iter_mut().zip(lie) {
                    *byte = new;
                }
            }
        }
    }
}

/// Reads the bytes in every way there is, and checks that the ways agree.
fn read_all(bytes: &[u8], random: &mut fastrand::Rng, seed: u64) {
    let whole = Bytes::copy_from_slice(bytes);
    let scanned = Scanner::of_message(LIMIT).advance(bytes);
    let mut scanner = Scanner::of_message(LIMIT);
    let mut arrived = 0;
    let piecewise = loop {
        match scanner.advance(&bytes[..arrived]) {
            Ok(None) if arrived < bytes.len() => arrived += random.usize(1..=bytes.len() - arrived),
            end => break end,
        }
    };
    assert_eq!(piecewise, scanned, "seed {seed}: what comes in pieces is the same message");
    if let Ok(Some(end)) = scanned {
        assert!(end <= bytes.len(), "seed {seed}: the end is not beyond the bytes");
    }
    if let Ok(Reply::Result(result)) = open(&whole, "f", 1) {
        assert!(matches!(scanned, Ok(Some(_))), "seed {seed}: what can be opened is whole: {scanned:?}");
        if let Ok(record) = read::<Record>(&result) {
            let again = encode("f", 1, &record);
            let Ok(record_again) = read::<Record>(&Bytes::copy_from_slice(&again[13..])) else {
                panic!("seed {seed}: what was written cannot be read");
            };
            assert_eq!(record_again, record, "seed {seed}: it comes back as it was");
        }
    }
    // Types that a client asks for, whether or not the bytes hold them.
    let _ = read::<Vec<String>>(&whole);
    let _ = read::<std::collections::BTreeMap<String, Vec<i64>>>(&whole);
    let _ = read::<Vec<Record>>(&whole);
    let _ = <Record as Wire>::read(&mut Reader::new(&whole));
}

/// The most memory that this process has had, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_message_ends_where_it_ends_and_never_before() {
    for seed in 0..2_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = message(&mut random);
        for cut in 0..bytes.len() {
            let scanned = Scanner::of_message(LIMIT).advance(&bytes[..cut]);
            assert_eq!(scanned, Ok(None), "seed {seed}, cut at {cut}");
            let cut = Bytes::copy_from_slice(&bytes[..cut]);
            assert!(open(&cut, "f", 1).is_err(), "seed {seed}: a cut message is no message");
        }
        assert_eq!(Scanner::of_message(LIMIT).advance(&bytes), Ok(Some(bytes.len())), "seed {seed}");
        assert!(matches!(open(&Bytes::from(bytes), "f", 1), Ok(Reply::Result(_))), "seed {seed}");
    }
}

#[test]
fn damaged_messages_and_noise_are_read_or_refused() {
    let before = std::time::Instant::now();
    for seed in 0..60_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes = if seed % 3 == 0 {
            let head = &[0x80, 1, 0, 2, 0, 0, 0, 1, b'f', 0, 0, 0, 1, kind::STRUCT][..random.usize(..=14)];
            // Small bytes are type codes and short lengths, so noise of them gets further.
            let largest = if random.bool() { 16 } else { 255 };
            let length = random.usize(..300);
            let noise = (0..length).map(|_| random.u8(..=largest)).collect::<Vec<_>>();
            [head, &noise].concat()
        } else {
            let mut bytes = message(&mut random);
            damage(&mut random, &mut bytes);
            bytes
        };
        read_all(&bytes, &mut random, seed);
    }
    assert!(before.elapsed().as_secs() < 120, "it took {:?}", before.elapsed());
    if let Some(peak) = peak_kib() {
        assert!(peak < MAX_PEAK_KIB, "{peak} KiB");
    }
}

#[test]
fn announced_lengths_cost_nothing_until_their_bytes_come() {
    let head = [0x80, 1, 0, 2, 0, 0, 0, 1, b'f', 0, 0, 0, 1];
    for lie in [i32::MAX, i32::MAX - 1, 1 << 30, -1, i32::MIN] {
        for of in [kind::TEXT, kind::LIST, kind::SET, kind::MAP] {
            for element in [kind::BOOL, kind::I64, kind::TEXT, kind::STRUCT, kind::LIST, kind::MAP] {
                let mut bytes = head.to_vec();
                bytes.extend([of, 0, 1]);
                match of {
                    kind::TEXT => {}
                    kind::MAP => bytes.extend([element, element]),
                    _ => bytes.push(element),
                }
                bytes.extend(lie.to_be_bytes());
                bytes.extend([0; 16]);
                let scanned = Scanner::of_message(LIMIT).advance(&bytes);
                assert!(scanned.is_err(), "{of} of {element} with {lie}: {scanned:?}");
                assert!(open(&Bytes::from(bytes), "f", 1).is_err());
            }
        }
    }
}

#[test]
fn nesting_of_every_kind_is_bounded() {
    for unit in [
        [kind::LIST, 0, 0, 0, 1].as_slice(),
        &[kind::SET, 0, 0, 0, 1],
        &[kind::STRUCT, 0, 1],
        &[kind::MAP, kind::MAP, 0, 0, 0, 1],
    ] {
        let bytes =
            [&[0x80, 1, 0, 2, 0, 0, 0, 1, b'f', 0, 0, 0, 1][..], &[unit[0], 0, 1], &unit.repeat(100_000)]
                .concat();
        let scanned = Scanner::of_message(LIMIT).advance(&bytes);
        assert!(scanned.is_err(), "{unit:?}: {scanned:?}");
        assert!(open(&Bytes::from(bytes), "f", 1).is_err(), "{unit:?}");
    }
}
