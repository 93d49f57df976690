//! The map of table properties, with every entry that nobody sets as it came.

use bytes::Bytes;
use hive_thrift::codec::{Reader, Wire, WireError, Writer, kind};

/// Keys and values in the order in which they came. A value need not even be valid text to go back as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(Bytes, Bytes)>);

impl Parameters {
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == key)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn all(&self) -> Vec<(String, String)> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        self.0.iter().map(|(key, value)| (text(key), text(value))).collect()
    }

    pub(super) fn set(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, place)) => *place = value.into(),
            None => self.0.push((key.into(), value.into())),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| *known != key);
    }
}

impl Wire for Parameters {
    const KIND: u8 = kind::MAP;

    fn write(&self, out: &mut Writer) {
        out.raw(&[kind::TEXT, kind::TEXT]);
        out.length(self.0.len());
        for (key, value) in &self.0 {
            out.text(key);
            out.text(value);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let (key, value, count) = input.map()?;
        if count > 0 && (key, value) != (kind::TEXT, kind::TEXT) {
            return Err(WireError::new("a map holds values of an unexpected type"));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push((input.text()?, input.text()?));
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use hive_thrift::codec::Record;

    use super::*;

    #[test]
    fn an_entry_that_is_no_text_survives_the_change_of_another() {
        let mut parameters = Parameters(vec![
            (Bytes::from_static(b"odd"), Bytes::from_static(&[0xff, 0])),
            (Bytes::from_static(b"version"), Bytes::from_static(b"7")),
        ]);
        parameters.set("version".to_owned(), "8".to_owned());
        parameters.set("new".to_owned(), "x".to_owned());
        let mut record = Record::default();
        record.set(9, &parameters);
        let back = record.get::<Parameters>(9).expect("readable").expect("there");
        assert_eq!(back.0[0].1, Bytes::from_static(&[0xff, 0]));
        assert_eq!(back.get("version").as_deref(), Some("8"));
        parameters.remove("odd");
        assert_eq!(parameters.get("odd"), None);
    }
}
