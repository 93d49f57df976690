//! What a value is after it was written and read.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use publish_core::{ErrorKind, FileMeta};

use super::FormatBench;
use super::bench::is_about;
use super::rows::arrow_error;
use super::samples::{TypeSample, type_samples};
use crate::Checked;
use crate::violation::Rule;

/// Every type comes back value by value with its nulls and extremes, or is refused when it is written.
///
/// A format may keep a type as another one that holds the same values. A text format tells no types: its columns are
/// read as the types they were written as. Booleans, 32 and 64 bit integers, doubles, texts, dates, timestamps and
/// decimals must not be refused.
///
/// # Errors
/// That values come back as others, or not at all.
pub async fn every_type_comes_back(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("every_type_comes_back");
    for sample in rule.works("the samples", type_samples().map_err(arrow_error))? {
        let batch = beside_row_numbers(rule, &sample)?;
        let at = bench.at(rule, sample.name)?;
        let schema = batch.schema();
        let file = match bench.write(&at, &schema, std::slice::from_ref(&batch), 100).await {
            Ok(file) => file,
            Err(error) => {
                let is_refusal = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::BadData);
                rule.holds(is_refusal && !sample.is_required, || {
                    format!("{} could not be written: {error:?}", sample.name)
                })?;
                continue;
            }
        };
        come_back(rule, bench, &sample, &file, &schema).await?;
    }
    Ok(())
}

async fn come_back(
    rule: Rule,
    bench: &FormatBench<'_>,
    sample: &TypeSample,
    file: &FileMeta,
    schema: &SchemaRef,
) -> Checked {
    let inspection = rule.works(&format!("inspecting {}", sample.name), bench.inspect(file).await)?;
    let told = rule.works(&format!("unifying {}", sample.name), bench.unify(&inspection))?;
    let names: Vec<&str> = told.fields().iter().map(|field| field.name().as_str()).collect();
    rule.same(&format!("the columns of {}", sample.name), &names, &vec!["n", "value"])?;
    let asked = if bench.is_text() { schema } else { &told };
    let batches = rule.works(&format!("reading {}", sample.name), bench.read(file, Some(asked)).await)?;
    let columns: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(1).as_ref()).collect();
    let rows: usize = columns.iter().map(|column| column.len()).sum();
    rule.same(&format!("rows of {}", sample.name), &rows, &sample.values.len())?;
    let mut at = 0;
    for batch in &batches {
        let wanted = sample.values.slice(at, batch.num_rows());
        at += batch.num_rows();
        let seen = cast(batch.column(1), wanted.data_type()).map_err(arrow_error);
        let seen = rule.works(&format!("{} as what they were", sample.name), seen)?;
        // By bits: a zero is told from a negative zero.
        rule.holds(seen.to_data() == wanted.to_data(), || {
            format!("{} came back as {seen:?} instead of {wanted:?}", sample.name)
        })?;
    }
    Ok(())
}

/// A text that is no number is an error where a number is asked for: never a null, never rounded. Text formats only.
///
/// # Errors
/// That it is read nevertheless, or that the error names no row.
pub async fn a_value_that_does_not_fit_is_an_error(bench: &FormatBench<'_>) -> Checked {
    let rule = Rule("a_value_that_does_not_fit_is_an_error");
    if !bench.is_text() {
        return Ok(());
    }
    for (i, text) in ["x", "1.5", "9223372036854775808", "1e3", "", "0x10"].into_iter().enumerate() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("1"), Some(text), Some("3")]));
        let sample = TypeSample { name: "misfits", values, is_required: true };
        let batch = beside_row_numbers(rule, &sample)?;
        let at = bench.at(rule, &format!("misfit-{i}"))?;
        let written = bench.write(&at, &batch.schema(), &[batch], 100).await;
        let file = rule.works("writing", written)?;
        let number = Field::new("value", DataType::Int64, true);
        let asked = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), number]));
        let what = format!("{text:?} as a number");
        let error = rule.refused(&what, bench.read(&file, Some(&asked)).await)?;
        rule.same(&what, &error.kind(), &ErrorKind::BadData)?;
        is_about(rule, &what, &error, &file)?;
        let row = error.context().iter().find(|(key, _)| *key == "row").map(|(_, row)| row.as_str());
        rule.same(&format!("the row that is told for {what}"), &row, &Some("2"))?;
    }
    Ok(())
}

fn beside_row_numbers(rule: Rule, sample: &TypeSample) -> Checked<RecordBatch> {
    let values = &sample.values;
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
    let fields =
        vec![Field::new("n", DataType::Int64, true), Field::new("value", values.data_type().clone(), true)];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![numbers, Arc::clone(values)]);
    rule.works("the sample", batch.map_err(arrow_error))
}
