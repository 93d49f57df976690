//! Which output of a job group is published, and what its columns are.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use publish_core::{Error, ErrorKind, Result};

use crate::{Output, OutputColumn, PublishCall};

/// The output that a call means.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if there is none, listing the formats there are, or more than one, listing
/// their ids.
pub(super) fn pick_output<'a>(outputs: &'a [Output], call: &PublishCall) -> Result<&'a Output> {
    let invalid = |message: &str| {
        Error::new(ErrorKind::InvalidRequest, message).with_context("inputFormat", call.input_format)
    };
    let of_format: Vec<&Output> =
        outputs.iter().filter(|output| output.format == call.input_format).collect();
    let ids = |outputs: &[&Output]| {
        let ids: Vec<String> = outputs.iter().map(|output| output.flow_node_id.to_string()).collect();
        ids.join(", ")
    };
    if of_format.is_empty() {
        let mut known: Vec<&str> = outputs.iter().map(|output| output.format.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(invalid("The job group has no results of this format; name one that it has")
            .with_context("known", known.join(", ")));
    }
    match call.flow_node_id {
        Some(id) => of_format.iter().find(|output| output.flow_node_id == id).copied().ok_or_else(|| {
            invalid("The job group has no results of this flow node in this format; name one that it has")
                .with_context("flowNodeId", id)
                .with_context("known", ids(&of_format))
        }),
        None => match of_format.as_slice() {
            [one] => Ok(one),
            several => {
                Err(invalid("The job group has several results of this format; name one by flowNodeId")
                    .with_context("known", ids(several)))
            }
        },
    }
}

/// The columns of text files as Arrow has them.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the column whose type is not known.
pub(crate) fn schema(columns: &[OutputColumn]) -> Result<SchemaRef> {
    let fields =
        columns.iter().map(|column| Ok(Field::new(&column.name, data_type(column)?, column.nullable)));
    Ok(Arc::new(Schema::new(fields.collect::<Result<Vec<_>>>()?)))
}

fn data_type(column: &OutputColumn) -> Result<DataType> {
    let written = column.r#type.to_ascii_lowercase();
    if let Some(digits) = written.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'))
        && let Some((precision, scale)) = digits.split_once(',')
        && let (Ok(precision), Ok(scale)) = (precision.trim().parse::<u8>(), scale.trim().parse::<i8>())
        && (1..=38).contains(&precision)
        && (0..=precision.cast_signed()).contains(&scale)
    {
        return Ok(DataType::Decimal128(precision, scale));
    }
    Ok(match written.as_str() {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::Int8,
        "smallint" => DataType::Int16,
        "int" | "integer" => DataType::Int32,
        "bigint" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "string" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" => DataType::Date32,
        "time" => DataType::Time64(TimeUnit::Microsecond),
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "A column's type is boolean, tinyint, smallint, int, bigint, float, double, decimal(p,s), string, binary, \
                 date, time, timestamp or timestamptz",
            )
            .with_context("column", &column.name)
            .with_context("type", &column.r#type));
        }
    })
}
