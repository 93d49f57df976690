//! Lists, maps and records as JSON.

use parquet::record::Field;

use super::value::{big_endian, date_text, decimal_text, json_number, quoted, timestamp_text};

/// The JSON of a value.
pub(super) fn json_of(field: &Field) -> Result<String, String> {
    let out_of_range = || "The data column holds a time out of range".to_owned();
    Ok(match field {
        Field::Null => "null".to_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::Float(value) => json_number(f64::from(*value), &value.to_string())?,
        Field::Double(value) => json_number(*value, &value.to_string())?,
        Field::Decimal(value) => {
            let digits = big_endian(value.data()).ok_or("A decimal has more than 38 digits")?;
            decimal_text(digits, value.scale().unsigned_abs())
        }
        Field::Str(text) => quoted(text),
        Field::Bytes(bytes) => {
            let text = bytes.as_utf8().map_err(|_| "The data column holds invalid UTF-8")?;
            quoted(text)
        }
        Field::Date(days) => {
            date_text(i64::from(*days)).map(|text| quoted(&text)).ok_or_else(out_of_range)?
        }
        Field::TimestampMillis(ticks) => time(*ticks, 1_000).ok_or_else(out_of_range)?,
        Field::TimestampMicros(ticks) => time(*ticks, 1_000_000).ok_or_else(out_of_range)?,
        Field::Group(row) => {
            let fields = row
                .get_column_iter()
                .map(|(name, value)| Ok(format!("{}:{}", quoted(name), json_of(value)?)));
            format!("{{{}}}", fields.collect::<Result<Vec<_>, String>>()?.join(","))
        }
        Field::ListInternal(list) => {
            let elements = list.elements().iter().map(json_of).collect::<Result<Vec<_>, String>>()?;
            format!("[{}]", elements.join(","))
        }
        Field::MapInternal(map) => {
            let entries = map.entries().iter().map(|(key, value)| {
                let key = match key {
                    Field::Str(text) => quoted(text),
                    other => quoted(&json_of(other)?),
                };
                Ok(format!("{key}:{}", json_of(value)?))
            });
            format!("{{{}}}", entries.collect::<Result<Vec<_>, String>>()?.join(","))
        }
        _ => return Err("The data column holds a value that has no JSON".to_owned()),
    })
}

fn time(ticks: i64, per_second: i64) -> Option<String> {
    timestamp_text(ticks, per_second).map(|text| quoted(&text))
}
