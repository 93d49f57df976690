//! A struct whose fields stay as they came, whether or not they are known.

use bytes::Bytes;

use super::reader::Reader;
use super::wire::{Wire, WireError, kind};
use super::writer::Writer;

/// Most fields that a struct may have.
const MAX_FIELDS: usize = 4096;

/// A struct as its fields: id, kind and the bytes of the value, in the order in which they came.
///
/// For read, change, write: a field that nobody sets goes back byte for byte, also one of a newer server that this
/// client does not know, and values inside it need not even be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    fields: Vec<(i16, u8, Bytes)>,
}

impl Record {
    /// The value of a field, or `None` when it is not there.
    ///
    /// # Errors
    ///
    /// When the field holds something else.
    pub fn get<T: Wire>(&self, id: i16) -> Result<Option<T>, WireError> {
        match self.fields.iter().find(|(known, _, _)| *known == id) {
            None => Ok(None),
            Some((_, kind, _)) if *kind != T::KIND => {
                Err(WireError::new("a field holds a value of an unexpected type"))
            }
            Some((_, _, bytes)) => <T as Wire>::read(&mut Reader::new(bytes)).map(Some),
        }
    }

    /// Sets a field, in its place or at the end.
    pub fn set<T: Wire>(&mut self, id: i16, value: &T) {
        let mut out = Writer::default();
        Wire::write(value, &mut out);
        let field = (id, T::KIND, Bytes::from(out.into_bytes()));
        match self.fields.iter_mut().find(|(known, _, _)| *known == id) {
            Some(place) => *place = field,
            None => self.fields.push(field),
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, id: i16) {
        self.fields.retain(|(known, _, _)| *known != id);
    }

    /// Ids of the fields that are there, in their order.
    pub fn ids(&self) -> impl Iterator<Item = i16> {
        self.fields.iter().map(|(id, _, _)| *id)
    }
}

impl Wire for Record {
    const KIND: u8 = kind::STRUCT;

    fn write(&self, out: &mut Writer) {
        for (id, kind, bytes) in &self.fields {
            out.field(*kind, *id);
            out.raw(bytes);
        }
        out.stop();
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut fields = Vec::new();
        while let Some((kind, id)) = input.field()? {
            if fields.len() == MAX_FIELDS {
                return Err(WireError::new("a struct has more fields than any server sends"));
            }
            fields.push((id, kind, input.value(kind)?));
        }
        Ok(Self { fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_nobody_sets_go_back_byte_for_byte() {
        let mut inner = Record::default();
        inner.set(9, &vec!["a".to_owned()]);
        let mut record = Record::default();
        record.set(300, &inner);
        record.set(1, &"old".to_owned());
        record.set(-7, &2.5_f64);
        // A boolean that is neither 0 nor 1: not understood, but kept.
        record.fields.push((40, kind::BOOL, Bytes::from_static(&[7])));
        let bytes = written(&record);
        let mut back = <Record as Wire>::read(&mut Reader::new(&bytes)).expect("a record");
        assert_eq!(written(&back), bytes);

        back.set(1, &"new".to_owned());
        assert_eq!(back.get::<String>(1), Ok(Some("new".to_owned())));
        assert_eq!(back.ids().collect::<Vec<_>>(), [300, 1, -7, 40]);
        back.set(1, &"old".to_owned());
        assert_eq!(written(&back), bytes);
        back.remove(300);
        assert_eq!(back.get::<Record>(300), Ok(None));
    }

    #[test]
    fn a_field_of_another_type_is_an_error_and_not_a_value() {
        let mut record = Record::default();
        record.set(1, &7_i32);
        assert!(record.get::<String>(1).is_err());
        assert_eq!(record.get::<i32>(1), Ok(Some(7)));
    }

    #[test]
    fn a_struct_of_endless_fields_is_refused() {
        let mut bytes = [kind::BOOL, 0, 1, 1].repeat(MAX_FIELDS + 1);
        bytes.push(kind::STOP);
        assert!(<Record as Wire>::read(&mut Reader::new(&bytes.into())).is_err());
    }

    fn written(record: &Record) -> Bytes {
        let mut out = Writer::default();
        Wire::write(record, &mut out);
        out.into_bytes().into()
    }
}
