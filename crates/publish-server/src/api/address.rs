//! What stands in the address: ids, and the parameters after the question mark.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;

use super::exception::Exception;
use crate::{Filter, Page, Sort, SortField};

/// The id in an address such as `/v4/jobs/7`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Exception;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Exception> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| wrong_id())?;
        // `+7` and `007` would be two more addresses of one thing.
        let id: i64 = text.parse().map_err(|_| wrong_id())?;
        if id.to_string() == text { Ok(Self(id)) } else { Err(wrong_id()) }
    }
}

fn wrong_id() -> Exception {
    Exception::invalid("The id in the address is an integer, such as 7")
}

/// The parameters of a request, each one once.
#[derive(Debug)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Exception;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Exception> {
        let given = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(given) = given.map_err(|_| Exception::invalid("The parameters can't be read"))?;
        Self::new(given)
    }
}

impl Parameters {
    fn new(given: Vec<(String, String)>) -> Result<Self, Exception> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            if name.contains('\0') || value.contains('\0') {
                return Err(Exception::invalid("A parameter has the character U+0000; leave it out"));
            }
            if let Some((name, _)) = values.insert(name.clone(), value).map(|value| (name, value)) {
                return Err(Exception::invalid(format!("The parameter `{}` is given twice", shown(&name))));
            }
        }
        Ok(Self(values))
    }

    /// Fails if there are any: the address takes none.
    pub(crate) fn none(self) -> Result<(), Exception> {
        self.finish(&[])
    }

    /// Only `embed`, whose words are among these.
    pub(crate) fn embed_only(mut self, words: &[&str]) -> Result<Embed, Exception> {
        let embed = self.embed(words)?;
        self.finish(&["embed"])?;
        Ok(embed)
    }

    /// The part of a list that is asked for.
    pub(crate) fn list(mut self, list: &List) -> Result<(Page, Embed), Exception> {
        let embed = self.embed(list.embed)?;
        let mut page = Page::default();
        if let Some(limit) = self.number("limit", 1..=List::MAX_LIMIT)? {
            page.limit = u32::try_from(limit).ok();
        }
        if let Some(offset) = self.number("offset", 0..=i64::MAX.unsigned_abs())? {
            page.offset = offset;
        }
        if self.truth("noLimit")? {
            page.limit = None;
        }
        page.include_deleted = self.truth("includeDeleted")?;
        if let Some(keys) = self.0.remove("sort") {
            page.sort = keys.split(',').map(|key| list.sort(key)).collect::<Result<_, _>>()?;
        }
        let fields = match self.0.remove("filterFields") {
            Some(names) => {
                names.split(',').map(|name| list.field("filterFields", name)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        page.filter =
            self.0.remove("filter").filter(|text| !text.is_empty()).map(|text| Filter { text, fields });
        self.finish(&List::PARAMETERS)?;
        Ok((page, embed))
    }

    /// The part of a job's log that is asked for: after which entry, and how many.
    pub(crate) fn log(mut self) -> Result<(u64, u32), Exception> {
        let after = self.number("after", 0..=i64::MAX.unsigned_abs())?.unwrap_or(0);
        let limit = self.number("limit", 1..=List::MAX_LIMIT)?.unwrap_or(List::MAX_LIMIT);
        self.finish(&["after", "limit"])?;
        Ok((after, u32::try_from(limit).unwrap_or(u32::MAX)))
    }

    fn embed(&mut self, known: &[&str]) -> Result<Embed, Exception> {
        let Some(words) = self.0.remove("embed") else { return Ok(Embed::default()) };
        let mut embed = Embed::default();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if !known.contains(&word) {
                return Err(unknown_word("embed", word, known));
            }
            embed.jobs |= word == "jobs" || word.starts_with("jobs.");
        }
        Ok(embed)
    }

    fn truth(&mut self, name: &str) -> Result<bool, Exception> {
        match self.0.remove(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Exception::invalid(format!("The parameter `{name}` is true or false"))),
        }
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, Exception> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        let number = u64::from_str(&text).ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            Exception::invalid(format!(
                "The parameter `{name}` is an integer from {} to {}",
                range.start(),
                range.end()
            ))
        })
    }

    fn finish(self, known: &[&str]) -> Result<(), Exception> {
        let Some(name) = self.0.keys().next() else { return Ok(()) };
        let known =
            if known.is_empty() { "takes none".to_owned() } else { format!("takes {}", known.join(", ")) };
        Err(Exception::invalid(format!(
            "The parameter `{}` is not known here; this address {known}",
            shown(name)
        )))
    }
}

/// What is put into an answer beside the thing itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Embed {
    /// The jobs of a job group.
    pub(crate) jobs: bool,
}

/// What a list can be sorted by and filtered on, and what can be embedded in it.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) fields: &'static [(&'static str, SortField)],
    pub(crate) embed: &'static [&'static str],
}

impl List {
    /// Most things on one page, unless `noLimit=true`.
    pub(crate) const MAX_LIMIT: u64 = 1000;

