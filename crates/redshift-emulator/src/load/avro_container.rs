//! What the service demands of an Avro file: its codec and the sizes of its header and blocks.

/// The longest header and the longest block.
const HEADER_LIMIT: usize = 1 << 20;
const BLOCK_LIMIT: usize = 4 << 20;
const CODECS: [&str; 3] = ["null", "deflate", "snappy"];

/// Checks a whole file.
pub(crate) fn check_container(file: &[u8]) -> Result<(), String> {
    let mut reader = Bytes { file, at: 0 };
    let broken = || "Invalid AVRO file found. Unexpected end of AVRO file.".to_owned();
    if reader.take(4).ok_or_else(broken)? != b"Obj\x01" {
        return Err("Invalid AVRO file found. Not an AVRO file.".to_owned());
    }
    let mut codec = "null".to_owned();
    loop {
        let mut count = reader.long().ok_or_else(broken)?;
        if count == 0 {
            break;
        }
        if count < 0 {
            reader.long().ok_or_else(broken)?;
            count = -count;
        }
        for _ in 0..count {
            let key = reader.bytes().ok_or_else(broken)?;
            let value = reader.bytes().ok_or_else(broken)?;
            if key == b"avro.codec" {
                codec = String::from_utf8_lossy(value).into_owned();
            }
        }
    }
    reader.take(16).ok_or_else(broken)?;
    if reader.at > HEADER_LIMIT {
        return Err("AVRO header is longer than 1 MB".to_owned());
    }
    if !CODECS.contains(&codec.as_str()) {
        return Err(format!("Unsupported AVRO codec: {codec}"));
    }
    while reader.at < file.len() {
        reader.long().ok_or_else(broken)?;
        let block = reader.bytes().ok_or_else(broken)?;
        if block.len() > BLOCK_LIMIT {
            return Err("AVRO block is longer than 4 MB".to_owned());
        }
        reader.take(16).ok_or_else(broken)?;
    }
    Ok(())
}

/// Reads Avro's numbers and byte strings.
struct Bytes<'file> {
    file: &'file [u8],
    at: usize,
}

impl<'file> Bytes<'file> {
    fn take(&mut self, length: usize) -> Option<&'file [u8]> {
        let part = self.file.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(part)
    }

    fn long(&mut self) -> Option<i64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'file [u8]> {
        let length = usize::try_from(self.long()?).ok()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use apache_avro::types::Value;
    use apache_avro::{Codec, Schema, Writer};

    use super::*;

    fn file(codec: Codec, length: usize) -> Vec<u8> {
        let schema = Schema::parse_str(
            r#"{"type": "record", "name": "r", "fields": [{"name": "a", "type": "string"}]}"#,
        )
        .unwrap();
        let mut writer = Writer::builder().schema(&schema).writer(Vec::new()).codec(codec).build().unwrap();
        let record = Value::Record(vec![("a".to_owned(), Value::String("x".repeat(length)))]);
        writer.append_value(record).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn codecs_and_blocks_are_those_of_the_service() {
        assert_eq!(check_container(&file(Codec::Null, 10)), Ok(()));
        assert_eq!(check_container(&file(Codec::Deflate(Default::default()), 10)), Ok(()));
        assert_eq!(check_container(&file(Codec::Snappy, 10)), Ok(()));
        let refused = check_container(&file(Codec::Zstandard(Default::default()), 10)).unwrap_err();
        assert!(refused.contains("zstandard"), "{refused}");
        assert!(check_container(&file(Codec::Null, BLOCK_LIMIT + 1)).unwrap_err().contains("4 MB"));
        assert!(check_container(b"PAR1").is_err());
        let cut = file(Codec::Null, 10);
        assert!(check_container(&cut[..cut.len() - 1]).is_err());
    }
}
