//! From arguments to a request.

use std::path::Path;
use std::time::Duration;

use publish_core::{
    ActionName, Atomicity, ColumnNaming, Error, ErrorKind, ExactlyOnce, FormatOptions, Location,
    PublishRequest, RequestOptions, Result, RunId, Source, TableNaming,
};

use crate::args::{Columns, Naming, RequestArgs, TextArgs};

/// Makes the request that the arguments mean, with relative paths taken from `current_dir`.
pub(crate) fn request(args: &RequestArgs, current_dir: &Path) -> Result<PublishRequest> {
    let locations: Result<Vec<Location>> =
        args.files.iter().map(|file| publish_storage::local_location(file, current_dir)).collect();
    let mut source = Source::new(locations?).with_options(text_options(&args.text)?);
    if let Some(format) = &args.input_format {
        source = source.with_format(format.parse()?);
    }
    let mut options = RequestOptions::default();
    options.table_naming = match args.table_naming {
        Naming::Timestamp => TableNaming::Timestamp,
        Naming::Exact => TableNaming::Exact,
    };
    options.column_naming = match args.column_naming {
        Columns::Exact => ColumnNaming::Exact,
        Columns::Clean => ColumnNaming::Clean,
    };
    options.atomic = if args.atomic { Atomicity::Required } else { Atomicity::Declared };
    options.exactly_once = if args.without_journal { ExactlyOnce::Off } else { ExactlyOnce::On };
    for option in &args.options {
        let (name, value) = option_value(option)?;
        options = options.with_extra(name, value);
    }
    let action = ActionName::from(args.action.clone());
    let mut request =
        PublishRequest::new(source, &args.table, action).with_path(args.path.clone()).with_options(options);
    if let Some(id) = &args.run_id {
        request = request.with_run_id(RunId::parse(id)?);
    }
    if let Some(seconds) = args.deadline {
        request = request.with_deadline(Duration::from_secs(seconds));
    }
    Ok(request)
}

/// Numbers, truth values, lists and objects are written as in JSON; everything else is a text.
fn option_value(option: &str) -> Result<(&str, serde_json::Value)> {
    let (name, value) = option.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, "An option is written as NAME=VALUE")
            .with_context("option", option)
    })?;
    let parsed = serde_json::from_str(value).ok().filter(|parsed: &serde_json::Value| !parsed.is_null());
    Ok((name, parsed.unwrap_or_else(|| value.into())))
}

fn text_options(args: &TextArgs) -> Result<FormatOptions> {
    let mut options = FormatOptions::default();
    options.delimiter = args.delimiter.as_deref().map(|text| one_char("delimiter", text)).transpose()?;
    options.quote = one_char("quote", &args.quote)?;
    options.escape = args.escape.as_deref().map(|text| one_char("escape", text)).transpose()?;
    options.header = !args.no_header;
    options.null_text.clone_from(&args.null_text);
    options.infer_records = args.infer_records;
    Ok(options)
}

fn one_char(setting: &'static str, text: &str) -> Result<char> {
    let text = if text == "\\t" { "\t" } else { text };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(char),
        _ => Err(Error::new(ErrorKind::InvalidRequest, "Give one character").with_context(setting, text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_option_is_a_name_and_a_value_of_json_or_text() {
        for (option, name, value) in [
            ("views=rebind", "views", json!("rebind")),
            ("sort_key=[\"a\",\"b\"]", "sort_key", json!(["a", "b"])),
            ("vacuum=true", "vacuum", json!(true)),
            ("where=a=b", "where", json!("a=b")),
            ("empty=", "empty", json!("")),
        ] {
            assert_eq!(option_value(option).unwrap(), (name, value), "{option}");
        }
        for wrong in ["views", "=x", ""] {
            assert_eq!(option_value(wrong).unwrap_err().kind(), ErrorKind::InvalidRequest, "{wrong}");
        }
    }
}