    /// The parameters that every list knows.
    pub(crate) const PARAMETERS: [&'static str; 8] =
        ["embed", "limit", "offset", "noLimit", "sort", "filter", "filterFields", "includeDeleted"];

    /// Connections.
    pub(crate) const CONNECTIONS: Self = Self {
        fields: &[
            ("id", SortField::Id),
            ("name", SortField::Name),
            ("vendor", SortField::Kind),
            ("createdAt", SortField::CreatedAt),
            ("updatedAt", SortField::UpdatedAt),
        ],
        embed: &[],
    };

    /// Job groups. Things that the contract's makers embed are known, too: their ids are always there.
    pub(crate) const JOB_GROUPS: Self = Self {
        fields: &[
            ("id", SortField::Id),
            ("name", SortField::Name),
            ("description", SortField::Kind),
            ("status", SortField::Status),
            ("createdAt", SortField::CreatedAt),
            ("updatedAt", SortField::UpdatedAt),
        ],
        embed: &[
            "jobs",
            "jobs.errorMessage",
            "wrangledDataset",
            "snapshot",
            "wrangleScript",
            "workspace",
            "creator",
            "updater",
        ],
    };

    /// Jobs.
    pub(crate) const JOBS: Self = Self {
        fields: &[
            ("id", SortField::Id),
            ("table", SortField::Name),
            ("status", SortField::Status),
            ("createdAt", SortField::CreatedAt),
            ("updatedAt", SortField::UpdatedAt),
        ],
        embed: &["jobGroup", "errorMessage", "creator"],
    };

    /// Publications.
    pub(crate) const PUBLICATIONS: Self = Self {
        fields: &[
            ("id", SortField::Id),
            ("table", SortField::Name),
            ("createdAt", SortField::CreatedAt),
            ("updatedAt", SortField::UpdatedAt),
        ],
        embed: &[],
    };

    fn sort(&self, key: &str) -> Result<Sort, Exception> {
        let (name, is_descending) = match key.trim().strip_prefix('-') {
            Some(name) => (name, true),
            None => (key.trim(), false),
        };
        Ok(Sort { field: self.field("sort", name)?, is_descending })
    }

    fn field(&self, parameter: &str, name: &str) -> Result<SortField, Exception> {
        let found = self.fields.iter().find(|(known, _)| *known == name.trim());
        found.map(|(_, field)| *field).ok_or_else(|| {
            let known: Vec<&str> = self.fields.iter().map(|(known, _)| *known).collect();
            unknown_word(parameter, name, &known)
        })
    }
}

fn unknown_word(parameter: &str, word: &str, known: &[&str]) -> Exception {
    let words = if known.is_empty() { "none here".to_owned() } else { known.join(", ") };
    Exception::invalid(format!(
        "The parameter `{parameter}` does not know `{}`; its words are {words}",
        shown(word)
    ))
}

/// A caller's word, cut to a length that an answer can have.
fn shown(word: &str) -> String {
    word.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &[(&str, &str)]) -> Result<(Page, Embed), Exception> {
        let given = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Parameters::new(given)?.list(&List::JOB_GROUPS)
    }

    #[test]
    fn a_page_has_25_unless_the_caller_says() {
        let (page, embed) = list(&[]).unwrap();
        assert_eq!((page.limit, page.offset, embed.jobs), (Some(25), 0, false));
        let (page, embed) = list(&[
            ("limit", "3"),
            ("offset", "6"),
            ("sort", "-createdAt,id"),
            ("filter", "Orders"),
            ("filterFields", "name,description"),
            ("embed", "jobs.errorMessage"),
            ("includeDeleted", "true"),
        ])
        .unwrap();
        assert_eq!((page.limit, page.offset, embed.jobs), (Some(3), 6, true));
        assert_eq!(page.sort[0], Sort { field: SortField::CreatedAt, is_descending: true });
        assert_eq!(page.filter.unwrap().fields, [SortField::Name, SortField::Kind]);
        assert!(page.include_deleted);
        assert_eq!(list(&[("limit", "3"), ("noLimit", "true")]).unwrap().0.limit, None);
    }

    #[test]
    fn a_wrong_parameter_is_named_with_what_is_right() {
        for (name, value, named) in [
            ("limit", "0", "1 to 1000"),
            ("limit", "1001", "1 to 1000"),
            ("limit", "-1", "limit"),
            ("limit", "", "limit"),
            ("limit", "2.0", "limit"),
            ("offset", "9223372036854775808", "offset"),
            ("noLimit", "1", "noLimit"),
            ("sort", "size", "createdAt"),
            ("sort", "", "createdAt"),
            ("filterFields", "size", "description"),
            ("embed", "everything", "jobs"),
            ("page", "2", "offset"),
            ("filter", "a\0b", "U+0000"),
        ] {
            let exception = list(&[(name, value)]).unwrap_err();
            assert!(exception.details().contains(named), "{name}={value}: {exception:?}");
        }
        assert!(list(&[("limit", "1"), ("limit", "2")]).unwrap_err().details().contains("twice"));
    }
}
